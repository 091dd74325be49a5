package main

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/qvf/unbuild"
)

func (p *program) appUnbuildCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "unbuild APP DIR",
		Short: "Lay an app out as text, as Qlik's own app unbuild does",
		Long: `Write the script, the properties, the master items, the variables and each sheet of
an app into files of a folder, with the names and in the form of "qlik app
unbuild", and its images besides.

DIR is new, empty, or holds an earlier unbuild: then objects and images that the
app no longer has are removed, and other files stay. Any other folder is refused.`,
		Example: "  qdeploy app unbuild apps/Sales.qvf apps/Sales",
		Args:    exactly("APP", "DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			app, err := openApp(args[0])
			if err != nil {
				return err
			}
			files, err := unbuild.Files(app)
			if err != nil {
				return err
			}
			return layOut(args[1], files)
		},
	}
}

// layOut writes the files of an unbuild into a folder, and removes those of an
// earlier one. Links in the folder that lead out of it are not followed.
func layOut(dir string, files []unbuild.File) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	old, err := earlier(root, dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := root.MkdirAll(path.Dir(f.Name), 0o755); err != nil {
			return err
		}
		if err := root.WriteFile(f.Name, f.Content, 0o644); err != nil {
			return err
		}
	}
	for _, name := range old {
		if slices.ContainsFunc(files, func(f unbuild.File) bool { return strings.EqualFold(f.Name, name) }) {
			continue
		}
		if err := root.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

// earlier returns the objects and images of an earlier unbuild in a folder, and
// refuses one that holds something else.
func earlier(root *os.Root, dir string) (old []string, err error) {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	has := func(name string) bool {
		_, err := root.Stat(name)
		return err == nil
	}
	if !has("script.qvs") || !has("app-properties.json") || !has("config.yml") && !has("corectl.yml") {
		return nil, fail("name a new folder, an empty one, or one that holds an earlier unbuild", "%s is not empty, and holds no app that was unbuilt", dir)
	}
	old, err = fs.Glob(root.FS(), "objects/*.json")
	if err != nil || !has("images") {
		return old, err
	}
	err = fs.WalkDir(root.FS(), "images", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			old = append(old, name)
		}
		return err
	})
	return old, err
}
