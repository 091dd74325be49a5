package main

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/qdeploy/qdeploy/pkg/estate"
)

// allowed is how many tenants of a run may fail by what is asked of them, as it is
// given on the command line: "3", or "10%". The zero value sets no limit.
type allowed struct {
	text  string
	share estate.Share
}

func (a *allowed) String() string { return a.text }
func (a *allowed) Type() string   { return "N|P%" }

// Set reads it.
func (a *allowed) Set(text string) error {
	number, percent := strings.CutSuffix(text, "%")
	n, err := strconv.ParseUint(number, 10, 31)
	if err != nil || percent && n > 100 {
		return fmt.Errorf("it is a number of tenants, such as 3, or a part of them, such as 10%%")
	}
	a.text, a.share = text, estate.Share{Count: int(n)}
	if percent {
		a.share = estate.Share{Percent: int(n)}
	}
	return nil
}

// budget counts the tenants of a run that fail, over all its rings. It may be used by
// many goroutines; nil is one without end.
type budget struct {
	Given   string `json:"given"`
	Tenants int    `json:"tenants"` // that the run has something to do in
	May     int    `json:"may"`     // of them may fail
	Failed  int    `json:"failed"`

	mu sync.Mutex
}

// of returns the budget of a run over some tenants; nil where none is given.
func (a allowed) of(tenants int) *budget {
	if a.text == "" {
		return nil
	}
	return &budget{Given: a.text, Tenants: tenants, May: a.share.Down(tenants)}
}

func (b *budget) burn() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Failed++
}

// spent reports whether more have failed than may, so that nothing more begins.
func (b *budget) spent() bool {
	if b == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Failed > b.May
}

// line tells how it stands.
func (b *budget) line() string {
	text := fmt.Sprintf("%d of %d failed by what was asked of them, and %d may", b.Failed, b.Tenants, b.May)
	if strings.HasSuffix(b.Given, "%") {
		text += fmt.Sprintf(" (%s, rounded down)", b.Given)
	}
	if b.spent() {
		text += ": nothing more was begun"
	}
	return text
}
