package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// byLast says which tenants are meant by what became of them when they were last applied
// to. Both together mean those that failed and those that are stale.
type byLast struct {
	failed, stale bool
}

func (b *byLast) add(c *cobra.Command) {
	c.Flags().BoolVar(&b.failed, "only-failed", false, "only tenants in which a change failed when they were last applied to")
	c.Flags().BoolVar(&b.stale, "only-stale", false, "only tenants that were left alone when they were last applied to, because they had moved since they were planned")
}

func (b byLast) check(f *planFlags) error {
	switch {
	case !b.any():
	case f.job != nil:
		return fail("a job plans and applies all that is to be done", "--only-failed and --only-stale are not for jobs of GitHub Actions")
	case f.against != "":
		return fail("", "--only-failed and --only-stale are about tenants, and --against looks at none")
	}
	return nil
}

func (b byLast) any() bool { return b.failed || b.stale }

// narrowed keeps of the chosen tenants those that are meant by what became of them.
func (f planFlags) narrowed(est *declared, m *memory, chosen []estate.Tenant) (_ []estate.Tenant, err error) {
	if chosen, err = f.byLast.among(m, f.sharding.among(est, chosen)); err != nil || f.resume == nil {
		return chosen, err
	}
	return f.resume.among(est, m, chosen)
}

// among keeps of the chosen tenants those that are meant. That there is none is no
// error: the exit status is 0.
func (b byLast) among(m *memory, chosen []estate.Tenant) ([]estate.Tenant, error) {
	if !b.any() {
		return chosen, nil
	}
	if m.ledger == nil {
		return nil, fail("keep the estate in a git repository", "--only-failed and --only-stale go by the ledger, which needs a git repository")
	}
	chosen = slices.DeleteFunc(chosen, func(t estate.Tenant) bool {
		e, _ := m.last(t.Name)
		return !b.means(e)
	})
	if len(chosen) == 0 {
		return nil, &failure{status: exitOK, err: errors.New("there is nothing to do: " + b.none())}
	}
	return chosen, nil
}

func (b byLast) means(e ledger.Entry) bool { return b.failed && e.Error != "" || b.stale && e.Stale }

func (b byLast) none() string {
	var words []string
	if b.failed {
		words = append(words, "failed")
	}
	if b.stale {
		words = append(words, "was stale")
	}
	return "no tenant that is chosen " + strings.Join(words, " or ") + " when it was last applied to"
}

// moved is what to remember of a tenant that was begun and found to be stale.
func (m *memory) moved(tenant string) *ledger.Entry {
	e := m.undo(tenant)
	if e != nil {
		e.Stale = true
	}
	return e
}

// holdBack remembers the tenants that a run does not begin because they are stale.
func (m *memory) holdBack(s stamp, fleet *plan.Fleet, held map[string]tenantReport) error {
	var entries []ledger.Entry
	for _, p := range fleet.Plans {
		if held[p.Tenant.Name].State != stateStale {
			continue
		}
		e, known := m.entries[p.Tenant.Name]
		if !known {
			e = ledger.Entry{Tenant: p.Tenant.Name, Host: p.Tenant.Host, Outcome: outcomeNone, Run: s.run, Time: s.now().UTC()}
		}
		if !e.Stale {
			e.Stale = true
			entries = append(entries, e)
		}
	}
	return m.write(fmt.Sprintf("%s: %s stale", s.run, many(len(entries), "tenant")), entries)
}
