package main

import (
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/qdeploy/qdeploy/pkg/apply"
)

// terminal reports whether w is a terminal.
func terminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// progress shows how far long work over tenants has come: a bar on a terminal,
// plain lines elsewhere. It may be used by many goroutines.
type progress struct {
	mu   sync.Mutex
	w    io.Writer
	bar  *progressbar.ProgressBar
	what string
	n, i int
}

// start begins to show work on n things. Work on a few of them is not worth
// lines of its own in a log.
func (p *program) start(what string, n int) *progress {
	g := &progress{w: p.err, what: what, n: n}
	if terminal(p.err) && n > 0 {
		g.bar = progressbar.NewOptions(n,
			progressbar.OptionSetWriter(p.err),
			progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionEnableColorCodes(false),
		)
	}
	return g
}

const someLines = 20 // plain lines that the progress of one piece of work prints

// step says that one more is done.
func (g *progress) step() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.i++
	if g.bar != nil {
		_ = g.bar.Add(1) // a bar that cannot be drawn is no reason to stop
		return
	}
	if g.n > 2*someLines && g.i%(g.n/someLines) == 0 {
		fmt.Fprintf(g.w, "%s: %d of %d tenants\n", g.what, g.i, g.n)
	}
}

// ended says how one ended: what was not touched may be begun again.
func (g *progress) ended(end apply.End) {
	if end != apply.EndUntouched {
		g.step()
	}
}

// line prints a line of its own, above the bar if there is one.
func (g *progress) line(format string, args ...any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.bar != nil {
		_ = g.bar.Clear()
	}
	fmt.Fprintf(g.w, format+"\n", args...)
	if g.bar != nil {
		_ = g.bar.RenderBlank()
	}
}

func (g *progress) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.bar != nil {
		_ = g.bar.Finish()
	}
}
