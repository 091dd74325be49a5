package main

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// State is what became of a tenant in a run.
type tenantState string

const (
	stateDone       tenantState = "done"
	stateFailed     tenantState = "failed" // some changes did not succeed
	stateStale      tenantState = "stale"
	stateBlocked    tenantState = "blocked"
	stateUnreadable tenantState = "could not be read"
	stateUnfinished tenantState = "not finished" // stopped before its last change
	stateNotStarted tenantState = "not started"
	stateClosed     tenantState = "closed"       // what was left waits for a window
	stateLater      tenantState = "later"        // what was left waits for a ring before its own
	stateLingers    tenantState = "deletes wait" // all that is declared is there; a later run deletes something
	stateUnchanged  tenantState = "unchanged"
	stateAlready    tenantState = "done before" // by an earlier run of the same revision
)

// report is what became of a run.
type report struct {
	Run     string         `json:"run"`
	Done    int            `json:"done"` // changes, over all tenants
	Failed  int            `json:"failed"`
	Skipped int            `json:"skipped"`
	Waiting int            `json:"notStarted"`
	Held    int            `json:"held,omitempty"`  // until an environment opens
	Later   int            `json:"later,omitempty"` // until rings before have what is declared
	Lingers *lingering     `json:"deletesWait,omitempty"`
	Rings   []*wave        `json:"rings,omitempty"`
	Budget  *budget        `json:"budget,omitempty"` // nil: as many may fail as do
	Closed  []closing      `json:"closed,omitempty"`
	Tenants []tenantReport `json:"tenants"`
	Spent   *spent         `json:"spent,omitempty"` // nil where the plan did not tell its cost
	at      map[string]int

	Continue   string `json:"continue,omitempty"` // the command that does what is left
	outOfCalls bool   // the run's budget of calls let no more tenants begin
	refused    bool   // nor did the platform, see [apply.Room]
	worst      int    // exit status of the shards that this tells of
	untold     int    // tenants that no shard has told of
}

// tenantReport is what became of one tenant.
type tenantReport struct {
	Tenant   string      `json:"tenant"`
	State    tenantState `json:"state"`
	Error    string      `json:"error,omitempty"`
	Moved    []string    `json:"moved,omitempty"` // of a stale tenant: approved against now
	Outcomes []outcome   `json:"outcomes,omitempty"`
	Held     int         `json:"held,omitempty"`  // changes that wait for a window
	Later    int         `json:"later,omitempty"` // changes that wait for a ring
	Class    string      `json:"class,omitempty"` // of the first change that failed: whose trouble it is

	Waits *ledger.Waits `json:"waits,omitempty"` // deletes that a later run makes

	Signature string `json:"signature,omitempty"` // of that change, see [qlik.Signature]
	untouched bool   // it could not be read, and nothing was tried
}

type outcome struct {
	Action plan.Action  `json:"action"`
	Key    plan.Key     `json:"key"`
	Status apply.Status `json:"status"`
	Error  string       `json:"error,omitempty"`
}

func newReport(run string, f *plan.Fleet) *report {
	r := &report{Run: run, at: map[string]int{}, Tenants: []tenantReport{}}
	for i, p := range f.Plans {
		r.at[p.Tenant.Name] = i
		t := tenantReport{Tenant: p.Tenant.Name, State: stateUnchanged}
		switch b := p.Blocked(); {
		case p.Error != "":
			t.State, t.Error = stateUnreadable, p.Error
		case len(b) > 0:
			t.State, t.Error = stateBlocked, fmt.Sprintf("%s: %s", b[0].Key, b[0].Blocked)
		}
		r.Tenants = append(r.Tenants, t)
	}
	return r
}

// todo returns the plans that have changes and may be applied.
func (r *report) todo(f *plan.Fleet) []*plan.Plan {
	var out []*plan.Plan
	for i, p := range f.Plans {
		if len(p.Changes) > 0 && r.Tenants[i].State == stateUnchanged {
			out = append(out, p)
		}
	}
	return out
}

func (r *report) set(t tenantReport) {
	r.Tenants[r.at[t.Tenant]] = t
	r.Held += t.Held
	r.Later += t.Later
	r.Lingers = r.Lingers.plus(t.Waits)
	for _, o := range t.Outcomes {
		switch o.Status {
		case apply.Done:
			r.Done++
		case apply.Failed:
			r.Failed++
		case apply.Skipped:
			r.Skipped++
		case apply.NotStarted:
			r.Waiting++
		}
	}
}

func (r *report) notStarted(p *plan.Plan) {
	r.Tenants[r.at[p.Tenant.Name]] = tenantReport{Tenant: p.Tenant.Name, State: stateNotStarted}
	r.Waiting += len(p.Changes)
}

func newTenantReport(name string, outcomes []apply.Outcome) tenantReport {
	t := tenantReport{Tenant: name, State: stateDone}
	for _, o := range outcomes {
		out := outcome{Action: o.Change.Action, Key: o.Change.Key, Status: o.Status}
		if o.Err != nil {
			out.Error = o.Err.Error()
		}
		if o.Status == apply.Failed && t.Class == "" {
			t.Class, t.Signature = qlik.Class(o.Err), qlik.Signature(o.Change.Key.Kind, o.Err)
		}
		switch {
		case o.Status == apply.Failed || o.Status == apply.Skipped:
			t.State = stateFailed
		case o.Status == apply.NotStarted && t.State == stateDone:
			t.State = stateUnfinished
		}
		t.Outcomes = append(t.Outcomes, out)
	}
	return t
}

// fallen returns those of some tenants that fell.
func (r *report) fallen(names []string) (out []string) {
	for _, name := range names {
		if i, ok := r.at[name]; ok && r.Tenants[i].fell() {
			out = append(out, name)
		}
	}
	return out
}

// fell reports whether a tenant failed by what was asked of it: its own trouble, and
// Qlik's, burn no budget.
func (t tenantReport) fell() bool {
	return t.State == stateFailed && t.Class != classTenant && t.Class != classPlatform
}

// status is the exit status that the worst of what happened asks for.
func (r *report) status() int { return worse(r.worst, r.ownStatus()) }

func (r *report) ownStatus() int {
	n := map[tenantState]int{}
	for _, t := range r.Tenants {
		n[t.State]++
	}
	unreadable := n[stateUnreadable]
	stopped := slices.ContainsFunc(r.Rings, func(v *wave) bool { return v.State == apply.Stopped || v.red })
	switch {
	case stopped || r.Budget.spent() || r.outOfCalls:
		return exitGuarded
	case n[stateFailed] > 0 || n[stateUnfinished] > 0 || n[stateNotStarted] > 0 || unreadable > 0 && r.Done > 0:
		return exitPartly
	case n[stateBlocked] > 0:
		return exitGuarded
	case n[stateStale] > 0:
		return exitStale
	case unreadable > 0:
		return exitError
	case r.Held > 0:
		return exitClosed
	}
	return exitOK
}

// inWords tells in a line how many tenants stayed behind, and why.
func (r *report) inWords() string {
	var parts []string
	for _, s := range []tenantState{stateFailed, stateUnfinished, stateStale, stateBlocked, stateUnreadable, stateNotStarted, stateClosed, stateLater, stateLingers, stateDone} {
		if n := r.count(s); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	return strings.Join(parts, ", ")
}

// reason is the word for the step output, "" when all is well.
func (r *report) reason() string {
	return map[int]string{exitError: reasonUnreadable, exitStale: "stale", exitGuarded: reasonGuarded, exitPartly: "partly", exitClosed: "closed"}[r.status()]
}

func (r *report) count(s tenantState) int { return len(r.in(s)) }

func (r *report) in(s tenantState) (names []string) {
	for _, t := range r.Tenants {
		if t.State == s {
			names = append(names, t.Tenant)
		}
	}
	return names
}

// rest lists the tenants that running again would do more to. Those that moved
// are for people to look at first.
func (r *report) rest() []string {
	names := append(append(r.in(stateFailed), r.in(stateUnfinished)...), r.in(stateNotStarted)...)
	names = append(names, r.in(stateUnreadable)...)
	sort.Strings(names)
	return names
}

// have is in how many tenants the rings had what is declared when the run ended.
func (r *report) have() (n int) {
	for _, v := range r.Rings {
		n += v.Have
	}
	return n
}
