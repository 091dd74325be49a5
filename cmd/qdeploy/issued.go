package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// issued are the files into which this run puts secrets that Qlik issues: each is for
// one secret, or the second would take the place of the first.
type issued struct {
	mu   sync.Mutex
	used map[string]bool
}

// keep returns what makes ready to put a secret into a file, for its owner alone: the
// file that is there already stays until there is another secret.
func (i *issued) keep(dir string) func(string) (func(string) error, error) {
	return func(name string) (func(string) error, error) {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		if !i.take(path) {
			return nil, fmt.Errorf("%s is where another secret of this run goes: give each its own file", name)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		f, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // mode 0600
		if err != nil {
			return nil, err
		}
		return func(secret string) error {
			if secret == "" {
				i.release(path)
			}
			return put(f, path, secret)
		}, nil
	}
}

// take reports whether a file is still free.
func (i *issued) take(path string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.used == nil {
		i.used = map[string]bool{}
	}
	taken := i.used[path]
	i.used[path] = true
	return !taken
}

func (i *issued) release(path string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.used, path)
}

// put writes the secret and gives the file its name; an empty secret leaves all as it
// was.
func put(f *os.File, path, secret string) error {
	if secret == "" {
		return errors.Join(f.Close(), os.Remove(f.Name()))
	}
	_, err := f.WriteString(secret + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// logIn tries the secret of an OAuth client, where a tenant's client talks to.
func logIn(_ context.Context, o qlik.Options, id, secret string) error {
	tokens, err := qlik.Credentials{ClientID: id, ClientSecret: secret, Source: "the secret that was just issued"}.TokenSource(o)
	if err != nil {
		return err
	}
	_, err = tokens.Token()
	return err
}
