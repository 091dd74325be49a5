package unbuild

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

func sheet(id, title string) qvf.Object {
	return qvf.NewObject(id, "sheet", title)
}

func TestFilesAreThoseOfQliksOwnTool(t *testing.T) {
	a := qvf.New("Sales")
	a.Script = "///$tab Main\r\nLOAD 1;\r\n"
	a.Measures = []qvf.Item{qvf.NewMeasure("m1", "Turnover", "Sum({<Year={2026}>} Amount)")}
	a.Objects = []qvf.Object{sheet("s1", "Über  alles/2")}
	a.Media = []qvf.Media{{Name: "logo.png", Content: []byte("png")}}
	files, err := Files(a)
	require.NoError(t, err)
	var names []string
	text := map[string]string{}
	for _, f := range files {
		names = append(names, f.Name)
		text[f.Name] = string(f.Content)
	}
	require.Equal(t, []string{
		"app-properties.json", "config.yml", "connections.yml", "dimensions.json", "images/logo.png",
		"measures.json", "objects/sheet--über-alles-2-s1.json", "script.qvs", "variables.json",
	}, names)
	require.Equal(t, a.Script, text["script.qvs"], "line ends stay")
	require.Equal(t, "[]", text["dimensions.json"])
	require.Contains(t, text["measures.json"], `Sum({\u003cYear={2026}\u003e} Amount)`, "escaped as Go does")
	require.True(t, strings.HasPrefix(text["measures.json"], "[\n  {\n    \""))
	require.False(t, strings.HasSuffix(text["measures.json"], "\n"))
	require.True(t, json.Valid([]byte(text["app-properties.json"])))
}

func TestTwoObjectsInOneFileIsAnError(t *testing.T) {
	a := qvf.New("Sales")
	a.Objects = []qvf.Object{sheet("A b", "x"), sheet("a-B", "x")}
	_, err := Files(a)
	require.EqualError(t, err, "objects A b and a-B would both lie in objects/sheet--x-a-b.json")
}
