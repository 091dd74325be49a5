package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/estate"
)

// Whatever the estate says of its rings, another saying is another rollout; who is in
// them by now is not.
func TestDeclaredRings(t *testing.T) {
	with := func(change func(*estate.Ring)) string {
		r := estate.Ring{Name: "pilot", Select: map[string]any{"tier": "gold"}, Size: &estate.Share{Count: 2}}
		change(&r)
		return declaredRings(estate.Environment{Rings: []estate.Ring{r}})
	}
	same := with(func(*estate.Ring) {})
	require.Equal(t, same, with(func(r *estate.Ring) { r.Tenants, r.Pos = []string{"acme"}, "a.cue:1:1" }))
	for _, change := range []func(*estate.Ring){
		func(r *estate.Ring) { r.Name = "first" },
		func(r *estate.Ring) { r.Select = map[string]any{"tier": "silver"} },
		func(r *estate.Ring) { r.Size = &estate.Share{Percent: 2} },
		func(r *estate.Ring) { r.Size = nil },
		func(r *estate.Ring) { r.Soak = time.Hour },
		func(r *estate.Ring) { r.Gates.Reloads = "unfailed" },
		func(r *estate.Ring) { r.Manual = true },
	} {
		require.NotEqual(t, same, with(change))
	}
}
