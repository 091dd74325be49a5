package qliktest_test

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// FuzzApp imports bytes and does with them what needs to look inside.
func FuzzApp(f *testing.F) {
	f.Add(appFile)
	f.Add(appWithData)
	f.Add([]byte("\xff\xff\x01\x00"))
	if dir := os.Getenv("QDEPLOY_QVF_CORPUS"); dir != "" {
		files, _ := filepath.Glob(filepath.Join(dir, "reporting*.qvf"))
		for _, path := range files {
			b, err := os.ReadFile(path)
			require.NoError(f, err)
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l := newLab(t, qliktest.Options{})
		l.handler = l.cloud
		r := l.post("/api/v1/apps/import?name=x", b)
		if r.status == 400 {
			return
		}
		id := r.want(200).str("attributes", "id")
		l.get("/api/v1/apps/" + id + "/scripts/current").want(200)
		l.export(id, "?NoData=true")
		mood(l, "restamp-exports")
		l.export(id, "")
		l.post("/api/v1/apps/"+id+"/scripts", object{"script": "x"}).want(200)
		l.export(id, "")
	})
}

func FuzzFilter(f *testing.F) {
	f.Add(`name eq "a" and (subject co "b" or status eq "active")`)
	f.Add(`name eq "\"" or`)
	l := newLab(&testing.T{}, qliktest.Options{})
	f.Fuzz(func(t *testing.T, text string) {
		l := *l
		l.T = t
		l.handler = l.cloud
		if s := l.get("/api/v1/users?filter=" + url.QueryEscape(text)).status; s != 200 {
			require.Equal(t, 400, s)
		}
	})
}

func FuzzMood(f *testing.F) {
	f.Add("latency=50ms 429=5 cut-after=POST:/api/v1/spaces:1 refuse=themes suspended")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := qliktest.ParseMood(text)
		if err != nil {
			return
		}
		again, err := qliktest.ParseMood(m.String())
		require.NoError(t, err)
		require.Equal(t, m, again)
	})
}
