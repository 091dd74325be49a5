package plan

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSingleton holds what becomes of what a tenant has exactly one of: whoever made
// it, and whatever was applied, it is updated or left alone.
func TestSingleton(t *testing.T) {
	const live = `settings/tenant {"auto":true,"sync":true,"everyone":{"roles":["A"]}}`
	for name, c := range map[string]struct {
		desired, live, applied []Resource
		adopt                  Adopt
		lost, unread           bool
		want, notes            []string
	}{
		"never declared": {live: some(live)},
		"first": {
			desired: some(`settings/tenant {"auto":false}`), live: some(live),
			want: []string{"update settings/tenant (change) /auto"},
		},
		"not to be adopted": {
			desired: some(`settings/tenant {"auto":false}`), live: some(live), adopt: Refuse,
			want: []string{"update settings/tenant (change) /auto"},
		},
		"with no ledger": {
			desired: some(`settings/tenant {"auto":false}`), live: some(live), adopt: Refuse, lost: true,
			want: []string{"update settings/tenant /auto"},
		},
		"as it is": {desired: some(`settings/tenant {"auto":true}`), live: some(live), adopt: Refuse},
		"drift": {
			desired: some(`settings/tenant {"auto":false}`), live: some(live), applied: some(`settings/tenant {"auto":false}`),
			want: []string{"update settings/tenant (drift) /auto"},
		},
		"a field less": {
			desired: some(`settings/tenant {"everyone":{}}`), live: some(live), applied: some(`settings/tenant {"auto":true,"everyone":{"roles":["A"]}}`),
			notes: []string{"settings/tenant: no longer managed, and left as it is: auto, everyone/roles"},
		},
		"no longer declared": {
			live: some(live), applied: some(`settings/tenant {"auto":true}`),
			notes: []string{"settings/tenant is no longer managed, and left as it is"},
		},
		"no longer declared, and not read": {
			applied: some(`settings/tenant {"auto":true}`), unread: true,
			notes: []string{"settings/tenant is no longer managed, and left as it is"},
		},
		"not read": {
			desired: some(`settings/tenant {"auto":true}`), applied: some(`settings/tenant {"auto":true}`), unread: true,
			want: []string{"update settings/tenant: " + nowhere},
		},
		"of which nothing is known": { // plan --against
			desired: some(`settings/tenant {"auto":true}`),
			want:    []string{"update settings/tenant (change) /auto"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range c.desired {
				c.desired[i].Adopt = c.adopt
			}
			in := input(c.desired, c.live, c.applied)
			in.Remembered = !c.lost
			if c.unread {
				in.Covers = func(Key) bool { return false }
			}
			p := build(t, in)
			require.ElementsMatch(t, c.want, brief(p))
			require.Equal(t, c.notes, p.Notes)
			require.Empty(t, p.Unmanaged)
			require.Empty(t, p.Held)
		})
	}
}

// TestFirstAndLast holds the order of what comes before and after everything else of
// a tenant.
func TestFirstAndLast(t *testing.T) {
	p := build(t, input(
		some(`settings/tenant {"auto":false}`, `policy/Office {"on":true}`, `space/A {"type":"shared"}`, `assignment/A/bot {"space":"space/A","assignee":"bot"}`, `theme/T {}`),
		some(`settings/tenant {"auto":true}`, `policy/Old {"on":true}`),
		some(`policy/Old {"on":true}`),
	))
	require.Equal(t, []string{
		"update settings/tenant (change) /auto", "create space/A (change)", "create assignment/A/bot (change)",
		"create theme/T (change)", "create policy/Office (change)", "delete policy/Old (change)",
	}, brief(p))
	after := map[Key][]Key{}
	for _, c := range p.Changes {
		after[c.Key] = c.After
	}
	require.Equal(t, map[Key][]Key{
		{"settings", "tenant"}:  nil,
		{"space", "A"}:          {{"settings", "tenant"}},
		{"assignment", "A/bot"}: {{"settings", "tenant"}, {"space", "A"}},
		{"theme", "T"}:          {{"settings", "tenant"}},
		{"policy", "Office"}:    {{"assignment", "A/bot"}, {"settings", "tenant"}, {"theme", "T"}},
		{"policy", "Old"}:       {{"assignment", "A/bot"}, {"policy", "Office"}, {"settings", "tenant"}, {"theme", "T"}},
	}, after)
}
