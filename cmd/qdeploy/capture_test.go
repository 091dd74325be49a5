package main

import (
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/proposal"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

func TestCaptureNames(t *testing.T) {
	for name, want := range map[string][2]string{ // branch and file; # is the hash
		"Shipments":              {"Shipments", "Shipments"},
		"Freight Costs":          {"Freight-Costs-#", "Freight Costs"},
		"a/b":                    {"a-b-#", "a-b-#"},
		"a-b":                    {"a-b", "a-b"},
		"..":                     {"app-#", "app-#"},
		"../../x":                {"x-#", "x-#"},
		".git":                   {"git-#", "git-#"},
		"CON":                    {"CON", "CON-#"},
		"nul.qvf":                {"nul-qvf-#", "nul-qvf-#"},
		"Umsätze":                {"Ums-tze-#", "Umsätze"},
		"売上":                     {"app-#", "売上"},
		"Sales {version}":        {"Sales--version-#", "Sales--version-#"},
		"x\n\nCaptured: a b c d": {"x--Captured--a-b-c-d-#", "x--Captured--a-b-c-d-#"},
		"a-b-c14cddc0":           {"a-b-c14cddc0-#", "a-b-c14cddc0-#"},
		" x":                     {"x-#", "x-#"},
		"":                       {"app-#", "app-#"},
		strings.Repeat("x", 61):  {strings.Repeat("x", 60) + "-#", strings.Repeat("x", 61)},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range want {
				want[i] = strings.Replace(want[i], "#", shortHash(name), 1)
			}
			require.Equal(t, want, [2]string{slug(name), fileName(name)})
		})
	}
	require.NotEqual(t, shortHash("a/b"), shortHash("a:b"))
}

// Whatever an app is called, its branch is one, and its file stays in its folder.
func FuzzCaptureNames(f *testing.F) {
	for _, name := range []string{"Sales", "../x", "a:b", "con.txt", "a\x00b", "\u202e", strings.Repeat("x", 300), "-", ".lock", "{version}"} {
		f.Add(name)
	}
	repo := scratch(f)
	f.Fuzz(func(t *testing.T, name string) {
		file := path.Join("apps", fileName(name), fileName(name)+".qvf")
		require.True(t, fs.ValidPath(file), file)
		require.Equal(t, 2, strings.Count(file, "/"))
		head, err := repo.Head(t.Context(), captureBranch(name)) // refuses what is no name for a branch
		require.NoError(t, err)
		require.Empty(t, head)
		if slug(name) == slug(name+"/") || slug(name) == slug("/"+name) {
			t.Fatalf("%q and another name have one slug", name)
		}
	})
}

func scratch(tb testing.TB) *proposal.Repo {
	repo, err := proposal.Open(".", nil)
	if err != nil {
		tb.Skip("needs the git repository of the project")
	}
	tb.Cleanup(func() { _ = repo.Close() })
	return repo
}

func TestCaptureTrailers(t *testing.T) {
	a := qlik.PublishedApp{ID: "id", Version: "1.0.0", Edition: time.Date(2026, 11, 25, 8, 0, 0, 5e6, time.UTC)}
	one := trailer{tenant: "dev", id: "id", edition: editionText(a), digest: "sha256:00", file: "estate/apps/Sales 1.0.0.qvf"}
	two := trailer{tenant: "dev", id: "other", edition: "x", digest: "y", file: "z.qvf"}
	for message, want := range map[string][]trailer{
		"Capture Sales 1.0.0\n\nPublished.\n\n" + one.String() + "\nSigned-off-by: q <q>\n":                            {one},
		"Squashed (#7)\n\n* Capture\n\n" + one.String() + "\n\n* Capture\n\n" + two.String() + "\n\nCo-authored-by: x": {one, two},
		strings.ReplaceAll("x\n\n"+one.String()+"\n", "\n", "\r\n"):                                                    {one},
		one.String():                           nil, // its first line is a title
		"":                                     nil,
		"x\n\nCaptured: a b c\nCaptured-as: d": nil,
		"x\n\nCaptured-as: d":                  nil,
	} {
		require.Equal(t, want, readTrailers(message), message)
	}
	b := a
	b.Version = "1.1.0"
	require.NotEqual(t, editionText(a), editionText(b))
}

func TestPlainVersion(t *testing.T) {
	for text, want := range map[string]string{
		"1.2.3": "1.2.3", "1.2.3-rc.1": "1.2.3-rc.1", "1.2.3+q.00aa11bb": "1.2.3",
		"": "", "1": "", "1.2": "", "01.2.3": "", "v1.2.3": "", "1.2.3.4": "", "x": "", "1.2.3\n": "",
	} {
		require.Equal(t, want, plainVersion(text), text)
	}
	require.Equal(t, "1.0.0", versionAfter(""))
	require.Equal(t, "2.4.0", versionAfter("2.3.9-rc.1"))
}

func TestOverlay(t *testing.T) {
	o := &overlay{FS: fstest.MapFS{"a.cue": {Data: []byte("old")}, "b.yaml": {}}, files: map[string][]byte{"a.cue": []byte("new"), "c.cue": nil}}
	names, err := fs.Glob(o, "*.cue")
	require.NoError(t, err)
	require.Equal(t, []string{"a.cue", "c.cue"}, names)
	text, err := fs.ReadFile(o, "a.cue")
	require.NoError(t, err)
	require.Equal(t, "new", string(text))
	_, err = fs.ReadFile(o, "b.yaml")
	require.NoError(t, err)
}
