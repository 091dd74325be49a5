package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// sandboxState is where an emulated cloud is kept, in a folder or nowhere.
type sandboxState struct {
	file string
}

// open returns what was kept, nil if nothing was.
func (s *sandboxState) open(dir string) (io.ReadCloser, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	s.file = filepath.Join(dir, "cloud.json")
	f, err := os.Open(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return f, err
}

// save writes the state beside its place and moves it there.
func (s *sandboxState) save(cloud *qliktest.Cloud) error {
	if s.file == "" {
		return nil
	}
	f, err := os.Create(s.file + ".tmp")
	if err != nil {
		return err
	}
	err = cloud.Save(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), s.file)
}

// cloud makes the emulated cloud of an estate, with what was kept of it.
func (s *sandboxState) cloud(est *declared, f sandboxFlags) (*qliktest.Cloud, map[string]string, error) {
	kept, err := s.open(f.state)
	if err != nil {
		return nil, nil, err
	}
	o := qliktest.Options{NoLimits: f.noLimits, ItemsLag: f.itemsLag, SpaceLag: f.spaceLag}
	if kept == nil {
		return cloudOf(est, o, nil)
	}
	defer kept.Close()
	cloud, env, err := cloudOf(est, o, kept)
	if err != nil {
		return nil, nil, fail("remove the file to begin with empty tenants", "%s: %w", s.file, err)
	}
	return cloud, env, nil
}
