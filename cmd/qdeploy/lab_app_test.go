package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	sample "github.com/qdeploy/qdeploy/estate"
	"github.com/qdeploy/qdeploy/pkg/qvf"
)

func init() {
	maps.Copy(commands, map[string]func(*testscript.TestScript, bool, []string){
		"richapp":    cmdRichApp,
		"lfs":        cmdLFS,
		"samplefile": cmdSampleFile,
		"files":      cmdFiles,
	})
}

// richSpec is what richapp reads: a JSON file.
type richSpec struct {
	Title, Description, Theme       string
	Script                          []string
	Measures, Dimensions, Variables map[string]string
	Sheets                          map[string][]string // title → visualizations
	Private                         []string            // titles of sheets
	Images                          map[string]string
	Rows                            int64
	Engine                          string
}

// richapp FILE SPEC writes a QVF with what a JSON file says.
func cmdRichApp(ts *testscript.TestScript, neg bool, args []string) {
	spec := richSpec{Engine: "12.2741.0"}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &spec))
	b, err := qvf.Encode(spec.app())
	ts.Check(err)
	file := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(file), 0o755))
	ts.Check(os.WriteFile(file, b, 0o644))
}

func (s richSpec) app() *qvf.App {
	a := qvf.New(s.Title)
	a.Saved = time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC)
	a.Meta.Owner, a.Meta.OwnerID = "auth0|ann", "ann"
	a.Properties, _ = json.Marshal(map[string]any{ // texts
		"qTitle": s.Title, "description": s.Description, "qSavedInProductVersion": s.Engine, "hassectionaccess": false})
	a.Script = strings.Join(s.Script, "\r\n")
	each := func(m map[string]string, f func(id, name, text string)) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			f("id-"+strings.ToLower(strings.ReplaceAll(name, " ", "-")), name, m[name])
		}
	}
	each(s.Measures, func(id, name, text string) { a.Measures = append(a.Measures, qvf.NewMeasure(id, name, text)) })
	each(s.Dimensions, func(id, name, text string) { a.Dimensions = append(a.Dimensions, qvf.NewDimension(id, name, text)) })
	each(s.Variables, func(id, name, text string) { a.Variables = append(a.Variables, qvf.NewVariable(id, name, text)) })
	each(s.Images, func(_, name, text string) {
		a.Media = append(a.Media, qvf.Media{Name: name, Content: []byte(text)})
	})
	for _, title := range slices.Sorted(maps.Keys(s.Sheets)) {
		var charts []qvf.Node
		for i, kind := range s.Sheets[title] {
			charts = append(charts, qvf.Node{Properties: fmt.Appendf(nil, `{"qInfo":{"qId":"%[1]s-%[2]d","qType":%[3]q},"title":"%[1]s %[2]d","visualization":%[3]q}`, title, i+1, kind)})
		}
		sheet := qvf.NewObject("sheet-"+strings.ToLower(title), "sheet", title, charts...)
		sheet.Meta.Owner, sheet.Meta.OwnerID, sheet.Meta.Published = a.Meta.Owner, a.Meta.OwnerID, !slices.Contains(s.Private, title)
		a.Objects = append(a.Objects, sheet)
	}
	if s.Theme != "" {
		settings := qvf.NewObject("settings", "appprops", "")
		settings.Root.Properties = fmt.Appendf(nil, `{"qInfo":{"qId":"settings","qType":"appprops"},"theme":%q}`, s.Theme)
		a.Objects = append(a.Objects, settings)
	}
	if s.Rows > 0 {
		a.Data = qvf.Data{Present: true, Fields: []string{"Amount"}, Tables: []qvf.Table{{Name: "Sales", Fields: 1, Rows: s.Rows}}}
	}
	return a
}

// lfs FILE replaces a file by a Git LFS pointer, and puts it where git lfs keeps
// what it fetched; "! lfs FILE" does not keep it.
func cmdLFS(ts *testscript.TestScript, neg bool, args []string) {
	text := ts.ReadFile(args[0])
	id := fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
	if !neg {
		to := ts.MkAbs(filepath.Join(".git", "lfs", "objects", id[:2], id[2:4], id))
		ts.Check(os.MkdirAll(filepath.Dir(to), 0o755))
		ts.Check(os.WriteFile(to, []byte(text), 0o644))
	}
	pointer := fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", id, len(text))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(pointer), 0o644))
}

// samplefile NAME FILE copies a file of the sample estate.
func cmdSampleFile(ts *testscript.TestScript, neg bool, args []string) {
	b, err := sample.Files.ReadFile(args[0])
	ts.Check(err)
	to := ts.MkAbs(args[1])
	ts.Check(os.MkdirAll(filepath.Dir(to), 0o755))
	ts.Check(os.WriteFile(to, b, 0o644))
}

// files DIR prints the files in a folder, sorted.
func cmdFiles(ts *testscript.TestScript, neg bool, args []string) {
	top := ts.MkAbs(".")
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(name string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, err = filepath.Rel(top, name)
			fmt.Fprintln(ts.Stdout(), filepath.ToSlash(name))
		}
		return err
	}))
}
