package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
	"github.com/qdeploy/qdeploy/schema"
)

// kindRow is what is worth knowing of a kind, from the schema and the client.
type kindRow struct {
	Kind      plan.Kind `json:"kind"`
	Key       string    `json:"key"`      // with capitals for what differs
	Declared  bool      `json:"declared"` // tenants and templates declare it
	Immutable []string  `json:"immutable"`
	Secret    []string  `json:"secret"`
	Calls     []callRow `json:"calls"`
}

type callRow struct {
	qlik.Operation
	Tier string `json:"tier"`
}

func (p *program) kindsCommand() *cobra.Command {
	var asJSON bool
	var docs string
	c := &cobra.Command{
		Use:   "kinds",
		Short: "Show what an estate can hold, and which calls to Qlik Cloud that takes",
		Long: `Show each kind of resource: its key, the fields that are fixed at creation, the
fields that are secrets, and the calls that reading and changing it takes, with the
tier that Qlik counts each against: 1 is 1000 a minute, 2 is 100 a minute. What each
field means is in docs/kinds, and in "qdeploy schema KIND".`,
		Example: "  qdeploy kinds\n  qdeploy kinds --json",
		Args:    words(0),
		RunE: func(*cobra.Command, []string) error {
			rows := kindRows()
			switch {
			case docs != "":
				return writeKindPages(docs, rows)
			case asJSON:
				return p.printJSON(rows)
			}
			return writeKinds(p.out, rows)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	c.Flags().StringVar(&docs, "docs", "", "write a page for each kind into this `folder` instead")
	return c
}

func kindRows() []kindRow {
	var rows []kindRow
	for _, name := range schema.Kinds() {
		k := schema.Of(name)
		r := kindRow{
			Kind: name, Key: keyForm(k), Declared: k.Declared,
			Immutable: fieldsAt(k.Traits.Immutable), Secret: fieldsAt(k.Traits.Secret), Calls: []callRow{},
		}
		for _, o := range qlik.Calls(name) {
			r.Calls = append(r.Calls, callRow{o, o.Tier()})
		}
		rows = append(rows, r)
	}
	return rows
}

// keyForm returns "assignment/SPACE/ASSIGNEE".
func keyForm(k schema.Kind) string {
	form := string(k.Name)
	if k.Traits.Singleton {
		return form + "/" + plan.TheOne
	}
	for _, field := range append(append([]string{strings.TrimPrefix(k.Traits.Parent, "/")}, k.KeyWithin...), k.KeyField) {
		if field != "" {
			form += "/" + strings.ToUpper(field)
		}
	}
	return form
}

// fieldsAt turns JSON pointers into what people write.
func fieldsAt(paths []string) []string {
	out := []string{}
	for _, p := range paths {
		out = append(out, strings.ReplaceAll(strings.TrimPrefix(p, "/"), "/", "."))
	}
	slices.Sort(out)
	return out
}

// writeKinds prints for each kind its key, and below it what else there is to know.
func writeKinds(w io.Writer, rows []kindRow) error {
	var b strings.Builder
	line := func(what, text string) { fmt.Fprintf(&b, "  %-10s%s\n", what, text) }
	for i, r := range rows {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(r.Key + "\n")
		if len(r.Immutable) > 0 {
			line("fixed", strings.Join(r.Immutable, ", "))
		}
		if len(r.Secret) > 0 {
			line("secret", strings.Join(r.Secret, ", "))
		}
		for _, c := range r.Calls {
			tier := "tier " + c.Tier
			if strings.Contains(c.Tier, "/") {
				tier = c.Tier
			}
			line(tier, c.String())
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
