package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/journal"
)

// resumption goes on with what a run left. What is to be done in its tenants is planned
// anew, so nothing is taken from the journal but who they are: what it had begun to
// create is found by its name, and is not created again.
type resumption struct {
	p   *program
	run string // its name, or the file of its journal
}

// among keeps of the chosen tenants those that the run left.
func (r resumption) among(est *declared, m *memory, chosen []estate.Tenant) ([]estate.Tenant, error) {
	run, err := r.read()
	if err != nil {
		return nil, err
	}
	if run == nil {
		if run, err = r.fromLedger(m, chosen); err != nil {
			return nil, err
		}
	}
	if err := r.sameEstate(run, est.revision(r.p.dir)); err != nil {
		return nil, err
	}
	left, stale, err := r.left(run, est, m, chosen)
	if err != nil {
		return nil, err
	}
	if len(stale) > 0 {
		fmt.Fprintf(r.p.err, "qdeploy: %s: not gone on with, for people to look at first: %s\n", run.Name, listing(stale))
	}
	if len(left) == 0 {
		return nil, &failure{status: exitOK, err: fmt.Errorf("there is nothing to do: %s left nothing in the tenants that are chosen", run.Name)}
	}
	fmt.Fprintf(r.p.err, "qdeploy: %s goes on: %d of %s\n", run.Name, len(left), many(len(run.Tenants), "tenant"))
	r.sayOpen(run, left)
	return left, nil
}

// read reads the journal; nil if there is none.
func (r resumption) read() (*journal.Run, error) {
	path := r.run
	if !r.named() {
		path = journalOf(r.p.dir, r.run)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) && !r.named() {
		return nil, nil
	}
	if err != nil {
		return nil, fail("--resume takes the name of a run, or the file of its journal", "%w", err)
	}
	defer f.Close()
	run, err := journal.Read(f)
	if err != nil {
		return nil, fail("qdeploy apply --journal FILE writes one", "the journal %s: %w", path, err)
	}
	return run, nil
}

// named reports whether the run is given by a file.
func (r resumption) named() bool { return isFile(r.run) }

// isFile tells the file of a journal from the name of a run.
func isFile(s string) bool { return strings.ContainsAny(s, `/\.`) }

// fromLedger is what the ledger alone knows of a run: which tenants it has applied to.
// It may have been about all others.
func (r resumption) fromLedger(m *memory, chosen []estate.Tenant) (*journal.Run, error) {
	run := &journal.Run{Name: r.run}
	known := false
	for _, name := range sortedKeys(m.entries) {
		e := m.entries[name]
		if e.Run != r.run {
			continue
		}
		known = true
		if e.Outcome == outcomeApplied {
			run.Revision = e.Revision
		}
	}
	if !known {
		return nil, fail("qdeploy status names the last run", "nothing is known of a run %q: it has no journal here, and no tenant was last applied to by it", r.run)
	}
	for _, t := range chosen {
		run.Tenants = append(run.Tenants, t.Name)
	}
	fmt.Fprintf(r.p.err, "qdeploy: %s has no journal here: by the ledger alone, all chosen tenants that it has not applied to are looked at\n", r.run)
	return run, nil
}

// sameEstate refuses to go on with another estate than the run had: that is another plan.
func (r resumption) sameEstate(run *journal.Run, revision string) error {
	if run.Revision == "" || run.Revision == revision {
		return nil
	}
	commit, changed := strings.CutSuffix(run.Revision, "+changes")
	hint := fmt.Sprintf("qdeploy apply --resume %s --rev %.12s goes on with that; without --resume, qdeploy apply brings all tenants to the estate of now", word(r.run), commit)
	if changed {
		hint = "it held changes that were not committed; without --resume, qdeploy apply brings all tenants to the estate of now"
	}
	return fail(hint, "%s applied the estate of %s, and this is that of %s", run.Name, shortRevision(run.Revision), shortRevision(revision))
}

// shortRevision is a revision as people read it.
func shortRevision(revision string) string {
	if revision == "" {
		return "no revision"
	}
	commit, rest, changed := strings.Cut(revision, "+")
	if commit = commit[:min(len(commit), 12)]; changed {
		commit += "+" + rest
	}
	return commit
}

// left returns the tenants of a run that are not done, and the names of those that people
// must look at. Done is what the ledger has, since then, as applied: what the journal
// alone has as done was not remembered any more, and is looked at again. Without a ledger
// the journal is all there is.
func (r resumption) left(run *journal.Run, est *declared, m *memory, chosen []estate.Tenant) (left []estate.Tenant, stale []string, err error) {
	about := map[string]bool{}
	for _, name := range run.Tenants {
		about[name] = true
	}
	for _, t := range chosen {
		done := run.States[t.Name] == string(stateDone)
		if m.ledger != nil {
			digest, err := digestOf(est, m, t.Name)
			if err != nil {
				return nil, nil, err
			}
			e, _ := m.last(t.Name)
			done = m.current(t.Name, digest) && e.Run >= run.Name // runs are named by their time
		}
		switch {
		case !about[t.Name] || done:
		case run.States[t.Name] == string(stateStale):
			stale = append(stale, t.Name)
		default:
			left = append(left, t)
		}
	}
	return left, stale, nil
}

// sayOpen names what was begun and has no end in the journal.
func (r resumption) sayOpen(run *journal.Run, left []estate.Tenant) {
	n := 0
	for _, l := range run.Open {
		if !slices.ContainsFunc(left, func(t estate.Tenant) bool { return t.Name == l.Tenant }) {
			continue
		}
		if n++; n <= listedTenants {
			fmt.Fprintf(r.p.err, "qdeploy: %s: %s %s was begun, and how it ended is not known: it is looked up by its name before anything is done\n", l.Tenant, l.Action, l.Key)
		}
	}
	if n > listedTenants {
		fmt.Fprintf(r.p.err, "qdeploy: and %d more changes\n", n-listedTenants)
	}
}
