package estate

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// TestOverlay holds an overlay to what every file system must do.
func TestOverlay(t *testing.T) {
	below := fstest.MapFS{"a.cue": {Data: []byte("below")}, "tenants/x.yaml": {Data: []byte("x")}, "apps/s/s.qvf": {Data: []byte("q")}}
	o := overlay{below, map[string][]byte{"a.cue": []byte("over"), "tenants/y.yaml": []byte("y"), "themes/t.zip": []byte("t")}}
	require.NoError(t, fstest.TestFS(o, "a.cue", "tenants/x.yaml", "tenants/y.yaml", "themes/t.zip", "apps/s/s.qvf"))
	text, err := fs.ReadFile(o, "a.cue")
	require.NoError(t, err)
	require.Equal(t, "over", string(text))
	names, err := fs.Glob(o, "tenants/*.yaml")
	require.NoError(t, err)
	require.Equal(t, []string{"tenants/x.yaml", "tenants/y.yaml"}, names)
	_, err = o.Open("themes/none")
	require.ErrorIs(t, err, fs.ErrNotExist)
}
