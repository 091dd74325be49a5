package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/schema"
)

func (p *program) schemaCommand() *cobra.Command {
	var write bool
	c := &cobra.Command{
		Use:   "schema [KIND]",
		Short: "Print the schema of the estate language, or put it where editors find it",
		Long: `Print the CUE definitions that an estate is checked against: all of them, or the
file of one kind. They are part of this binary; an estate imports them as
"` + schema.ImportPath + `" and nothing is fetched.

--write copies them into the estate, below cue.mod/pkg, where editors and the cue
command look for them. Commit them or ignore them: qdeploy uses its own.`,
		Example: "  qdeploy schema space\n  qdeploy schema --write",
		Args:    words(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if write {
				return p.writeSchema()
			}
			return p.printSchema(args)
		},
	}
	c.Flags().BoolVar(&write, "write", false, "copy the schema into the estate, for editors")
	return c
}

func (p *program) printSchema(args []string) error {
	pattern := "*.cue"
	if len(args) == 1 {
		pattern = args[0] + ".cue"
	}
	names, err := fs.Glob(schema.Files(), pattern)
	if err != nil || len(names) == 0 {
		return fail("there are "+schemaList(), "there is no schema of %q", args[0])
	}
	for i, name := range names {
		b, err := fs.ReadFile(schema.Files(), name)
		if err != nil {
			return err
		}
		if i > 0 {
			fmt.Fprintln(p.out)
		}
		fmt.Fprintf(p.out, "// %s\n%s", name, b)
	}
	return nil
}

// schemaList names what the schema has a file for.
func schemaList() string {
	names, err := fs.Glob(schema.Files(), "*.cue")
	if err != nil {
		panic(err) // the pattern is ours
	}
	return strings.ReplaceAll(strings.Join(names, ", "), ".cue", "")
}

func (p *program) writeSchema() error {
	dir, err := p.estateDir()
	if err != nil {
		return err
	}
	to := filepath.Join(dir, "cue.mod", "pkg", filepath.FromSlash(schema.ImportPath))
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	return fs.WalkDir(schema.Files(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(schema.Files(), name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), b, 0o644)
	})
}
