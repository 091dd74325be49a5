package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
)

// wave is a ring of a rollout as it stands in this run.
type wave struct {
	Environment string          `json:"environment"`
	Ring        string          `json:"ring"`
	State       apply.RingState `json:"state"`
	Tenants     int             `json:"tenants"`
	Have        int             `json:"have"`                  // tenants that have what is declared
	Lingering   int             `json:"deletesWait,omitempty"` // of them
	Until       *time.Time      `json:"until,omitempty"`
	Waits       string          `json:"waits,omitempty"` // why none of it may begin
	Alike       *alike          `json:"alike,omitempty"` // too many failed in one way

	ring     estate.Ring // with the tenants of the rollout
	red      bool        // its gates say that something has gone wrong
	standing apply.RingStanding
	echo     echo
}

// stateWaiting is a ring that may not begin.
const stateWaiting apply.RingState = "waiting"

// ringed is an environment with rings, and its rollout.
type ringed struct {
	env       estate.Environment
	rollout   ledger.Rollout
	waves     []*wave
	newcomers []string // tenants that came after the rollout began
}

// waves are the rings that a run goes by.
type waves struct {
	e      *engine
	f      applyFlags
	stamp  stamp
	report *report
	envs   []*ringed
	of     map[string]int // how many environments a tenant is in
	gates  map[string]verdict
}

// openWaves finds out which rings the run goes by: those of the rollouts that go on,
// and of the estate where none does.
func (e *engine) openWaves(f applyFlags, s stamp, r *report) (*waves, error) {
	w := &waves{e: e, f: f, stamp: s, report: r, of: environmentsOf(e.est), gates: map[string]verdict{}}
	var known map[string]ledger.Rollout
	for _, env := range e.est.Environments() {
		if len(env.Rings) == 0 || !slices.ContainsFunc(env.Tenants(), func(name string) bool { return r.about(name) }) {
			continue
		}
		if e.memory.ledger == nil {
			return nil, fail("keep the estate in a git repository", "%s has rings, and they need the ledger, which needs a git repository", env.Name)
		}
		if known == nil {
			var err error
			if known, err = e.memory.ledger.Rollouts(); err != nil {
				return nil, err
			}
		}
		w.envs = append(w.envs, w.open(env, known[env.Name]))
	}
	return w, nil
}

// open resolves who is in the rings of an environment, or takes those of the rollout
// that goes on.
func (w *waves) open(env estate.Environment, last ledger.Rollout) *ringed {
	r := &ringed{env: env, rollout: ledger.Rollout{Environment: env.Name, Declared: declaredRings(env), Run: w.stamp.run}}
	for _, ring := range env.Rings {
		r.rollout.Rings = append(r.rollout.Rings, ledger.RolloutRing{Name: ring.Name, Tenants: ring.Tenants})
	}
	if last.Open() && last.Declared == r.rollout.Declared {
		r.newcomers = newcomersTo(last, env)
		r.rollout = last
		r.rollout.Rings = slices.Clone(last.Rings)
		for i, ring := range last.Rings {
			r.rollout.Rings[i].Tenants = slices.DeleteFunc(slices.Clone(ring.Tenants), func(name string) bool { return !env.Has(name) })
		}
		if w.f.join && len(r.newcomers) > 0 {
			end := &r.rollout.Rings[len(last.Rings)-1]
			end.Tenants = slices.Sorted(slices.Values(append(end.Tenants, r.newcomers...)))
			r.newcomers = nil
		}
	}
	for i, ring := range env.Rings {
		ring.Tenants = r.rollout.Rings[i].Tenants
		r.waves = append(r.waves, &wave{Environment: env.Name, Ring: ring.Name, Tenants: len(ring.Tenants), ring: ring})
	}
	return r
}

// declaredRings is a digest of what the estate says of rings: where that changes in
// the middle of a rollout, another begins.
func declaredRings(env estate.Environment) string {
	rings := slices.Clone(env.Rings)
	for i := range rings {
		rings[i].Tenants, rings[i].Pos = nil, ""
	}
	b, err := json.Marshal(rings)
	if err != nil {
		panic(err) // plain data
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256(b))
}

// look finds out how the rings stand, and which may be applied to.
func (w *waves) look(ctx context.Context) error {
	for _, r := range w.envs {
		why := ""
		for i, v := range r.waves {
			if err := w.stand(v); err != nil {
				return err
			}
			v.Waits = why
			if why == "" && v.ring.Manual && !v.has(apply.Through, apply.Soaking) && !w.named(v) {
				v.Waits = "it begins with: qdeploy apply --ring " + v.Ring
			}
			if v.Waits != "" {
				v.State = stateWaiting
			}
			if why == "" {
				if why = v.Waits; why == "" && w.behindAfter(r, i) {
					why = w.holds(ctx, r, v)
				}
			}
		}
	}
	return nil
}

// String tells how a ring stands.
func (v *wave) String() string {
	text := fmt.Sprintf("%s: %d of %d have it", v.Environment, v.Have, v.Tenants)
	if v.Lingering > 0 {
		text += fmt.Sprintf(", deletes wait in %d", v.Lingering)
	}
	if n := len(v.standing.In[apply.Fell]); n > 0 {
		text += fmt.Sprintf(", %d failed and %d may", n, v.mayFail())
	}
	if n := len(v.standing.In[apply.SetAside]); n > 0 {
		text += fmt.Sprintf(", %d set aside", n)
	}
	if v.Alike != nil {
		text += "; " + v.Alike.String()
	}
	return text
}

func (v *wave) has(states ...apply.RingState) bool { return slices.Contains(states, v.State) }

// stand finds out how the tenants of a ring stand.
func (w *waves) stand(v *wave) error {
	var failed error
	ring := apply.Ring{Name: v.Ring, Tenants: v.ring.Tenants, Failures: v.mayFail(), Soak: v.ring.Soak}
	v.standing = ring.Stand(w.e.p.now(), func(name string) (apply.Stand, time.Time) {
		s, since, err := w.standOf(name)
		if err != nil {
			failed = err
		}
		return s, since
	})
	v.State, v.Have, v.Until = v.standing.State, len(v.standing.Have), nil
	v.Lingering = len(v.standing.In[apply.Lingering])
	if v.State == apply.Soaking {
		v.Until = &v.standing.Until
	}
	if v.Alike = failedAlike(v.standing.In[apply.Fell], v.ring.Alike, w.e.memory.last); v.Alike != nil {
		v.State = apply.Stopped
	}
	return failed
}

func (v *wave) mayFail() int { return v.ring.Failures.Down(len(v.ring.Tenants)) }

// standOf says how a tenant stands: by what this run has found, and the ledger.
func (w *waves) standOf(name string) (apply.Stand, time.Time, error) {
	switch w.report.state(name) {
	case stateUnreadable, stateStale:
		return apply.SetAside, time.Time{}, nil
	case stateBlocked:
		return apply.Behind, time.Time{}, nil
	}
	digest, err := w.e.digest(name)
	if err != nil {
		return apply.Behind, time.Time{}, err
	}
	entry, ok := w.e.memory.last(name)
	return standOfEntry(entry, ok, digest), reachedAt(entry), nil
}

// Classes of errors, see [qlik.Class].
const (
	classTenant   = "tenant"
	classPlatform = "platform"
)

// digest returns that of the desired state of a tenant.
func (e *engine) digest(tenant string) (string, error) {
	if d, ok := e.digests.Load(tenant); ok {
		return d.(string), nil
	}
	d, err := digestOf(e.est, e.memory, tenant)
	if err == nil {
		e.digests.Store(tenant, d)
	}
	return d, err
}

// named reports whether the run names a ring: "broad", or "prod/broad".
func (w *waves) named(v *wave) bool {
	return slices.Contains(w.f.rings, v.Ring) || slices.Contains(w.f.rings, v.Environment+"/"+v.Ring)
}

// behindAfter reports whether a later ring has anything to get.
func (w *waves) behindAfter(r *ringed, i int) bool {
	for _, v := range r.waves[i+1:] {
		for _, name := range v.ring.Tenants {
			if s, _, err := w.standOf(name); err != nil || s != apply.Current {
				return true
			}
		}
	}
	return false
}

// holds says why the rings after one may not begin; "" if they may.
func (w *waves) holds(ctx context.Context, r *ringed, v *wave) string {
	s := v.standing
	switch v.State {
	case apply.Stopped:
		if v.Alike != nil {
			return fmt.Sprintf("%s has stopped: %s", v.Ring, v.Alike)
		}
		return fmt.Sprintf("%s has stopped: %d of %d failed, and %d may", v.Ring, len(s.In[apply.Fell]), len(v.ring.Tenants), v.mayFail())
	case apply.Rolling:
		if n := len(s.In[apply.Behind]); n > 0 {
			return fmt.Sprintf("%s is not done: %s", v.Ring, firstNames(s.In[apply.Behind], 3))
		}
		return fmt.Sprintf("%s proves nothing: no tenant of it could be applied to", v.Ring)
	case apply.Soaking:
		now := w.e.p.now()
		return fmt.Sprintf("%s soaks until %s (in %s)", v.Ring, s.Until.UTC().Format(windowTime), lasting(s.Until.Sub(now)))
	}
	return w.gated(ctx, r, v)
}

func firstNames(names []string, most int) string {
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
