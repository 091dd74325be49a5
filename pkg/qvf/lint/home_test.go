package lint_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qvf/lint"
)

func TestLacking(t *testing.T) {
	facts := lint.FactsOf(with("LIB CONNECT TO ':SQL';", "LOAD * FROM [lib://:sql/x];", "LOAD * FROM [lib://:DataFiles/x];", "LOAD * FROM [lib://Finance:Rates/x];"))
	facts.Extensions = []lint.Extension{{Name: "my-map", Charts: 1}}
	facts.Theme = "northwind"
	require.Equal(t, []string{"", "Finance"}, facts.Wanted())
	known := func(names ...string) lint.Held { return lint.Held{Known: true, Names: names} }
	home := func(tenant string, prod, finance, extensions, themes lint.Held) lint.Home {
		return lint.Home{Tenant: tenant, Space: "Prod", Connections: map[string]lint.Held{"Prod": prod, "Finance": finance}, Extensions: extensions, Themes: themes}
	}
	unseen := lint.Held{Unknown: "403"}
	homes := []lint.Home{
		home("a", known("sql"), known("RATES"), known("My-Map"), known("northwind")),
		home("c", known(), known(), known(), known()),
		home("b", known(), lint.Held{Absent: true}, known(), unseen),
		home("d", unseen, unseen, unseen, unseen),
		{Tenant: "e", Space: "Prod"}, // nobody looked
	}
	say := func(given map[lint.Code]lint.Severity) (out []string) {
		for _, f := range facts.Lacking(homes, given) {
			out = append(out, f.String())
		}
		return out
	}
	require.Equal(t, []string{
		`warning: L2: script, line 1: connection "SQL" is missing in space "Prod" of 2 tenants (b, c)`,
		`warning: L2: script, line 4: connection "Rates" is missing in space "Finance" of c`,
		`warning: L2: script, line 4: connection "Rates" is missing: there is no space "Finance" in b`,
		`warning: L4: extension "my-map" is neither declared nor live in 2 tenants (b, c)`,
		`warning: L4: theme "northwind" is neither declared nor live in c`,
		`info: L2: the connections of space "Prod" in d could not be looked at: 403`,
		`info: L2: the connections of space "Finance" in d could not be looked at: 403`,
		`info: L4: extension "my-map" could not be looked for in d: 403`,
		`info: L4: theme "northwind" could not be looked for in 2 tenants (b, d): 403`,
	}, say(nil))
	homes = homes[1:2]
	require.Equal(t, []string{`error: L4: extension "my-map" is neither declared nor live in c`, `error: L4: theme "northwind" is neither declared nor live in c`},
		say(map[lint.Code]lint.Severity{lint.L2: lint.Off, lint.L4: lint.Error}))
}
