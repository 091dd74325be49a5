package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/journal"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// keptJournals is how many journals are kept in the repository.
const keptJournals = 20

// journalFolder is where the journals of runs are: in the repository's own folder, beside
// the ledger, so that no commit has them. It is "" outside a repository.
func journalFolder(dir string) string {
	repo, err := git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	if err != nil {
		return ""
	}
	s, ok := repo.Storer.(*filesystem.Storage)
	if !ok {
		return ""
	}
	return filepath.Join(s.Filesystem().Root(), "qdeploy")
}

// journalOf returns where the journal of a run is, "" if it has none.
func journalOf(dir, run string) string {
	folder := journalFolder(dir)
	if folder == "" {
		return ""
	}
	return filepath.Join(folder, run+".jsonl")
}

// runJournal is the journal of this run; nil where none is kept.
type runJournal struct {
	*journal.Journal
	calls atomic.Int64
}

// openJournal begins the journal of a run about some tenants: in a file that was named,
// else in the repository.
func (e *engine) openJournal(named string, s stamp, tenants []string) (*runJournal, error) {
	path := named
	if path == "" {
		path = journalOf(e.p.dir, s.run)
	}
	if path == "" || len(tenants) == 0 {
		return nil, nil
	}
	j, err := journal.Open(path, s.now)
	if err == nil {
		err = j.Write(journal.Line{What: journal.Begin, Status: journal.Begun, Format: journal.Format, Run: s.run, Revision: s.revision, Tenants: tenants})
	}
	switch {
	case err != nil && named != "":
		return nil, fail("--journal names a file that can be written", "the journal of the run: %w", err)
	case err != nil: // a repository that is only read is no reason not to apply
		fmt.Fprintf(e.p.err, "qdeploy: no journal is kept: %v\n", err)
		return nil, nil
	case named == "":
		forgetJournals(filepath.Dir(path))
	}
	return &runJournal{Journal: j}, nil
}

// forgetJournals removes all but the last journals: their names sort by time.
func forgetJournals(folder string) {
	all, _ := filepath.Glob(filepath.Join(folder, "r-*.jsonl")) // sorted
	for _, old := range all[:max(0, len(all)-keptJournals)] {
		_ = os.Remove(old) // the next run tries again
	}
}

// tenant tells what becomes of a tenant. That it cannot is told by the next change.
func (j *runJournal) tenant(name, status, failed string) {
	if j != nil {
		_ = j.Write(journal.Line{What: journal.Tenant, Tenant: name, Status: status, Error: firstLine(failed)})
	}
}

// around tells of each change of a tenant before it is made, and how it ended. A change
// that cannot be told is not made.
func (j *runJournal) around(tenant string, do apply.Doer) apply.Doer {
	if j == nil {
		return do
	}
	return func(ctx context.Context, c plan.Change) error {
		l := journal.Line{What: journal.Change, Tenant: tenant, Action: string(c.Action), Key: c.Key.String(), Status: journal.Begun}
		if err := j.Write(l); err != nil {
			return fmt.Errorf("%s: %w", c.Key, err)
		}
		err := do(ctx, c)
		l.Status = string(apply.Done)
		if err != nil {
			l.Status, l.Error = string(apply.Failed), firstLine(err.Error())
		}
		_ = j.Write(l) // the change is made; what comes next is not
		return err
	}
}

// intend tells of each call that writes, see [qlik.Options].
func (j *runJournal) intend(c qlik.Call) (func(qlik.Call), error) {
	n := j.calls.Add(1)
	err := j.Write(journal.Line{What: journal.Call, Host: c.Host, Call: c.Method + " " + c.Path, N: n, Status: journal.Begun})
	return func(c qlik.Call) {
		l := journal.Line{What: journal.Call, N: n, Status: strconv.Itoa(c.Status)}
		if c.Status == 0 {
			l.Status = "no answer"
		}
		_ = j.Write(l)
	}, err
}

// end tells how the run ended, and closes the journal.
func (j *runJournal) end(status int) {
	if j == nil {
		return
	}
	_ = j.Write(journal.Line{What: journal.End, Status: strconv.Itoa(status)})
	_ = j.Close() // each line is written already
}

// left are the tenants of a fleet that a run has something to do in, or could not read.
func (r *report) left(fleet *plan.Fleet) (names []string) {
	for i, p := range fleet.Plans {
		switch r.Tenants[i].State {
		case stateUnreadable:
		case stateUnchanged:
			if len(p.Changes) == 0 {
				continue
			}
		default:
			continue
		}
		names = append(names, p.Tenant.Name)
	}
	return names
}

// continues is the command that goes on where a run has ended, with what the run was
// asked for; "" where it has no journal.
func (e *engine) continues(f applyFlags, run string) string {
	if f.job != nil || e.journal == nil {
		return ""
	}
	if f.journal != "" {
		if run = word(f.journal); !isFile(f.journal) {
			run = "./" + run
		}
	}
	command := "qdeploy apply --resume " + run + flagsAgain("--ring", f.rings...) + flagsAgain("--kind", f.kinds...) + flagsAgain("--rotate", f.rotate...)
	if f.revision != "" {
		command += fmt.Sprintf(" --rev %.12s", e.revision)
	}
	return command + flagsAgain("--guards-from", f.guardsFrom) + flagsAgain("--outside-windows", f.outside)
}

// flagsAgain are flags as they stand on a command line, for each value that is not empty.
func flagsAgain(flag string, values ...string) (text string) {
	for _, v := range values {
		if v != "" {
			text += " " + flag + " " + word(v)
		}
	}
	return text
}

// word is a word of a command line as a shell takes it.
func word(s string) string {
	plain := func(r rune) bool {
		return r == '/' || r == '.' || r == '-' || r == '_' || r == ':' || r == '~' || r == '=' ||
			r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if s != "" && !strings.HasPrefix(s, "~") && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
