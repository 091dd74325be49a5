package estate

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

var update = flag.Bool("update", false, "write what is found into testdata")

// base is what an archive need not repeat.
const base = `package estate

import "github.com/qdeploy/qdeploy/schema"

schema.#Estate

regions: eu: client: {id: env: "CLIENT_ID", secret: env: "CLIENT_SECRET"}
`

// archive returns the files of an archive as an estate. A file "base.cue" is
// added unless there is one; a QVF file that says "app" becomes an app that is
// called Sales, and what it says after that is the load script.
func archive(t testing.TB, a *txtar.Archive) (files fstest.MapFS, want string) {
	files = fstest.MapFS{"base.cue": {Data: []byte(base)}}
	for _, f := range a.Files {
		data := f.Data
		switch {
		case f.Name == "want":
			want = string(data)
			continue
		case filepath.Ext(f.Name) == ".qvf" && strings.HasPrefix(string(data), "app\n"):
			app := qvf.New("Sales")
			app.Script = strings.TrimPrefix(string(data), "app\n")
			var err error
			data, err = qvf.Encode(app)
			require.NoError(t, err)
		}
		files[f.Name] = &fstest.MapFile{Data: data}
	}
	return files, want
}

// TestValidate compares all that is said of each estate in testdata, byte by
// byte. Run it with -update and read the difference before committing it.
func TestValidate(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			require.NoError(t, err)
			files, want := archive(t, a)
			ps, err := Validate(context.Background(), "", Options{Files: files})
			require.NoError(t, err)
			got := ""
			if len(ps) > 0 {
				got = ps.Error() + "\n"
			}
			if *update && got != want {
				a.Files = append(a.Files[:len(a.Files):len(a.Files)], txtar.File{})
				for i, f := range a.Files {
					if f.Name == "want" || f.Name == "" {
						a.Files[i] = txtar.File{Name: "want", Data: []byte(got)}
						a.Files = a.Files[:i+1]
						break
					}
				}
				require.NoError(t, os.WriteFile(name, txtar.Format(a), 0o644))
				return
			}
			require.Equal(t, want, got)
		})
	}
}
