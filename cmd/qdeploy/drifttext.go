package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// writeDriftJSON prints drift as the plan that undoes it, with what was found of it.
func (p *program) writeDriftJSON(f *plan.Fleet, found []finding, retired *leftovers) error {
	return p.printJSON(struct {
		*plan.Fleet
		Found   []finding  `json:"found,omitempty"`
		Retired *leftovers `json:"retired,omitempty"`
	}{f, found, retired})
}

// driftText says of each resource who changed it, tenant by tenant, and what may be
// written into the estate. It names a few tenants, or all.
func driftText(found []finding, all bool) string {
	var b strings.Builder
	for len(found) > 0 {
		n := 1
		for n < len(found) && sameAnswer(found[0], found[n]) {
			n++
		}
		answerText(&b, found[:n], all)
		found = found[n:]
	}
	return b.String()
}

func sameAnswer(a, b finding) bool {
	return a.Key == b.Key && a.Settled == b.Settled && bytes.Equal(answerJSON(a.Answer), answerJSON(b.Answer))
}

func answerJSON(a estate.Answer) []byte {
	b, err := json.Marshal(a)
	if err != nil {
		panic(err) // texts
	}
	return b
}

const shownTenants = 6 // tenants of one answer, without --list

func answerText(b *strings.Builder, same []finding, all bool) {
	fmt.Fprintf(b, "\n%s\n", printable(same[0].Key.String()))
	for i, f := range same {
		if i == shownTenants && !all {
			fmt.Fprintf(b, "  … %d more (--list names them)\n", len(same)-i)
			break
		}
		fmt.Fprintf(b, "  %s: %s\n", printable(f.Tenant), f.who())
	}
	a := same[0].Answer
	if same[0].Settled {
		b.WriteString("  the estate wants nothing else by now: apply it, and it is no drift any more\n")
	}
	for _, p := range a.Accept {
		b.WriteString("  accept: " + pasteText(p))
	}
	if a.Ignore != nil {
		b.WriteString("  ignore: " + pasteText(*a.Ignore))
	}
	if a.Why != "" {
		fmt.Fprintf(b, "  note: %s\n", printable(a.Why))
	}
}

func (f finding) who() string {
	switch {
	case f.By == nil:
		return "no audit event tells who"
	case f.By.Who == "":
		return fmt.Sprintf("%s, %s, and nobody is named", f.By.At.UTC().Format(time.RFC3339), printable(f.By.Event))
	}
	return fmt.Sprintf("%s, %s, %s", printable(f.By.Who), f.By.At.UTC().Format(time.RFC3339), printable(f.By.Event))
}

// pasteText says what to do with a paste, and shows it on a line of its own.
func pasteText(p estate.Paste) string {
	do := map[estate.How]string{
		estate.Replacing: "in place of what is at " + p.At,
		estate.Anywhere:  "a line more, beside " + p.At,
		estate.Inside:    "in what begins at " + p.At,
		estate.Deleting:  "delete what is at " + p.At,
	}[p.How]
	if p.Text == "" {
		return do + "\n"
	}
	return do + "\n      " + p.Text + "\n"
}

// of returns what was found in the tenants of these plans.
func (d *driftFound) of(plans []*plan.Plan) []finding {
	return slices.DeleteFunc(slices.Clone(d.findings()), func(f finding) bool {
		return !slices.ContainsFunc(plans, func(p *plan.Plan) bool { return p.Tenant.Name == f.Tenant })
	})
}
