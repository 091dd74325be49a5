package main

import (
	"cmp"
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func init() { commands["paste"] = cmdPaste }

// paste accept|ignore does to the estate what drift --json has just said about all that it
// found, as a person would who follows the text.
func cmdPaste(ts *testscript.TestScript, neg bool, args []string) {
	var d struct{ Found []finding }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &d))
	var all []estate.Paste
	for _, f := range d.Found {
		switch {
		case args[0] == "accept":
			all = append(all, f.Accept...)
		case f.Ignore != nil:
			all = append(all, *f.Ignore)
		}
	}
	if len(all) == 0 {
		ts.Fatalf("nothing to %s", args[0])
	}
	slices.SortFunc(all, func(a, b estate.Paste) int { // from below, so that places stay where they are
		return slices.Compare(numbersOf(b.At), numbersOf(a.At))
	})
	for _, p := range all {
		ts.Check(pasteInto(ts, p))
	}
}

// numbersOf returns line and column of a position.
func numbersOf(at string) (out []int) {
	for _, s := range strings.Split(at, ":")[1:] {
		n, _ := strconv.Atoi(s)
		out = append(out, n)
	}
	return out
}

func pasteInto(ts *testscript.TestScript, p estate.Paste) error {
	name, _, _ := strings.Cut(p.At, ":")
	file, at := ts.MkAbs(name), numbersOf(p.At)
	if p.How == estate.Anywhere {
		f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.WriteString(p.Text + "\n")
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	tree, err := parser.ParseFile(file, text)
	if err != nil {
		return err
	}
	ast.Walk(tree, func(n ast.Node) bool {
		if f, ok := n.(*ast.Field); ok && f.Pos().Line() == at[0] && f.Pos().Column() == at[1] {
			text = append(append(append([]byte{}, text[:f.Pos().Offset()]...), p.Text...), text[f.End().Offset():]...)
			return false
		}
		return true
	}, nil)
	return os.WriteFile(file, text, 0o644)
}

// seedLeftover puts something into a tenant that may be retired.
func seedLeftover(ts *testscript.TestScript, t *qliktest.Tenant, what string, rest []string) {
	ages := [2]time.Duration{}
	switch what {
	case "bot": // SUBJECT: that of an OAuth client, disabled
		t.AddUser(qliktest.UserSpec{Subject: rest[0], Status: "disabled"})
	case "role": // SUBJECT ROLE; the bot of a client is made if there is none yet
		t.GiveRole(rest[0], rest[1])
	case "app-of": // SUBJECT SPACE NAME
		t.ImportApp(qliktest.AppSpec{Owner: rest[0], Space: rest[1], Name: rest[2]})
	case "age": // DURATION: published apps are that much older
		by, err := time.ParseDuration(rest[0])
		ts.Check(err)
		t.AgeApps(by)
	case "automation": // SPACE NAME AGE [RAN]
		for i := range ages {
			var err error
			ages[i], err = time.ParseDuration(cmp.Or(rest[2+i], "0"))
			ts.Check(err)
		}
		t.AddAutomation(qliktest.AutomationSpec{Space: rest[0], Name: rest[1], Age: ages[0], Ran: ages[1]})
	}
}
