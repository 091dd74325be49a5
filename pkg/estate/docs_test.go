package estate

import (
	"context"
	"os"
	"regexp"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// TestDocs evaluates the estate in docs/estate.md: every block that begins with
// the name of a file.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/estate.md")
	require.NoError(t, err)
	files := fstest.MapFS{
		"cue.mod/module.cue":        {Data: []byte("module: \"acme.example/estate\"\n")},
		"themes/acme/acme.qext":     {Data: []byte("{}\n")},
		"extensions/flow/flow.qext": {Data: []byte("{}\n")},
	}
	app, err := qvf.Encode(qvf.New("Sales"))
	require.NoError(t, err)
	for _, version := range []string{"2.0.0", "2.1.0"} {
		files["apps/Sales "+version+".qvf"] = &fstest.MapFile{Data: app}
	}
	zip, err := content(files, "extensions/flow")
	require.NoError(t, err)
	files["extensions/flow.zip"] = &fstest.MapFile{Data: zip}
	blocks := regexp.MustCompile("(?ms)^```(?:cue|yaml)\n(?://|#) ([\\w./-]+)\n(.*?)^```").FindAllStringSubmatch(string(text), -1)
	require.Equal(t, 17, len(blocks))
	for _, b := range blocks {
		require.NotContains(t, files, b[1])
		files[b[1]] = &fstest.MapFile{Data: []byte(b[2])}
	}
	ps, err := Validate(context.Background(), "", Options{Files: files})
	require.NoError(t, err)
	require.Empty(t, ps)
	e, err := Load("", Options{Files: files})
	require.NoError(t, err)
	rs, err := e.Resources("montclair")
	require.NoError(t, err)
	var keys []string
	for _, r := range rs {
		keys = append(keys, r.Key.String())
	}
	require.Equal(t, []string{
		"app/Production/Sales", "assignment/Production/group:Montclair", "collection/Month end", "extension/flow", "ip-policy/Offices", "license-settings/tenant",
		"space/Cellar", "space/Production", "space/Staging", "space/Workshop", "task/Production/Sales/Afterwards", "task/Production/Sales/Nightly", "theme/acme",
	}, keys)
}
