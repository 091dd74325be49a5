package estate

import (
	"crypto/md5"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// filed is an estate of files alone.
func filed(t *testing.T, dir string) *Estate {
	require.NoError(t, os.WriteFile(filepath.Join(dir, "estate.cue"), []byte(base), 0o600))
	e, err := Load(dir, Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

// long writes a file of so many MiB, no two of which are the same, and returns its MD5.
func long(t *testing.T, name string, n int) string {
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	f, err := os.Create(name)
	require.NoError(t, err)
	defer f.Close()
	h, b := md5.New(), make([]byte, 1<<20)
	for i := range n {
		for at := 0; at < len(b); at += 512 {
			copy(b[at:], fmt.Sprint(i, at))
		}
		_, err = io.MultiWriter(f, h).Write(b)
		require.NoError(t, err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// allocated is how many bytes f allocates, whether they are freed or not.
func allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

func TestFilesTakeNoMemory(t *testing.T) {
	const size = 32 // MiB
	dir := t.TempDir()
	gitIn(t, dir, "init", "--quiet")
	inside := long(t, filepath.Join(dir, "data.csv"), size)
	long(t, filepath.Join(dir, "theme/a.bin"), size)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "theme/sea.qext"), []byte("{}"), 0o600))
	here := filed(t, dir)
	gitIn(t, dir, "add", ".")
	gitIn(t, dir, "commit", "--quiet", "--message", "files")
	r, err := At(dir, "HEAD", nil)
	require.NoError(t, err)
	defer r.Close()
	there, err := Load(dir, Options{Files: r.Files})
	require.NoError(t, err)
	theme := here.sum("theme", "sea", "archive")
	require.Empty(t, theme.problem.Message)
	for name, e := range map[string]*Estate{"in the folder": here, "in a revision": there} {
		for file, sort := range map[string]string{"data.csv": "data", "theme": "archive"} {
			t.Run(file+" "+name, func(t *testing.T) {
				taken := allocated(func() {
					s := e.sum(file, "sea", sort)
					require.Empty(t, s.problem.Message)
					require.Equal(t, map[string]string{"data.csv": inside, "theme": theme.sum}[file], s.sum, "whether packed here or there")
					require.GreaterOrEqual(t, s.size, int64(size<<20))
				})
				require.Less(t, taken, int64(size<<20)/4)
				taken = allocated(func() { // for tenants that get it
					for range 100 {
						f, err := e.Open(file)
						require.NoError(t, err)
						same, err := f.Is(e.sum(file, "sea", sort).sum)
						require.NoError(t, err)
						require.True(t, same)
						require.NoError(t, f.Close())
					}
				})
				require.Less(t, taken, int64(1<<20))
			})
		}
	}
	require.NoError(t, there.Close())
}

func TestFileThatChanges(t *testing.T) {
	dir := t.TempDir()
	e := filed(t, dir)
	name := filepath.Join(dir, "data.csv")
	first := long(t, name, 1)
	f, err := e.Open("data.csv")
	require.NoError(t, err)
	defer f.Close()
	is := func(sum string) bool {
		same, err := f.Is(sum)
		require.NoError(t, err)
		return same
	}
	require.True(t, is(first))
	b, err := os.OpenFile(name, os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = b.WriteString("other")
	require.NoError(t, err)
	require.NoError(t, b.Close())
	require.NoError(t, os.Chtimes(name, time.Time{}, time.Now().Add(time.Second)))
	require.False(t, is(first), "it is another one now, though it is open and as long")
}

func TestFolderIsNoFile(t *testing.T) {
	dir := t.TempDir()
	e := filed(t, dir)
	long(t, filepath.Join(dir, "data/a.csv"), 1)
	require.Equal(t, "data is a folder, not a file", e.sum("data", "a.csv", "data").problem.Message)
	require.Equal(t, "data is a folder, not a file", e.sum("data", "logo", "image").problem.Message)
}

func TestSpoolMakesEachOnce(t *testing.T) {
	s := &spool{}
	made := 0
	var g sync.WaitGroup
	for range 8 {
		g.Go(func() {
			got, err := s.keep("a", false, func(w io.Writer) error {
				made++
				_, err := w.Write(make([]byte, shortContent+1))
				return err
			})()
			require.NoError(t, err)
			require.EqualValues(t, shortContent+1, got.content.Size())
		})
	}
	g.Wait()
	require.Equal(t, 1, made)
	for i := range 20 { // short ones are in memory while there is room, and in files then
		_, err := s.keep(fmt.Sprint(i), false, func(w io.Writer) error {
			_, err := w.Write(make([]byte, shortContent))
			return err
		})()
		require.NoError(t, err)
	}
	require.EqualValues(t, shortContents, s.short)
	require.Len(t, s.files, 1+20-shortContents/shortContent)
	files := s.files
	require.NoError(t, s.close())
	for _, f := range files {
		require.NoFileExists(t, f.Name())
	}

	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	_, err := s.keep("b", false, func(w io.Writer) error {
		_, err := w.Write(make([]byte, shortContent+1))
		return err
	})()
	require.ErrorContains(t, err, "there is no room for a large file, see TMPDIR: ")
}
