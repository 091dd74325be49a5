package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/qdeploy/qdeploy/pkg/ledger"
)

func init() {
	maps.Copy(commands, map[string]func(*testscript.TestScript, bool, []string){
		"apikey":   cmdAPIKey,
		"canary":   cmdCanary,
		"overhear": cmdOverhear,
		"expand":   cmdExpand,
		"ledger":   cmdLedger,
		"mask":     cmdMask,
		"replace":  cmdReplace,
		"parrot":   cmdParrot,
		"source":   cmdSource,
		"status":   cmdStatus,
		"strike":   cmdStrike,
		"unspoken": cmdUnspoken,
	})
}

// status N PROGRAM ARG... runs a program that must end with this exit status.
func cmdStatus(ts *testscript.TestScript, neg bool, args []string) {
	got := "0"
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = fmt.Sprint(exit.ExitCode())
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if (got == args[0]) == neg {
		ts.Fatalf("exit status is %s", got)
	}
}

// What differs from run to run, and what stands for it.
var masks = []struct{ from, to string }{
	{`r-\d{8}-\d{6}`, "r-TIME"},
	{`127\.0\.0\.1:\d+`, "127.0.0.1:PORT"},
	{` in [0-9.]+m?s`, " in TIME"},
	{`20\d\d-\d\d-\d\dT[0-9:.]+Z`, "TIME"},
	{`qdeploy-sandbox-ca-\d+`, "qdeploy-sandbox-ca-N"},
}

// mask puts words in place of what differs from run to run in the last output.
func cmdMask(ts *testscript.TestScript, neg bool, args []string) {
	out, errs := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	for w, s := range map[io.Writer]string{ts.Stdout(): out, ts.Stderr(): errs} {
		s = strings.ReplaceAll(s, ts.Getenv("WORK"), "$WORK")
		for _, m := range masks {
			s = regexp.MustCompile(m.from).ReplaceAllString(s, m.to)
		}
		fmt.Fprint(w, s)
	}
}

// source FILE reads the exports of a shell script into the environment.
func cmdSource(ts *testscript.TestScript, neg bool, args []string) {
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		if !ok {
			ts.Fatalf("%s: %s", args[0], line)
		}
		ts.Setenv(name, strings.Trim(value, "'"))
	}
}

// replace FILE OLD NEW changes a text in a file, everywhere.
func cmdReplace(ts *testscript.TestScript, neg bool, args []string) {
	was := ts.ReadFile(args[0])
	is := strings.ReplaceAll(was, args[1], args[2])
	if is == was {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(is), 0o644))
}

// expand FILE puts the environment's values into a file.
func cmdExpand(ts *testscript.TestScript, neg bool, args []string) {
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// apikey HOST VARIABLE gives an administrator of the tenant an API key.
func cmdAPIKey(ts *testscript.TestScript, neg bool, args []string) {
	h, _ := handIn(ts, args[0])
	w := &labOf(ts).watch
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hear(h.key)
	ts.Setenv(args[1], h.key)
}

// canary NAME VALUE sets an environment variable to a secret, which unspoken looks for
// from then on: it and its first word, which stays what it is however the rest is
// escaped.
func cmdCanary(ts *testscript.TestScript, neg bool, args []string) {
	w := &labOf(ts).watch
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hear(args[1])
	w.hear(strings.Fields(args[1])[0])
	ts.Setenv(args[0], args[1])
}

// overhear FILE takes the text of a file for a secret, which unspoken looks for from
// then on.
func cmdOverhear(ts *testscript.TestScript, neg bool, args []string) {
	w := &labOf(ts).watch
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hear(strings.TrimSpace(ts.ReadFile(args[0])))
}

// ledger show prints who is remembered and how; drop deletes it; spoil TENANT
// TEXT writes something into the tenant's entry that is none.
func cmdLedger(ts *testscript.TestScript, neg bool, args []string) {
	repo, err := git.PlainOpen(ts.MkAbs("."))
	ts.Check(err)
	switch args[0] {
	case "drop":
		ts.Check(repo.Storer.RemoveReference(ledger.Ref))
	case "spoil":
		spoil(ts, repo, args[1], args[2])
	default:
		l, err := ledger.Open(ts.MkAbs("."))
		ts.Check(err)
		entries, err := l.Entries()
		ts.Check(err)
		for _, name := range slices.Sorted(maps.Keys(entries)) {
			e := entries[name]
			fmt.Fprintf(ts.Stdout(), "%s: %s\n", name, e.Outcome)
			for _, k := range slices.Sorted(maps.Keys(e.Resources.All())) {
				fmt.Fprintf(ts.Stdout(), "  %s\n", k)
			}
			for _, k := range e.Pending {
				fmt.Fprintf(ts.Stdout(), "  %s pending\n", k)
			}
		}
	}
}

// spoil replaces an entry by a text, in place: the file keeps its name.
func spoil(ts *testscript.TestScript, repo *git.Repository, tenant, text string) {
	store := func(o interface {
		Encode(plumbing.EncodedObject) error
	}) plumbing.Hash {
		e := repo.Storer.NewEncodedObject()
		ts.Check(o.Encode(e))
		hash, err := repo.Storer.SetEncodedObject(e)
		ts.Check(err)
		return hash
	}
	blob := repo.Storer.NewEncodedObject()
	blob.SetType(plumbing.BlobObject)
	w, err := blob.Writer()
	ts.Check(err)
	_, err = io.WriteString(w, text)
	ts.Check(errors.Join(err, w.Close()))
	hash, err := repo.Storer.SetEncodedObject(blob)
	ts.Check(err)

	ref, err := repo.Reference(ledger.Ref, false)
	ts.Check(err)
	commit, err := repo.CommitObject(ref.Hash())
	ts.Check(err)
	tree, err := commit.Tree()
	ts.Check(err)
	name := ""
	ts.Check(tree.Files().ForEach(func(f *object.File) error {
		if strings.HasSuffix(f.Name, "/"+tenant+".json") {
			name = f.Name
		}
		return nil
	}))
	parts := strings.Split(name, "/")
	for i := len(parts) - 1; i >= 0; i-- {
		at := tree
		if i > 0 {
			at, err = tree.Tree(strings.Join(parts[:i], "/"))
			ts.Check(err)
		}
		copied := &object.Tree{Entries: slices.Clone(at.Entries)}
		for j := range copied.Entries {
			if copied.Entries[j].Name == parts[i] {
				copied.Entries[j].Hash = hash
			}
		}
		hash = store(copied)
	}
	who := object.Signature{Name: "dev", Email: "dev@example.com", When: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	made := store(&object.Commit{Author: who, Committer: who, Message: "spoil", TreeHash: hash, ParentHashes: []plumbing.Hash{ref.Hash()}})
	ts.Check(repo.Storer.SetReference(plumbing.NewHashReference(ledger.Ref, made)))
}

// unspoken FILE... fails if a secret that was ever sent to the cloud is in the
// last output, in any file but those named, or in any object of the repository.
func cmdUnspoken(ts *testscript.TestScript, neg bool, args []string) {
	l := labOf(ts)
	l.watch.mu.Lock()
	secrets := slices.Collect(maps.Keys(l.watch.heard))
	l.watch.mu.Unlock()
	for _, region := range []string{"US", "EU", "AP"} {
		if s := ts.Getenv("QLIK_" + region + "_CLIENT_SECRET"); s != "" {
			secrets = append(secrets, s)
		}
	}
	found := func(where, text string) {
		for _, s := range secrets {
			if strings.Contains(text, s) || strings.Contains(text, url.QueryEscape(s)) {
				ts.Fatalf("%s holds the secret %q:\n%s", where, s, text)
			}
		}
	}
	found("stdout", ts.ReadFile("stdout"))
	found("stderr", ts.ReadFile("stderr"))
	root := ts.MkAbs(".")
	ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		if err != nil || d.IsDir() || slices.Contains(args, name) {
			return err
		}
		b, err := os.ReadFile(path)
		found(name, string(b))
		return err
	}))
	repo, err := git.PlainOpen(root)
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return
	}
	ts.Check(err)
	objects, err := repo.Storer.IterEncodedObjects(plumbing.AnyObject)
	ts.Check(err)
	ts.Check(objects.ForEach(func(o plumbing.EncodedObject) error {
		r, err := o.Reader()
		if err != nil {
			return err
		}
		b, err := io.ReadAll(r)
		found("the repository", string(b))
		return errors.Join(err, r.Close())
	}))
}
