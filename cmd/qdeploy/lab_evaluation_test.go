package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// weight reads what evaluations find of an app, as in "size=12 open=1.5 errors=2", in
// MiB and seconds, or "fails".
func weight(words []string) (f qliktest.Findings, err error) {
	numbers := map[string]*float64{"size": &f.SizeMiB, "open": &f.OpenSeconds}
	counts := map[string]*int{"single": &f.SingleThreaded, "memory": &f.OverMemory, "errors": &f.Errors, "warnings": &f.Warnings}
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		switch {
		case word == "fails":
			f.Fails = true
		case numbers[name] != nil:
			*numbers[name], err = strconv.ParseFloat(value, 64)
		case counts[name] != nil:
			*counts[name], err = strconv.Atoi(value)
		default:
			err = fmt.Errorf("nothing is called so")
		}
		if err != nil {
			return f, fmt.Errorf("seed: evaluation: %s: %w", word, err)
		}
	}
	return f, nil
}
