package estate

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/compact"
	"github.com/qdeploy/qdeploy/pkg/estate/estatetest"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// someKept has every field that is kept.
func someKept() *kept {
	return &kept{
		resources: []plan.Resource{
			{Key: plan.Key{Kind: "space", Name: "Ärger"}, Spec: []byte(`{"name":"Ärger"}`), Pos: "a.cue:1:2"},
			{Key: plan.Key{Kind: "theme", Name: "x"}, Spec: []byte(`{}`), Pos: "b.cue:3:4", Was: []string{"y", "z"}, Adopt: plan.Refuse, Ignore: []string{"/a"}},
		},
		files: []keptFile{{"sum", "night", "night", "folder", "abc"}, {as: "shape", file: "tell.json"}},
	}
}

func TestWhatIsPackedIsUnpacked(t *testing.T) {
	for _, k := range []*kept{{}, someKept()} {
		got, err := unpack(k.pack())
		require.NoError(t, err)
		require.Equal(t, k, got)
	}
}

// TestATenantIsEvaluatedOnce asks for tenants again, and changes what it got.
func TestATenantIsEvaluatedOnce(t *testing.T) {
	fleet := estatetest.Fleet{Tenants: 3, Spaces: 20, Members: 3}
	e, err := Load("", Options{Files: fleet.Files()})
	require.NoError(t, err)
	require.NoError(t, e.Each(t.Context(), 0, nil, func(Tenant, []plan.Resource) error { return nil }))
	for range 2 {
		rs, err := e.Resources("customer-00001")
		require.NoError(t, err)
		require.Len(t, rs, 80)
		require.Contains(t, string(rs[len(rs)-1].Spec), `"name":"Space 19"`)
		clear(rs[len(rs)-1].Spec)
	}
	require.EqualValues(t, fleet.Tenants, e.evaluated.Load())
	require.Less(t, len(e.byName["customer-00001"].known.Load().packed), 2000, "bytes for 80 resources")
}

// FuzzUnpack holds that what is damaged is an error, and takes no more memory than it has
// bytes to say.
func FuzzUnpack(f *testing.F) {
	f.Add(someKept().plain())
	f.Add([]byte{0x80, 0x80, 0x80, 0x80, 0x7f})
	f.Fuzz(func(t *testing.T, plain []byte) {
		k, err := unpack(compact.Pack(plain))
		if err == nil {
			require.LessOrEqual(t, len(k.resources), len(plain))
		}
		_, _ = unpack(plain) // no stream at all
	})
}
