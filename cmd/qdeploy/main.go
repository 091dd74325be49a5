// Command qdeploy brings Qlik Cloud tenants to the state that an estate
// repository declares: it validates the estate, plans, and applies.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

func main() {
	tuneMemory()
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Exit statuses; the README's table explains them to users.
const (
	exitOK      = 0
	exitError   = 1
	exitChanges = 2 // with --detailed-exitcode: there is something to apply
	exitStale   = 3 // the plan no longer fits what is there
	exitGuarded = 4 // stopped by a guard or a budget
	exitPartly  = 5 // partly applied; running again continues
	exitLocked  = 6 // another run applies
	exitClosed  = 6 // some of it waits until an environment opens
)

// failure is an error with an exit status and, for people, what to do about it.
type failure struct {
	status int
	err    error
	hint   string
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// fail makes a failure with status 1.
func fail(hint, format string, args ...any) error {
	return &failure{status: exitError, err: fmt.Errorf(format, args...), hint: hint}
}

// silent is an exit status that needs no words: the output has said it already.
func silent(status int) error {
	if status == exitOK {
		return nil
	}
	return &failure{status: status}
}

// clock is the time that promotion, windows and the ledger go by; tests set it.
var clock = time.Now

// run is the program without the process: it returns the exit status.
func run(ctx context.Context, args []string, in io.Reader, out, errw io.Writer) int {
	p := &program{in: in, out: out, err: errw, now: clock}
	cmd := p.command()
	cmd.SetArgs(args)
	cmd.SetIn(in)
	cmd.SetOut(out)
	cmd.SetErr(errw)
	return p.report(cmd.ExecuteContext(ctx))
}

// report prints an error as "qdeploy: what" and "hint: what to do" and returns
// the exit status that goes with it.
func (p *program) report(err error) int {
	if err == nil {
		return exitOK
	}
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{status: exitError, err: err}
	}
	if f.err != nil {
		for line := range strings.Lines(strings.TrimRight(f.err.Error(), "\n")) {
			fmt.Fprintf(p.err, "qdeploy: %s\n", strings.TrimRight(line, "\n"))
		}
	}
	if f.hint != "" {
		fmt.Fprintf(p.err, "hint: %s\n", f.hint)
	}
	return f.status
}
