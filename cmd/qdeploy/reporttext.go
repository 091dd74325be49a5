package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/qdeploy/qdeploy/pkg/apply"
)

// print tells what became of the run: per tenant what did not go as planned,
// then the counts, then how to go on.
func (r *report) print(w io.Writer) {
	if len(r.Tenants) == r.count(stateUnchanged) {
		return
	}
	fmt.Fprintln(w)
	told := map[tenantState]int{}
	for _, t := range r.Tenants {
		if told[t.State]++; told[t.State] <= toldTenants {
			t.print(w)
		}
	}
	for _, s := range []tenantState{stateFailed, stateUnfinished, stateStale, stateBlocked, stateUnreadable} {
		if n := told[s] - toldTenants; n > 0 {
			fmt.Fprintf(w, "… %d more: %s; --json tells of each\n", n, s)
		}
	}
	fmt.Fprintf(w, "%s: done %d · failed %d · skipped %d · not started %d%s\n", r.Run, r.Done, r.Failed, r.Skipped, r.Waiting, r.held())
	for _, s := range []tenantState{stateDone, stateLingers, stateAlready, stateFailed, stateUnfinished, stateStale, stateBlocked, stateUnreadable, stateNotStarted, stateClosed, stateLater} {
		if names := r.in(s); len(names) > 0 {
			fmt.Fprintf(w, "  %-17s %s\n", s, listing(names))
		}
	}
	for _, v := range r.Rings {
		fmt.Fprintf(w, "  %-17s %s\n", "ring "+v.Ring, printable(v.String()))
	}
	if r.Budget != nil {
		fmt.Fprintf(w, "  %-17s %s\n", "may fail", r.Budget.line())
	}
	if r.Spent != nil {
		fmt.Fprintf(w, "  %s\n", r.Spent)
	}
	_ = sayLines(w, closedLines(r.Closed)) // as the lines above
	if r.Lingers != nil {
		_ = sayLines(w, []string{r.Lingers.line(time.Time{})})
	}
	if r.outOfCalls {
		fmt.Fprintln(w, "stopped: what is left of --max-calls is not enough for another tenant")
	}
	if r.refused {
		fmt.Fprintln(w, "stopped: the platform has refused everything for longer than --patience")
	}
	if r.untold > 0 {
		fmt.Fprintf(w, "nobody has told of %s: their machine has not ended, and may have begun with them\n", many(r.untold, "tenant"))
	}
	if r.Continue != "" {
		fmt.Fprintf(w, "continue with: %s\n", r.Continue)
	}
	if moved := r.in(stateStale); len(moved) > 0 {
		fmt.Fprintf(w, "review again:  qdeploy plan%s\n", tenantFlags(moved))
	}
}

func (t tenantReport) print(w io.Writer) {
	switch t.State {
	case stateStale, stateBlocked, stateUnreadable:
		fmt.Fprintf(w, "%s: %s: %s\n", t.Tenant, t.State, t.Error)
	}
	for _, m := range t.Moved {
		fmt.Fprintf(w, "    %s\n", m)
	}
	for _, o := range t.Outcomes {
		if o.Status != apply.Done && o.Status != apply.NotStarted {
			fmt.Fprintf(w, "%s: %s: %s\n", t.Tenant, o.Status, o.Error)
		}
	}
}

const (
	listedTenants = 12
	toldTenants   = 25 // of each state, of which is told what happened to them
)

func listing(names []string) string {
	if len(names) <= listedTenants {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:listedTenants], ", "), len(names)-listedTenants)
}

// tenantFlags names the tenants for the next run, unless they are so many that
// running over all of them, which skips what is done, is shorter.
func tenantFlags(names []string) string {
	if len(names) > listedTenants {
		return ""
	}
	var b strings.Builder
	for _, n := range names {
		b.WriteString(" --tenant " + n)
	}
	return b.String()
}
