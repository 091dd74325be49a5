package github

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
)

// mostJobSummary is how much GitHub takes of a step's summary, with some room: it
// drops all of one that is larger than 1 MiB.
const mostJobSummary = 1<<20 - 4096

// WriteSummary adds to the summary of the job. What is too long is cut at a line
// and says so. Without a place for it nothing is written.
func (r *Run) WriteSummary(markdown string) error {
	if r.summary == "" {
		return nil
	}
	room := mostJobSummary
	if f, err := os.Stat(r.summary); err == nil {
		room -= int(min(f.Size(), mostJobSummary)) // what the step said before
	}
	if len(markdown) > room {
		i := strings.LastIndexByte(markdown[:max(0, room-100)], '\n')
		markdown = markdown[:i+1] + "\n\n… cut: GitHub shows a mebibyte of a summary.\n"
	}
	return appendTo(r.summary, markdown+"\n")
}

// Output sets an output of the step. The delimiter is random: a value cannot end
// itself and set another.
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings
func (r *Run) Output(name, value string) error {
	if r.output == "" {
		return nil
	}
	if strings.ContainsAny(name, "\r\n=<") || name == "" {
		return fmt.Errorf("github: %q cannot name an output", name)
	}
	end := "end-" + rand.Text()
	return appendTo(r.output, name+"<<"+end+"\n"+value+"\n"+end+"\n")
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// Quote returns a writer to w in whose output the runner looks for no workflow
// commands, and a function that ends that. Names and error texts of tenants are
// in what is printed.
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#stopping-and-starting-workflow-commands
func Quote(w io.Writer) (io.Writer, func() error) {
	token := rand.Text()
	q := &quoted{w: w, start: "::stop-commands::" + token + "\n"}
	return q, func() error {
		if q.start != "" {
			return q.err
		}
		text := "::" + token + "::\n"
		if !q.ended {
			text = "\n" + text
		}
		_, err := io.WriteString(w, text)
		return errors.Join(q.err, err)
	}
}

// quoted begins with its first byte, so that what says nothing stays silent.
type quoted struct {
	w     io.Writer
	start string
	ended bool // the last byte ended a line
	err   error
}

func (q *quoted) Write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if q.start != "" {
		if _, q.err = io.WriteString(q.w, q.start); q.err != nil {
			return 0, q.err
		}
		q.start = ""
	}
	q.ended = bytes.HasSuffix(b, []byte("\n"))
	n, err := q.w.Write(b)
	return n, err
}

// Fence puts text that others wrote into a block of code that it cannot end.
func Fence(language, text string) string {
	longest, run := 0, 0
	for _, r := range text {
		if r == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	fence := strings.Repeat("`", max(3, longest+1))
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return fence + language + "\n" + strings.ReplaceAll(text, "<!--", "<! --") + fence + "\n"
}

// Text makes text that others wrote safe within a line of Markdown: no markup, no
// mention of people, no link to issues.
func Text(s string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(strings.ToValidUTF8(s, "�")), " ") {
		switch {
		case unicode.In(r, unicode.Cc, unicode.Bidi_Control): // the latter turn the direction of writing
			b.WriteRune('�')
		case r == '<':
			b.WriteString("&lt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '@' || r == '#':
			fmt.Fprintf(&b, "&#%d;", r)
		case strings.ContainsRune("\\`*_{}[]()>+!|~", r):
			b.WriteString("\\" + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
