package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
)

// due is an environment to which an apply has something to do by now that it could
// not do before.
type due struct {
	Environment string `json:"environment,omitempty"` // "" for tenants that are in none
	Why         string `json:"why"`
}

// justOpened is for how long an environment counts as one that has opened by now: a
// schedule that asks more often misses no opening.
const justOpened = time.Hour

func (p *program) dueCommand() *cobra.Command {
	var asJSON, inJob bool
	c := &cobra.Command{
		Use:   "due",
		Short: "Say what may be applied by now that could not be before",
		Long: `List the environments in which an apply goes on by itself: the next ring may begin, for
the one before has soaked, or a rollout is over and newcomers waited for that, or the
environment has opened within the last hour and tenants wait, or deletes that waited
for a later run may be made. It knows that from the ledger, and asks no tenant: a schedule can ask
often, and apply only then. Nothing is due while a run applies. What people must look at first is not listed: a failure, a
ring that begins when it is named, gates that are red.`,
		Example: "  qdeploy due && qdeploy apply",
		Args:    words(0),
		RunE:    func(c *cobra.Command, _ []string) error { return p.due(c.Context(), inJob, asJSON) },
	}
	c.Flags().BoolVar(&inJob, "github", false, `in a job of GitHub Actions: read the ledger there, and set the step output "due"`)
	c.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return c
}

func (p *program) due(ctx context.Context, inJob, asJSON bool) error {
	var j *job
	var remote *ledger.Remote
	if inJob {
		var err error
		if j, err = p.job(nil); err != nil {
			return err
		}
		remote = j.remote()
	}
	est, m, err := p.known(ctx, "", remote)
	if err != nil {
		return err
	}
	defer est.close()
	defer m.close()
	list, err := p.dueNow(est, m)
	if err != nil {
		return err
	}
	if j != nil {
		if err := j.output("due", fmt.Sprint(len(list) > 0)); err != nil {
			return err
		}
	}
	if asJSON {
		return p.printJSON(list)
	}
	for _, d := range list {
		fmt.Fprintf(p.out, "%s: %s\n", cmp.Or(d.Environment, "no environment"), printable(d.Why))
	}
	if len(list) == 0 && j == nil {
		return silent(exitError)
	}
	return nil
}

// dueNow lists where an apply goes on by now. While one goes on already, nothing is due.
func (p *program) dueNow(est *declared, m *memory) ([]due, error) {
	list := []due{}
	if m.ledger != nil {
		err := m.ledger.Held(gone)
		if errors.Is(err, ledger.ErrHeld) {
			fmt.Fprintf(p.err, "qdeploy: nothing is due: %v\n", err)
			return list, nil
		}
		if err != nil {
			return nil, err
		}
	}
	for _, env := range est.Environments() {
		why, err := dueIn(est, m, env, p.now())
		if err != nil {
			return nil, err
		}
		if why != "" {
			list = append(list, due{env.Name, why})
		}
	}
	deletes, err := dueDeletes(est, m, p.now())
	return append(list, deletes...), err
}

// dueIn says why an apply may go on in an environment by now, "" if it may not.
func dueIn(est *declared, m *memory, env estate.Environment, now time.Time) (string, error) {
	if closedNow(env, now) != nil {
		return "", nil
	}
	rings, err := ringsOf(est, m, env, now)
	if err != nil {
		return "", err
	}
	for i, r := range rings {
		if i > 0 && r.Behind > 0 && (r.State == apply.Rolling && r.Waits == "" || r.asks) {
			return fmt.Sprintf("ring %s may begin: %s", r.Ring, many(r.Behind, "tenant")), nil
		}
	}
	if n, err := dueNewcomers(est, m, env); n > 0 || err != nil {
		return "the rollout is over, and newcomers may begin: " + many(n, "tenant"), err
	}
	if closedNow(env, now.Add(-justOpened)) == nil {
		return "", nil
	}
	n, err := behind(est, m, env.Tenants())
	if n == 0 || err != nil {
		return "", err
	}
	return "it has opened: " + many(n, "tenant") + plural(n, " waits", " wait"), nil
}

// dueNewcomers counts the tenants of the first ring that came while the last rollout went
// on: it is over, and nobody began another since. Those of later rings are due as rings.
func dueNewcomers(est *declared, m *memory, env estate.Environment) (int, error) {
	if m.ledger == nil || len(env.Rings) == 0 || env.Rings[0].Manual {
		return 0, nil
	}
	known, err := m.ledger.Rollouts()
	if err != nil {
		return 0, err
	}
	last := known[env.Name]
	if last.Open() {
		return 0, nil
	}
	return behind(est, m, slices.DeleteFunc(slices.Clone(last.Newcomers), func(name string) bool {
		return !slices.Contains(env.Rings[0].Tenants, name)
	}))
}

// behind counts the tenants that have not been applied what is declared.
func behind(est *declared, m *memory, tenants []string) (n int, err error) {
	for _, name := range tenants {
		digest, err := digestOf(est, m, name)
		if err != nil {
			return 0, err
		}
		if e, ok := m.last(name); standOfEntry(e, ok, digest) == apply.Behind {
			n++
		}
	}
	return n, nil
}
