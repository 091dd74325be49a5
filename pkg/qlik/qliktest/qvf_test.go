package qliktest_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func TestImportNames(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	unreadable := append([]byte("\xff\xff\x01\x00"), make([]byte, 100)...)
	upload := func(name string) string {
		loc := l.do("POST", "/api/v1/temp-contents?filename="+name, unreadable).want(201).header.Get("Location")
		return loc[strings.LastIndex(loc, "/")+1:]
	}
	for _, c := range []struct {
		query, want string
		body        any
	}{
		{"?name=Given", "Given", appFile},
		{"", "Sales", appFile},
		{"?fileId=" + upload("Budget.qvf"), "Budget", nil},
		{"", "Untitled", unreadable},
	} {
		require.Equal(t, c.want, l.post("/api/v1/apps/import"+c.query, c.body).want(200).str("attributes", "name"))
	}
}

// TestCorpus imports Qlik's own apps, where they are at hand.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("QDEPLOY_QVF_CORPUS")
	files, _ := filepath.Glob(filepath.Join(dir, "*.qvf"))
	if dir == "" || len(files) == 0 {
		t.Skip("QDEPLOY_QVF_CORPUS does not name a directory of QVF files")
	}
	l := newLab(t, qliktest.Options{})
	staging, _ := l.spaces()
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			id := l.importApp("?spaceId="+staging, b)
			require.NotEmpty(t, l.get("/api/v1/apps/"+id).want(200).str("attributes", "name"))
			require.NotEmpty(t, l.get("/api/v1/apps/"+id+"/scripts/current").want(200).str("script"))

			hasData := strings.Contains(path, "with-data")
			state := func(id string) (found bool) {
				for _, a := range l.apps() {
					if a.Name == id {
						return a.HasData
					}
				}
				return false
			}
			require.Equal(t, b, l.export(id, ""))
			bare := l.export(id, "?NoData=true")
			require.Equal(t, hasData, string(b) != string(bare))
			name := filepath.Base(path) + " bare"
			l.importApp("?spaceId="+staging+"&name="+url.QueryEscape(name), bare)
			require.False(t, state(name))
			name = filepath.Base(path)
			l.importApp("?spaceId="+staging+"&name="+url.QueryEscape(name), b)
			require.Equal(t, hasData, state(name))

			l.post("/api/v1/apps/"+id+"/scripts", object{"script": "// new"}).want(200)
			copied := l.importApp("?spaceId="+staging, l.export(id, ""))
			require.Equal(t, "// new", l.get("/api/v1/apps/"+copied+"/scripts/current").want(200).str("script"))
		})
	}
}

// export exports an app and downloads the file.
func (l *lab) export(id, query string) []byte {
	l.Helper()
	loc := l.post("/api/v1/apps/"+id+"/export"+query, nil).want(201).header.Get("Location")
	return l.get(loc).want(200).body
}

func TestExportWithoutData(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	id := l.importApp("", appWithData)
	require.True(t, l.apps()[0].HasData)
	require.Equal(t, appWithData, l.export(id, "?NoData=false"))
	bare := l.export(id, "?NoData=true")
	require.NotEqual(t, appWithData, bare)
	l.importApp("?name=Bare", bare)
	require.Equal(t, appState{Name: "Bare", SHA256: sum(bare)}, l.apps()[0])
}
