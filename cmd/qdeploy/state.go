package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// sandboxState keeps an emulated cloud in a folder, or nowhere.
type sandboxState struct {
	cloud *qliktest.Cloud
	file  string
}

func openState(cloud *qliktest.Cloud, dir string) (*sandboxState, error) {
	s := &sandboxState{cloud: cloud}
	if dir == "" {
		return s, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	s.file = filepath.Join(dir, "cloud.json")
	f, err := os.Open(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := cloud.Load(f); err != nil {
		return nil, fail("remove the file to begin with empty tenants", "%s: %w", s.file, err)
	}
	return s, nil
}

// save writes the state beside its place and moves it there.
func (s *sandboxState) save() error {
	if s.file == "" {
		return nil
	}
	f, err := os.Create(s.file + ".tmp")
	if err != nil {
		return err
	}
	err = s.cloud.Save(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), s.file)
}
