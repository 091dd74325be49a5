package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// closings are the rings that may not begin. What waits is all of a tenant that is in
// no other environment, else what the environment publishes there.
func (w *waves) closings() (out []closing) {
	if w == nil {
		return nil
	}
	for _, r := range w.envs {
		for _, v := range r.waves {
			if v.Waits != "" {
				out = append(out, ringClosing(r.env, w.of, v.Ring, v.Waits, v.ring.Tenants))
			}
		}
		if len(r.newcomers) > 0 {
			why := "the rollout began on " + r.rollout.Began.UTC().Format(windowTime) + " without them: --join takes them into its last ring"
			out = append(out, ringClosing(r.env, w.of, newcomersRing, why, r.newcomers))
		}
	}
	return out
}

// newcomersRing stands where a ring is named.
const newcomersRing = "newcomers"

// ringClosing is a ring of an environment that waits; of says in how many environments
// tenants are.
func ringClosing(env estate.Environment, of map[string]int, ring, why string, tenants []string) closing {
	c := closing{closed: closed{Environment: env.Name}, Ring: ring, Why: why, spaces: map[string]map[plan.Key]bool{}, whole: map[string]bool{}}
	in := map[string]bool{}
	for _, name := range tenants {
		in[name] = true
		c.whole[name] = of[name] == 1
	}
	c.holdTargets(env, func(name string) bool { return in[name] })
	return c
}

// begin writes down the rollouts that begin, and who joined one.
func (w *waves) begin(ctx context.Context) error {
	if w == nil {
		return nil
	}
	for _, r := range w.envs {
		begins := !r.rollout.Open()
		if !begins && !w.f.join || begins && !r.moves() {
			continue
		}
		message := fmt.Sprintf("%s: the rollout to %s goes on", w.stamp.run, r.env.Name)
		if begins {
			r.rollout.Began = w.stamp.now().UTC()
			message = fmt.Sprintf("%s: a rollout to %s begins", w.stamp.run, r.env.Name)
		}
		if err := w.e.memory.ledger.PutRollout(ctx, message, r.rollout); err != nil {
			return err
		}
	}
	return nil
}

// moves reports whether anything is left to be done in a tenant of the rings.
func (r *ringed) moves() bool {
	for _, v := range r.waves {
		if len(v.standing.In[apply.Current]) < len(v.ring.Tenants) {
			return true
		}
	}
	return false
}

// end writes down the rollouts that are over: all tenants have what is declared, and no
// delete waits.
func (w *waves) end(ctx context.Context) error {
	if w == nil {
		return nil
	}
	for _, r := range w.envs {
		w.report.Rings = append(w.report.Rings, r.waves...)
		if !r.rollout.Open() {
			continue
		}
		red := r.red()
		message := ""
		switch {
		case !r.moves():
			message = fmt.Sprintf("%s: the rollout to %s is over", w.stamp.run, r.env.Name)
			r.rollout.Ended, r.rollout.Red, r.rollout.Newcomers = w.stamp.now().UTC(), "", r.newcomers
		case red != r.rollout.Red:
			message = fmt.Sprintf("%s: the rollout to %s is stopped by its gates", w.stamp.run, r.env.Name)
			if r.rollout.Red = red; red == "" {
				message = fmt.Sprintf("%s: the gates of the rollout to %s are not red any more", w.stamp.run, r.env.Name)
			}
		default:
			continue
		}
		if err := w.e.memory.ledger.PutRollout(ctx, message, r.rollout); err != nil {
			return err
		}
	}
	return nil
}

// red is what gates say that stops the rollout, "" if they do not.
func (r *ringed) red() string {
	for i, v := range r.waves {
		if v.red && i+1 < len(r.waves) {
			return r.waves[i+1].Waits
		}
	}
	return ""
}

// waveOf returns the ring that a tenant is applied to in; nil if it is in none.
func (w *waves) waveOf(tenant string) *wave {
	if w == nil {
		return nil
	}
	for _, r := range w.envs {
		for _, v := range r.waves {
			if v.ring.Has(tenant) {
				return v
			}
		}
	}
	return nil
}

// gated says why the gates of a ring keep those after it from beginning; "" if they
// do not. A run asks once, about the apps that came with the rollout.
func (w *waves) gated(ctx context.Context, r *ringed, v *wave) string {
	if v.ring.Gates.None() {
		return ""
	}
	key := v.Environment + "/" + v.Ring
	said, ok := w.gates[key]
	if !ok {
		said = w.e.ask(ctx, question{v.ring.Gates, r.env, v.standing.Have, func(tenant, space, app string) (qlik.Span, bool) {
			entry, _ := w.e.memory.last(tenant)
			at := placeOf(entry, tenant, space, app)
			until := at.replaced(func(was ledger.Past) bool { return was.Since.Before(r.rollout.Began) })
			return qlik.Span{Since: at.Since, Until: until}, !at.Since.Before(r.rollout.Began)
		}})
		w.gates[key] = said
		if text := said.measured(); text != "" {
			fmt.Fprintf(w.e.p.err, "%s: ring %s: %s\n", v.Environment, v.Ring, printable(text))
		}
	}
	if said.green() {
		return ""
	}
	v.red = len(said.red) > 0
	return v.Ring + ": " + said.String()
}

// ringLines say in which rings the changes of a fleet go.
func (e *engine) ringLines(f *plan.Fleet) (lines []string) {
	for _, env := range e.est.Environments() {
		rings, newcomers, err := e.memory.ringsNow(env)
		if err != nil {
			lines = append(lines, fmt.Sprintf("%s: its rollout cannot be read: %v", env.Name, err))
			continue
		}
		if line := ringLine(rings, newcomers, f); line != "" {
			lines = append(lines, env.Name+" goes in rings: "+line)
		}
	}
	return lines
}

func ringLine(rings []estate.Ring, newcomers []string, f *plan.Fleet) string {
	var parts []string
	after := ""
	for _, r := range rings {
		n := changing(f, r.Tenants)
		if n == 0 {
			continue
		}
		text := fmt.Sprintf("%s (%s)", r.Name, many(n, "tenant"))
		if r.Manual {
			text += " when named"
		}
		if len(parts) > 0 {
			text = "then " + text + after
		}
		parts = append(parts, text)
		after = afterRing(r)
	}
	if n := changing(f, newcomers); n > 0 {
		parts = append(parts, many(n, "newcomer")+" when it is over, or with --join")
	}
	return strings.Join(parts, ", ")
}

// changing counts those of tenants that a plan changes.
func changing(f *plan.Fleet, tenants []string) (n int) {
	for _, name := range tenants {
		if p := f.Plan(name); p != nil && len(p.Changes) > 0 {
			n++
		}
	}
	return n
}

// afterRing says what the ring after one waits for.
func afterRing(r estate.Ring) string {
	var parts []string
	if r.Soak > 0 {
		parts = append(parts, lasting(r.Soak)+" later")
	}
	if !r.Gates.None() {
		parts = append(parts, "if its gates are green")
	}
	if len(parts) == 0 {
		return ""
	}
	return " " + strings.Join(parts, " ")
}
