package plan

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestIgnore holds that a field which is ignored is set at creation, and left to whoever
// changes it in the tenant, whatever else is changed.
func TestIgnore(t *testing.T) {
	k := Key{"space", "Sales"}
	desired := func(spec string) Resource {
		return Resource{Key: k, Spec: json.RawMessage(spec), Ignore: []string{"/description", "/more/color"}}
	}
	build := func(want string, live ...Resource) *Plan {
		p, err := Build(Input{Desired: []Resource{desired(want)}, Live: live, Applied: appliedTo(live, desired(want)), Covers: func(Key) bool { return true }, Remembered: true, Traits: map[Kind]Traits{"space": {}}})
		require.NoError(t, err)
		return p
	}
	at := func(spec string) Resource { return Resource{Key: k, ID: "1", Spec: json.RawMessage(spec)} }

	made := build(`{"description":"ours","type":"shared"}`)
	require.JSONEq(t, `{"description":"ours","type":"shared"}`, string(made.Changes[0].Desired.Spec))

	require.Empty(t, build(`{"description":"ours","type":"shared"}`, at(`{"description":"theirs","type":"shared"}`)).Changes)
	require.Empty(t, build(`{"description":"ours","more":{"color":"red"}}`, at(`{"more":{"color":"blue"}}`)).Changes)

	moved := build(`{"description":"ours","type":"shared"}`, at(`{"description":"theirs","type":"managed"}`))
	require.Len(t, moved.Changes[0].Fields, 1)
	require.Equal(t, "/type", moved.Changes[0].Fields[0].Path)
	require.JSONEq(t, `{"description":"theirs","type":"shared"}`, string(moved.Changes[0].Desired.Spec), "what is sent is what is there")
}

// appliedTo is what was applied where something is there.
func appliedTo(live []Resource, desired Resource) []Resource {
	if len(live) == 0 {
		return nil
	}
	return []Resource{desired}
}
