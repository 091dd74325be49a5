package estate

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSelect(t *testing.T) {
	e := loadText(t, `
-- a.cue --
package estate

regions: us: apiKey: file: "key"
tenantFiles: ["all.json"]
-- all.json --
{
	"acme-eu": {"region": "eu", "alias": "acme-eu", "labels": {"tier": "gold", "wave": "one"}},
	"acme-us": {"region": "us", "alias": "acme-us", "labels": {"tier": "silver"}},
	"beta":    {"region": "eu", "alias": "beta",    "labels": {"tier": "gold"}},
	"gone":    {"region": "us", "alias": "gone",    "state": "ignored"}
}
`)
	for _, c := range []struct{ selectors, want, err string }{
		{"", "acme-eu acme-us beta gone", ""},
		{"beta", "beta", ""},
		{"beta acme-us beta", "acme-us beta", ""},
		{"acme-*", "acme-eu acme-us", ""},
		{"*-?[us]", "acme-eu acme-us", ""},
		{"tier=gold", "acme-eu beta", ""},
		{"region=us", "acme-us gone", ""},
		{"tier=gold,acme-*", "acme-eu", ""},
		{"tier=gold, wave=one", "acme-eu", ""},
		{"tier=gold region=us", "acme-eu acme-us beta gone", ""},
		{"bet", "", `there is no tenant "bet"; did you mean "beta"?`},
		{"zeta-nine", "", `there is no tenant "zeta-nine"; known: acme-eu, acme-us, beta, gone`},
		{"no*", "", `no tenant is called "no*"`},
		{"a[", "", `"a[" is not a pattern of names`},
		{"teir=gold", "", `there is no label "teir"; did you mean "tier"?`},
		{"tier=glod", "", `there is no label tier: "glod"; did you mean "gold"?`},
		{"region=ap", "", `there is no region "ap"; known: eu, us`},
		{"tier=silver,region=eu", "", `no tenant fits "tier=silver,region=eu"`},
	} {
		selectors := strings.Fields(strings.ReplaceAll(c.selectors, ", ", ",~"))
		for i := range selectors {
			selectors[i] = strings.ReplaceAll(selectors[i], "~", " ")
		}
		chosen, err := e.Select(selectors)
		if c.err != "" {
			require.EqualError(t, err, c.err, c.selectors)
			continue
		}
		require.NoError(t, err, c.selectors)
		var names []string
		for _, t := range chosen {
			names = append(names, t.Name)
		}
		require.Equal(t, c.want, strings.Join(names, " "), c.selectors)
	}
}
