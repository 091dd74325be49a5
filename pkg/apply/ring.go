package apply

import "time"

// Stand is how a tenant stands to what is declared.
type Stand int

const (
	Behind    Stand = iota // it does not have all of it
	Current                // it has it, and that was read back
	Lingering              // as Current, and something besides that is to be deleted later
	Fell                   // a change was tried and failed, by its own fault
	SetAside               // it does not let us, or people must look first: nobody waits for it
)

// Ring is one wave of a rollout.
type Ring struct {
	Name     string
	Tenants  []string
	Failures int           // tenants that may fail
	Soak     time.Duration // how long all have what is declared before the next ring begins
}

// RingState is what a ring's tenants make of it.
type RingState string

const (
	Rolling RingState = "rolling" // some are behind
	Stopped RingState = "stopped" // more have failed than may
	Soaking RingState = "soaking" // all have it, not for long enough
	Through RingState = "through" // the next may begin, but for gates
)

// RingStanding is how the tenants of a ring stand.
type RingStanding struct {
	State RingState
	In    map[Stand][]string // their names, in the ring's order
	Have  []string           // of those that have what is declared, deleted or not what is to go
	Until time.Time          // when it has soaked; zero before all have it
}

// Stand counts the tenants of a ring. A ring is through when it proves it: each
// tenant that is not set aside has what is declared, but for those that may fail, at
// least one has it, and all have had it for the soak.
func (r Ring) Stand(now time.Time, of func(tenant string) (Stand, time.Time)) RingStanding {
	s := RingStanding{State: Rolling, In: map[Stand][]string{}}
	var last time.Time
	for _, name := range r.Tenants {
		stand, since := of(name)
		s.In[stand] = append(s.In[stand], name)
		if stand != Current && stand != Lingering {
			continue
		}
		s.Have = append(s.Have, name)
		if since.After(last) {
			last = since
		}
	}
	switch {
	case len(s.In[Fell]) > r.Failures:
		s.State = Stopped
	case len(r.Tenants) == 0:
		s.State = Through
	case len(s.In[Behind]) > 0 || len(s.Have) == 0:
	default:
		s.Until = last.Add(r.Soak)
		s.State = Through
		if now.Before(s.Until) {
			s.State = Soaking
		}
	}
	return s
}
