// Command gensample writes the apps of the sample estate: "go run
// ./pkg/estate/estatetest/gensample estate".
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/qdeploy/qdeploy/pkg/estate/estatetest"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gensample DIR")
		os.Exit(2)
	}
	for name, app := range estatetest.SampleApps() {
		if err := write(filepath.Join(os.Args[1], filepath.FromSlash(name)), app); err != nil {
			fmt.Fprintln(os.Stderr, "gensample:", err)
			os.Exit(1)
		}
	}
}

func write(file string, app []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, app, 0o644)
}
