package main

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/estate"
)

// TestFailuresOfARingHoldOverShards holds that in all shards together no more tenants of a
// ring fail than in a single run: each shard that takes part stops at one failure more than
// it may have, and these stops add up to that of the whole.
func TestFailuresOfARingHoldOverShards(t *testing.T) {
	for _, failures := range []int{0, 1, 2, 5, 40} {
		v := &wave{ring: estate.Ring{Failures: estate.Share{Count: failures}, Concurrency: 20}}
		for i := range 30 {
			v.ring.Tenants = append(v.ring.Tenants, fmt.Sprintf("t%02d", i))
		}
		whole := v.mayFail()
		require.Equal(t, whole, sharding{}.mayFail(v))
		for _, n := range []int{1, 2, 3, 8} {
			stops := 0
			for i := 1; i <= n; i++ {
				s := sharding{text: fmt.Sprintf("%d/%d", i, n), applies: true}
				if i > shardsOf(v.ring) {
					require.Equal(t, -1, s.mayFail(v), "it has no tenant of the ring")
				}
				stops += s.mayFail(v) + 1
			}
			require.Equal(t, whole+1, stops, "%d failures, %d shards", failures, n)
		}
	}
}

// TestSmallRingsAreOfFewShards holds that each tenant is applied to by one shard, and those
// of a ring by as many as its failures allow.
func TestSmallRingsAreOfFewShards(t *testing.T) {
	text := `package estate

import "github.com/qdeploy/qdeploy/schema"

schema.#Estate

regions: eu: client: {id: {env: "ID"}, secret: {env: "SECRET"}}
`
	for i := range 40 {
		text += fmt.Sprintf("tenants: t%02d: {region: \"eu\", alias: \"t%02d\", labels: tier: %q, space: {S: type: \"shared\", M: type: \"managed\"}}\n", i, i, []string{"pilot", "rest"}[min(i/10, 1)])
	}
	text += `environments: prod: {
	targets: [{select: {}, staging: "S", space: "M"}]
	rings: [{name: "pilot", select: tier: "pilot"}, {name: "rest", failures: 3}]
}
`
	e, err := estate.Load("", estate.Options{Files: fstest.MapFS{"estate.cue": {Data: []byte(text)}}})
	require.NoError(t, err)
	d := &declared{Estate: e}
	const n = 8
	of := map[string][]int{}
	for i := 1; i <= n; i++ {
		owns := sharding{text: fmt.Sprintf("%d/%d", i, n), applies: true}.owns(d)
		for _, tenant := range e.Tenants() {
			if owns(tenant.Name) {
				of[tenant.Name] = append(of[tenant.Name], i)
			}
		}
	}
	rest := map[int]bool{}
	for i, tenant := range e.Tenants() {
		require.Len(t, of[tenant.Name], 1)
		if i < 10 {
			require.Equal(t, 1, of[tenant.Name][0], "nothing may fail in the pilot ring: one at a time, by one")
			continue
		}
		rest[of[tenant.Name][0]] = true
	}
	require.Equal(t, map[int]bool{1: true, 2: true, 3: true, 4: true}, rest)
}
