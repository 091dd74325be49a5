package qvf_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/stretchr/testify/require"
)

// If this fails, every digest that anybody has noted is void: change Scheme.
func TestDigestScheme(t *testing.T) {
	require.Equal(t, "q1", qvf.Scheme)
	require.Equal(t, "sha256:b7d79f455cefa50d3ec5c893bb4e80967bc9dd920ed91fe6fbe7091e71f5e3e1", qvf.Digest(sales()))
	nothing := sum(nil)
	require.Equal(t, "sha256:"+sum([]byte(`["q1",["properties","","`+nothing+`"],["script","","`+nothing+`"]]`)), qvf.Digest(&qvf.App{}))
}

// Two ways to write the same give one digest.
func TestDigestSame(t *testing.T) {
	want := qvf.Digest(sales())
	for name, change := range map[string]func(*qvf.App){
		"line ends": func(a *qvf.App) { a.Script = strings.ReplaceAll(a.Script, "\r\n", "\n") },
		"measure without format": func(a *qvf.App) {
			replace(&a.Measures[0].Properties, `,"qNumFormat":{"qType":"U","qnDec":10,"qUseThou":0}`, ``)
		},
		"media url": func(a *qvf.App) {
			replace(&a.Objects[0].Root.Children[0].Properties, `"/media/`, `"\/api/v1/apps/4b1c/media/files/`)
		},
		"dates":       func(a *qvf.App) { a.Objects[0].Meta.Created = "2026-01-01T00:00:00Z" },
		"white space": func(a *qvf.App) { replace(&a.Dimensions[0].Properties, `{"qInfo":`, "{\n  \"qInfo\" : ") },
		"engine":      func(a *qvf.App) { replace(&a.Properties, `12.2741.0`, `12.9999.0`) },
		"volatile": func(a *qvf.App) {
			replace(&a.Properties, `"published":false`, `"published":true,"qLastReloadTime":"now","modifiedDate":"now",`+
				`"createdDate":"now","owner":"x","ownerId":"x","encrypted":true,"hash":"x","dynamicColor":"hsla(1,2%,3%,1)"`)
		},
	} {
		app := sales()
		change(app)
		require.NotEqual(t, sales(), app, name)
		require.Equal(t, want, qvf.Digest(app), name)
	}
}

// A digest noted in the description does not change the digest; a version does.
func TestDigestNoted(t *testing.T) {
	described := func(s string) string {
		app := sales()
		replace(&app.Properties, `"description":"",`, `"description":"`+s+` ",`)
		return qvf.Digest(app)
	}
	require.Equal(t, described("All of it. {v2.1.0}"), described("All of it. {v2.1.0+q.3fa4c2d1}"))
	require.NotEqual(t, described("{v2.1.0}"), described("{v2.1.1+q.3fa4c2d1}"))
	require.NotEqual(t, described("q.3fa4c2d1"), described(""))
}

// Whatever else changes, the digest does.
func TestDigestDiffers(t *testing.T) {
	seen := map[string]string{qvf.Digest(sales()): "nothing"}
	for name, change := range map[string]func(*qvf.App){
		"script":         func(a *qvf.App) { a.Script += " " },
		"title":          func(a *qvf.App) { replace(&a.Properties, `Sales`, `Sale`) },
		"thumbnail":      func(a *qvf.App) { replace(&a.Properties, `"qThumbnail":{}`, `"qThumbnail":{"qUrl":"/media/a"}`) },
		"section access": func(a *qvf.App) { replace(&a.Properties, `"hassectionaccess":false`, `"hassectionaccess":true`) },
		"variable":       func(a *qvf.App) { replace(&a.Variables[0].Properties, `Year(Today())`, `2026`) },
		"no variable":    func(a *qvf.App) { a.Variables = nil },
		"dimension":      func(a *qvf.App) { replace(&a.Dimensions[0].Properties, `["Region"]`, `["Country"]`) },
		"measure":        func(a *qvf.App) { replace(&a.Measures[0].Properties, `Sum`, `Avg`) },
		"format":         func(a *qvf.App) { replace(&a.Measures[0].Properties, `"qnDec":10`, `"qnDec":2`) },
		"id":             func(a *qvf.App) { a.Measures[0].ID = "m9" },
		"child":          func(a *qvf.App) { replace(&a.Objects[0].Root.Children[0].Properties, `barchart`, `piechart`) },
		"children":       func(a *qvf.App) { a.Objects[0].Root.Children = nil },
		"bookmark":       func(a *qvf.App) { a.Bookmarks[0].Meta.Title = "Yours" },
		"image":          func(a *qvf.App) { a.Media[0].Content[3]++ },
		"image name":     func(a *qvf.App) { a.Media[0].Name = "l.png" },
		"not canonical":  func(a *qvf.App) { a.Measures[0].Properties = []byte(`{"a":1,"a":2}`) },
		"not json":       func(a *qvf.App) { a.Properties = []byte(`{`) },
	} {
		app := sales()
		change(app)
		require.Empty(t, seen[qvf.Digest(app)], name)
		seen[qvf.Digest(app)] = name
	}
}

func TestParts(t *testing.T) {
	var got []string
	for _, p := range qvf.Parts(sales()) {
		got = append(got, strings.Join([]string{p.Kind, p.ID, p.Title}, "|"))
		require.Equal(t, sum(p.Content), p.Sum())
	}
	require.Equal(t, []string{"bookmark|b1|Mine", "dimension|d1|Region", "measure|m1|Revenue €", "media|logo.png|logo.png",
		"object|LoadModel|", "object|s1|Overview", "properties||Sales", "script||", "variable|vYear|vYear"}, got)
	empty := &qvf.App{Measures: []qvf.Item{{ID: "m", Properties: []byte(`{"qMeasure":{ }}`)}}}
	require.Equal(t, `{"qMeasure":{"qNumFormat":{"qType":"U","qUseThou":0,"qnDec":10}}}`, string(qvf.Parts(empty)[0].Content))
}

// replace changes JSON, and makes sure that it does.
func replace[T ~[]byte](doc *T, old, new string) {
	s := strings.Replace(string(*doc), old, new, 1)
	if s == string(*doc) {
		panic("no " + old)
	}
	*doc = T(s)
}

func TestEncodeRefuses(t *testing.T) {
	for want, change := range map[string]func(*qvf.App){
		`"m1": second entry`: func(a *qvf.App) { a.Dimensions[0].ID = "m1" },
		`"m1": json at`:      func(a *qvf.App) { a.Measures[0].Properties = []byte(`{"a"}`) },
		`"d1": json is no`:   func(a *qvf.App) { a.Dimensions[0].Properties = []byte(`[]`) },
		`"s1": properties`:   func(a *qvf.App) { a.Objects[0].Root.Children[0].Properties = []byte(`1,"qChildren":[]`) },
		`"s1": extra`: func(a *qvf.App) {
			a.Objects[0].Root.Extra = map[string]json.RawMessage{"qChildren": json.RawMessage(`[]`)}
		},
		`"LoadModel": extra "x": json`: func(a *qvf.App) { a.Objects[1].Root.Extra = map[string]json.RawMessage{"x": json.RawMessage(`{`)} },
		`"s1": json at`:                func(a *qvf.App) { a.Objects[0].Type = "\xff" },
		`"b1": text is not UTF-8`:      func(a *qvf.App) { a.Bookmarks[0].Meta.Title = "\xff" },
		`"d1": text is not UTF-8`:      func(a *qvf.App) { a.Dimensions[0].Meta.Tags = []string{"\xff"} },
		`has qName "vYear"`:            func(a *qvf.App) { a.Variables[0].Name = "vMonth" },
		`variable "DateFormat": json`:  func(a *qvf.App) { a.ScriptVariables[0].Properties = nil },
		`"qvapp_appscript": json`:      func(a *qvf.App) { a.Script = "\xff" },
		`"qvapp_header": json`:         func(a *qvf.App) { a.Header = []byte(`1`) },
		`needs Properties`:             func(a *qvf.App) { a.Properties = nil },
		`fields or tables without`:     func(a *qvf.App) { a.Data.Present = false },
		`has 2 fields and -1 rows`:     func(a *qvf.App) { a.Data.Tables[0].Rows = -1 },
		`"data/field_0": exceeds`:      func(a *qvf.App) { a.Other[0].Size = 1 << 40 },
		`"qvapp_qaccess": exceeds`:     func(a *qvf.App) { a.Other[1].Size = -1 },
		`"media/a": id looks`:          func(a *qvf.App) { a.Measures[0].ID = "media/a" },
		`"qvapp_meta": id is reserved`: func(a *qvf.App) { a.Bookmarks[0].ID = "qvapp_meta" },
		`"x": an entry of type`:        func(a *qvf.App) { a.Other[1] = qvf.Entry{Name: "x", Type: "GenericBookmarkEntry"} },
		`names of fields are`:          func(a *qvf.App) { a.Data.Fields[0] = strings.Repeat("x", 1<<20) },
		`name and source are`:          func(a *qvf.App) { a.Data.Tables[0].Source = "\xff" },
		`name is empty`:                func(a *qvf.App) { a.Measures[0].ID = "" },
	} {
		app := sales()
		change(app)
		_, err := qvf.Encode(app)
		require.ErrorContains(t, err, want)
		require.ErrorAs(t, err, new(*qvf.Error))
	}
}
