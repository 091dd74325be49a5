package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// source reads the secret of a name, seen from the estate's directory. Its errors name
// the place and never the value.
type source func(dir, name string) (string, error)

// sources are where secrets come from, by the word that the estate says. Another one
// is a function here, and a field of #Secret in the schema.
var sources = map[string]source{"env": fromEnv, "file": fromFile}

// fromEnv reads an environment variable.
func fromEnv(_, name string) (string, error) {
	v := os.Getenv(name)
	if v == "" {
		return "", fmt.Errorf("the environment variable %s is not set", name)
	}
	return v, nil
}

// fromFile reads a file.
func fromFile(dir, name string) (string, error) {
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("the file %s does not exist", name)
	case err != nil:
		return "", err
	}
	v := strings.TrimRight(string(b), "\r\n")
	if v == "" {
		return "", fmt.Errorf("the file %s is empty", name)
	}
	return v, nil
}
