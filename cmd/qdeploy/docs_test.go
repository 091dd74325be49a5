package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

// TestDocs runs every command block of the documentation in a shell, in a
// directory of its own per document, and compares what is printed with what the
// document shows. Files that a document shows are written before it begins.
func TestDocs(t *testing.T) {
	docs, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	dir := t.TempDir()
	for _, doc := range append(docs, "../../README.md", "../../CONTRIBUTING.md") {
		doc, err := filepath.Abs(doc)
		require.NoError(t, err)
		script, any, err := scriptOf(doc)
		require.NoError(t, err)
		if any {
			name := strings.TrimSuffix(filepath.Base(doc), ".md")
			require.NoError(t, os.WriteFile(filepath.Join(dir, name+".txtar"), []byte(script), 0o644))
		}
	}
	testscript.Run(t, testscript.Params{Dir: dir, Setup: setup, Cmds: commands, RequireExplicitExec: true})
}

// A block is a fenced block of a document and what the comment above it says.
type block struct {
	about, kind, text string
	line              int
}

// elsewhere are commands that this test cannot run inside itself, and what runs them.
var elsewhere = map[string]string{
	"go test -race ./...":       "you are in it",
	"go run ./cmd/qdeploy demo": "testdata/script/demo.txtar",
}

// scriptOf turns a document into a script: one shell runs all its command
// blocks in order, so that directories and variables last.
func scriptOf(doc string) (script string, any bool, err error) {
	blocks, err := blocksOf(doc)
	if err != nil {
		return "", false, err
	}
	var sh, checks, files, before strings.Builder
	n := 0
	for i, b := range blocks {
		if setup, ok := strings.CutPrefix(b.about, "setup: "); ok { // words of scripts, before all else
			before.WriteString(strings.ReplaceAll(setup, "; ", "\n") + "\n")
		}
		switch {
		case strings.HasPrefix(b.about, "file: "):
			fmt.Fprintf(&files, "-- later/%d --\n%s", b.line, b.text)
			name := strings.TrimPrefix(b.about, "file: ")
			fmt.Fprintf(&sh, "mkdir -p \"$WORK/$(dirname '%[1]s')\" && cp \"$WORK/later/%[2]d\" \"$WORK/%[1]s\"\n", name, b.line)
		case b.about == "output":
			fmt.Fprintf(&checks, "shown %s %d out/%d\n", doc, i, n)
		case b.kind == "sh" && elsewhere[strings.TrimSpace(b.text)] == "":
			n++
			fmt.Fprintf(&sh, "{\n%s} >\"$WORK/out/%d\"\n", b.text, n)
		}
	}
	head := "[!exec:bash] skip 'needs bash'\n[!exec:git] skip 'needs git'\nmkdir out\nenv GIT_AUTHOR_NAME=dev GIT_AUTHOR_EMAIL=dev@example.com GIT_COMMITTER_NAME=dev GIT_COMMITTER_EMAIL=dev@example.com\nenv GIT_AUTHOR_DATE=2026-11-21T12:00:00Z GIT_COMMITTER_DATE=2026-11-21T12:00:00Z\nexec bash -eu doc.sh\n"
	head = strings.Replace(head, "exec bash", before.String()+"exec bash", 1)
	tail := "-- doc.sh --\ntrap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT\n" + sh.String()
	return head + checks.String() + tail + files.String(), n > 0, nil
}

// shown DOC N FILE compares a file with the Nth block of a document, and with
// -update writes it there.
func cmdShown(ts *testscript.TestScript, neg bool, args []string) {
	got := ts.ReadFile(args[2])
	blocks, err := blocksOf(args[0])
	ts.Check(err)
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	b := blocks[n]
	if b.text == got {
		return
	}
	if !*update {
		ts.Fatalf("%s:%d shows another output; it is now\n%s", args[0], b.line, got)
	}
	text, err := os.ReadFile(args[0])
	ts.Check(err)
	ts.Check(os.WriteFile(args[0], []byte(strings.Replace(string(text), "```text\n"+b.text+"```", "```text\n"+got+"```", 1)), 0o644))
}

// TestReadmePlan holds the plan in the README to what its script shows.
func TestReadmePlan(t *testing.T) {
	script, err := txtar.ParseFile("testdata/script/readme.txtar")
	require.NoError(t, err)
	blocks, err := blocksOf("../../README.md")
	require.NoError(t, err)
	for _, b := range blocks {
		if b.about != "plan of testdata/script/readme.txtar" {
			continue
		}
		for _, f := range script.Files {
			if f.Name == "plan.golden" {
				require.Equal(t, string(f.Data), b.text)
				return
			}
		}
	}
	t.Fatal("the README shows no plan")
}

// blocksOf cuts the fenced blocks out of a document.
func blocksOf(doc string) ([]block, error) {
	text, err := os.ReadFile(doc)
	if err != nil {
		return nil, err
	}
	var out []block
	var b *block
	about := ""
	for i, line := range strings.Split(string(text), "\n") {
		switch fence, kind, _ := strings.Cut(line, "```"); {
		case b != nil && strings.HasPrefix(line, "```"):
			out = append(out, *b)
			b, about = nil, ""
		case b != nil:
			b.text += line + "\n"
		case fence == "" && strings.HasPrefix(line, "```"):
			b = &block{about: about, kind: kind, line: i + 1}
		case strings.HasPrefix(line, "<!-- "):
			about = strings.TrimSuffix(strings.TrimPrefix(line, "<!-- "), " -->")
		case line != "":
			about = ""
		}
	}
	return out, nil
}
