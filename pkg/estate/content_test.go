package estate

import (
	"archive/zip"
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPack(t *testing.T) {
	files := fstest.MapFS{
		"theme/sea.qext":       {Data: []byte("{}\n"), ModTime: time.Unix(1, 0)},
		"theme/img/a.svg":      {Data: []byte("<svg/>"), Mode: 0o755},
		"theme/.DS_Store":      {Data: []byte("hidden")},
		"theme/.git/config":    {Data: []byte("hidden")},
		"theme/empty/.gitkeep": {},
		"theme.zip":            {Data: []byte("as it is")},
	}
	b, err := content(files, "theme")
	require.NoError(t, err)
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	got := map[string]string{}
	var order []string
	for _, f := range z.File {
		order = append(order, f.Name)
		r, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		got[f.Name] = string(text)
	}
	require.Equal(t, []string{"img/a.svg", "sea.qext"}, order)
	require.Equal(t, map[string]string{"sea.qext": "{}\n", "img/a.svg": "<svg/>"}, got)

	// Tenants remember this sum. A change here uploads every theme again.
	sum := md5.Sum(b)
	require.Equal(t, "6c27b9b83c29d997545cbfce192b1347", hex.EncodeToString(sum[:]))

	files["theme/sea.qext"].ModTime = time.Now()
	again, err := content(files, "./theme/")
	require.NoError(t, err)
	require.Equal(t, b, again)
	b, err = content(files, "theme.zip")
	require.NoError(t, err)
	require.Equal(t, "as it is", string(b))
}

func TestContent(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "theme"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "theme", "sea.qext"), []byte("{}"), 0o600))
	require.NoError(t, os.Symlink(t.TempDir(), filepath.Join(dir, "link")))
	b, err := Content(dir, "theme")
	require.NoError(t, err)
	same, err := content(os.DirFS(dir), "theme")
	require.NoError(t, err)
	require.Equal(t, same, b)
	_, err = Content(dir, "none")
	require.ErrorIs(t, err, fs.ErrNotExist)
	for _, name := range []string{"../x", "/etc/passwd", "a/../../x", "link"} {
		_, err = Content(dir, name)
		require.Error(t, err, name)
	}
	_, err = Content(filepath.Join(dir, "none"), "x")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestDigest(t *testing.T) {
	e, err := Load(sampleDir, Options{})
	require.NoError(t, err)
	is := func(name, sum string) bool {
		f, err := e.Open(name)
		require.NoError(t, err)
		defer f.Close()
		same, err := f.Is(sum)
		require.NoError(t, err)
		return same
	}
	const digest = "sha256:e3320abc02be863568710a5b773ba0127233a81972f730d21ef42bc208fbb6c0"
	require.True(t, is("apps/Shipments 1.0.0.qvf", digest))
	require.False(t, is("estate.cue", digest), "no app")
}
