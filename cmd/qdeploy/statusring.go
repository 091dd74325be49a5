package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// ringStatus is how a ring stands, as far as the ledger knows: no tenant is asked, and
// no gate.
type ringStatus struct {
	Environment string          `json:"environment"`
	Ring        string          `json:"ring"`
	State       apply.RingState `json:"state"`
	Tenants     int             `json:"tenants"`
	Have        int             `json:"have"`
	Lingering   int             `json:"deletesWait,omitempty"` // of those that have it
	Behind      int             `json:"behind"`
	Failed      []string        `json:"failed,omitempty"`
	Until       *time.Time      `json:"until,omitempty"`
	Waits       string          `json:"waits,omitempty"` // why it does not begin
	Alike       *alike          `json:"alike,omitempty"` // too many failed in one way

	names []string
	asks  bool // it begins if the gates of the ring before are green
}

// ringsOf says how the rings of an environment stand.
func ringsOf(est *declared, m *memory, env estate.Environment, now time.Time) (out []ringStatus, err error) {
	if len(env.Rings) == 0 {
		return nil, nil
	}
	rollout, err := m.rolloutOf(env)
	if err != nil {
		return nil, err
	}
	for i, r := range env.Rings {
		s, err := ringOf(est, m, r, rollout.Rings[i].Tenants, now)
		if err != nil {
			return nil, err
		}
		s.Environment = env.Name
		out = append(out, s)
	}
	waits := ""
	for i, r := range env.Rings {
		s := &out[i]
		s.Waits = waits
		switch {
		case waits != "" && s.State != apply.Through:
			s.State = stateWaiting
		case r.Manual && s.State == apply.Rolling:
			s.State, s.Waits = stateWaiting, "it begins with: qdeploy apply --ring "+r.Name
		}
		if waits != "" {
			continue
		}
		waits = s.holds(now)
		if waits != "" || r.Gates.None() || i+1 == len(out) {
			continue
		}
		switch {
		case strings.HasPrefix(rollout.Red, r.Name+": "):
			waits = rollout.Red
		case !out[i+1].begun(): // where one has, they were green
			waits = "the next apply asks the gates of " + r.Name
			out[i+1].asks = !env.Rings[i+1].Manual
		}
	}
	return out, nil
}

// ringOf says how a ring stands, whatever the others do.
func ringOf(est *declared, m *memory, r estate.Ring, tenants []string, now time.Time) (ringStatus, error) {
	var err error
	ring := apply.Ring{Name: r.Name, Tenants: tenants, Failures: r.Failures.Down(len(tenants)), Soak: r.Soak}
	at := ring.Stand(now, func(name string) (apply.Stand, time.Time) {
		digest, derr := digestOf(est, m, name)
		if derr != nil {
			err = derr
		}
		e, ok := m.last(name)
		return standOfEntry(e, ok, digest), reachedAt(e)
	})
	s := ringStatus{
		Ring: r.Name, State: at.State, Tenants: len(tenants), Have: len(at.Have), Lingering: len(at.In[apply.Lingering]),
		Behind: len(at.In[apply.Behind]), Failed: at.In[apply.Fell], names: tenants,
	}
	if s.State == apply.Soaking {
		s.Until = &at.Until
	}
	if s.Alike = failedAlike(s.Failed, r.Alike, m.last); s.Alike != nil {
		s.State = apply.Stopped
	}
	return s, err
}

// standOfEntry says how a tenant stands to a desired state, by the ledger alone.
func standOfEntry(e ledger.Entry, known bool, digest string) apply.Stand {
	switch {
	case !known || e.Digest != digest || !hasAll(e) && e.Error == "":
		return apply.Behind
	case e.Outcome == outcomeApplied:
		return apply.Current
	case lingers(e):
		return apply.Lingering
	case e.Class == classTenant:
		return apply.SetAside
	case e.Class == classPlatform:
		return apply.Behind
	}
	return apply.Fell
}

func reachedAt(e ledger.Entry) time.Time {
	if e.Reached.IsZero() { // applied before qdeploy kept it
		return e.Time
	}
	return e.Reached
}

// begun reports whether any tenant of the ring has got to it.
func (s ringStatus) begun() bool { return s.Have+len(s.Failed) > 0 }

// addRings adds the rings of the environments that are asked for.
func (s *status) addRings(est *declared, m *memory, now time.Time, f statusFlags) error {
	for _, env := range est.Environments() {
		if len(f.environments) > 0 && !slices.Contains(f.environments, env.Name) {
			continue
		}
		rings, err := ringsOf(est, m, env, now)
		if err != nil {
			return err
		}
		s.Rings = append(s.Rings, rings...)
	}
	return nil
}

// holds says what keeps the ring after this one from beginning; "" if nothing does.
func (s ringStatus) holds(now time.Time) string {
	switch s.State {
	case apply.Stopped:
		if s.Alike != nil {
			return fmt.Sprintf("%s has stopped: %s", s.Ring, s.Alike)
		}
		return fmt.Sprintf("%s has stopped: %d of %d failed", s.Ring, len(s.Failed), s.Tenants)
	case apply.Rolling:
		return s.Ring + " is not done"
	case apply.Soaking:
		return fmt.Sprintf("%s soaks until %s (in %s)", s.Ring, s.Until.UTC().Format(windowTime), lasting(s.Until.Sub(now)))
	case stateWaiting:
		return s.Ring + " waits"
	}
	return ""
}

// line tells it in a line.
func (s ringStatus) line() string {
	text := fmt.Sprintf("%s, %s: %d of %d have it", s.Environment, s.Ring, s.Have, s.Tenants)
	if s.Lingering > 0 {
		text += fmt.Sprintf(", deletes wait in %d", s.Lingering)
	}
	if len(s.Failed) > 0 {
		text += ", failed: " + firstNames(s.Failed, 3)
	}
	if s.Alike != nil {
		text += "; " + s.Alike.String()
	}
	if s.Have < s.Tenants && s.Waits != "" {
		text += ": " + s.Waits
	}
	return text
}

// tenant tells what the ring means for a tenant in it.
func (s ringStatus) tenant() string {
	switch {
	case s.Waits != "" && s.State == stateWaiting:
		return s.Waits
	case s.State == apply.Soaking:
		return fmt.Sprintf("%d of %d have it, and soak until %s", s.Have, s.Tenants, s.Until.UTC().Format(windowTime))
	case s.State == apply.Through:
		return fmt.Sprintf("%d of %d have it", s.Have, s.Tenants)
	}
	return fmt.Sprintf("it goes on: %d of %d have it", s.Have, s.Tenants)
}

// rolloutOf is the rollout of an environment that goes on; where none does, one that
// has not begun, with the rings of the estate.
func (m *memory) rolloutOf(env estate.Environment) (ledger.Rollout, error) {
	var out ledger.Rollout
	for _, r := range env.Rings {
		out.Rings = append(out.Rings, ledger.RolloutRing{Name: r.Name, Tenants: r.Tenants})
	}
	if m.ledger == nil {
		return out, nil
	}
	known, err := m.ledger.Rollouts()
	if err != nil {
		return out, err
	}
	if last := known[env.Name]; last.Open() && last.Declared == declaredRings(env) {
		return last, nil
	}
	return out, nil
}

// ringsNow are the rings of an environment with the tenants that they have in the rollout
// that goes on, or else would begin with. Newcomers came after it began, and are in none.
func (m *memory) ringsNow(env estate.Environment) (rings []estate.Ring, newcomers []string, err error) {
	if len(env.Rings) == 0 {
		return nil, nil, nil
	}
	rollout, err := m.rolloutOf(env)
	if err != nil {
		return nil, nil, err
	}
	rings = slices.Clone(env.Rings)
	for i := range rings {
		rings[i].Tenants = rollout.Rings[i].Tenants
	}
	return rings, newcomersTo(rollout, env), nil
}

// newcomersTo are the tenants of an environment that are in no ring of a rollout.
func newcomersTo(r ledger.Rollout, env estate.Environment) []string {
	known := map[string]bool{}
	for _, ring := range r.Rings {
		for _, name := range ring.Tenants {
			known[name] = true
		}
	}
	return slices.DeleteFunc(env.Tenants(), func(name string) bool { return known[name] })
}

// digestOf returns that of the desired state of a tenant, but for apps that are tried
// there; "" for one that the estate no longer has.
func digestOf(est *declared, m *memory, tenant string) (string, error) {
	if _, ok := est.Tenant(tenant); !ok {
		return "", nil
	}
	desired, err := est.Resources(tenant)
	if err != nil {
		return "", err
	}
	return plan.DesiredSum(m.slotsIn(tenant).leave(desired))
}
