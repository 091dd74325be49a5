package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// planFiles are the files that a plan is saved in, "" for none.
type planFiles struct {
	out, html string
}

func (s *planFiles) add(c *cobra.Command) {
	c.Flags().StringVar(&s.out, "out", "", "save the plan in this `file`, for apply")
	c.Flags().StringVar(&s.html, "html", "", "write the plan as a page to read into this `file`")
}

// check finds out early what would be in vain later.
func (s planFiles) check() error {
	for flag, file := range map[string]string{"--out": s.out, "--html": s.html} {
		if file == "" {
			continue
		}
		if info, err := os.Stat(filepath.Dir(file)); err != nil || !info.IsDir() {
			return fail("", "%s: %s is not a folder", flag, filepath.Dir(file))
		}
	}
	return nil
}

func (s planFiles) save(f *plan.Fleet, o plan.MarkdownOptions) error {
	if s.out != "" {
		if err := writeWhole(s.out, f.WriteJSON); err != nil {
			return fmt.Errorf("--out: %w", err)
		}
	}
	if s.html != "" {
		if err := writeWhole(s.html, func(w io.Writer) error { return f.WriteHTML(w, o) }); err != nil {
			return fmt.Errorf("--html: %w", err)
		}
	}
	return nil
}

// writeWhole writes a file beside its place and moves it there, so that a reader
// never sees half of one.
func writeWhole(path string, write func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".qdeploy-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // it is gone when all went well
	err = write(tmp)
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	return err
}
