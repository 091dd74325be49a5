package plan

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// customer is a plan that creates one space in a tenant with its own values.
func customer(t testing.TB, name string, values map[string]string, spec string) *Plan {
	own := map[string]string{"name": name, "region": "eu"}
	for k, v := range values {
		own[k] = v
	}
	p, err := Build(Input{
		Tenant:  Tenant{Name: name, Host: name + ".eu.qlikcloud.com", Region: own["region"], Values: own},
		Desired: some(`space/` + name + ` data {"text":` + spec + `}`), Remembered: true, Traits: kinds,
	})
	require.NoError(t, err)
	return p
}

func TestClassesDifferInNothingButOwnValues(t *testing.T) {
	type own = map[string]string
	tests := []struct {
		name         string
		a, b         own
		aSpec, bSpec string
		together     bool
		shown        string // of what is together
	}{
		{"the same", nil, nil, `"x"`, `"x"`, true, `"x"`},
		{"other literals", nil, nil, `"x"`, `"y"`, false, ""},
		{"own names", nil, nil, `"for acme only"`, `"for beta only"`, true, `"for {name} only"`},
		{"a name within a word", nil, nil, `"acmeist"`, `"betaist"`, false, ""},
		{"a name beside a dash", nil, nil, `"acme-x"`, `"beta-x"`, true, `"{name}-x"`},
		{"own values", own{"cur": "EUR"}, own{"cur": "USD"}, `["EUR"]`, `["USD"]`, true, `["{cur}"]`},
		{"the value of the other", own{"cur": "EUR"}, own{"cur": "USD"}, `"USD"`, `"EUR"`, false, ""},
		{"one has it literally", own{"cur": "EUR"}, own{"cur": "USD"}, `"EUR"`, `"EUR"`, false, ""},
		{"text that looks like a name", own{"cur": "EUR"}, own{"cur": "USD"}, `"EUR"`, `"{cur}"`, false, ""},
		{"text that looks like an escaped name", own{"cur": "EUR"}, own{"cur": "USD"}, `"{cur}"`, `"{{cur}"`, false, ""},
		{"both have that text", own{"cur": "EUR"}, own{"cur": "USD"}, `"{cur} EUR"`, `"{cur} USD"`, true, `"{{cur} {cur}"`},
		{"other braces are left alone", nil, nil, `"f(){acme}"`, `"f(){beta}"`, true, `"f(){{name}}"`},
		{"numbers", own{"seats": "250"}, own{"seats": "900"}, `{"max":250}`, `{"max":900}`, true, `{"max":"{seats}"}`},
		{"a number and its text", own{"seats": "250"}, own{"seats": "900"}, `250`, `"900"`, false, ""},
		{"a number within a number", own{"seats": "250"}, own{"seats": "900"}, `250.5`, `900.5`, false, ""},
		{"short values are too common", own{"n": "1"}, own{"n": "2"}, `"1"`, `"2"`, false, ""},
		{"a region is its own", own{"region": "eu"}, own{"region": "us"}, `"in eu"`, `"in us"`, true, `"in {region}"`},
		{"values with quotes", own{"who": `Jo "J" Doe`}, own{"who": "Alice"}, `"Jo \"J\" Doe\n"`, `"Alice\n"`, true, `"{who}\n"`},
		{"after an escape", own{"who": "Bob"}, own{"who": "Alice"}, `"\nBob"`, `"\nAlice"`, true, `"\n{who}"`},
		{"the longest value wins", own{"who": "acme corp"}, own{"who": "beta inc"}, `"acme corp"`, `"beta inc"`, true, `"{who}"`},
		{"field names", nil, nil, `{"acme":1}`, `{"beta":1}`, true, `{"{name}":1}`},
		{"accents make words", own{"who": "Zoe"}, own{"who": "Max"}, `"éZoe"`, `"éMax"`, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := NewFleet("", "all", []*Plan{customer(t, "acme", tt.a, tt.aSpec), customer(t, "beta", tt.b, tt.bSpec)})
			classes := f.Classes()
			if !tt.together {
				require.Len(t, classes, 2)
				require.Equal(t, f.Plans[0].Changes, classes[0].Changes)
				return
			}
			require.Len(t, classes, 1)
			c := classes[0].Changes[0]
			require.Equal(t, "{name} data", c.Key.Name)
			require.JSONEq(t, `{"text":`+tt.shown+`}`, string(c.Desired.Spec))
		})
	}
}

func TestClassesDifferInEverythingThatIsDoneOrShown(t *testing.T) {
	base := func() *Plan {
		return build(t, input(some(`space/A {"a":1}`, `group/G`), live(`space/A {"a":2}`), some(`space/A {"a":1}`)))
	}
	for name, change := range map[string]func(*Plan){
		"action":  func(p *Plan) { p.Changes[1].Action = Republish },
		"cause":   func(p *Plan) { p.Changes[1].Cause = Changed },
		"reason":  func(p *Plan) { p.Changes[1].Reason = "x" },
		"blocked": func(p *Plan) { p.Changes[1].Blocked = "x" },
		"hint":    func(p *Plan) { p.Changes[1].Hint = "x" },
		"after":   func(p *Plan) { p.Changes[1].After = []Key{{"group", "G"}} },
		"writes":  func(p *Plan) { p.Changes[1].Writes = 9 },
		"from":    func(p *Plan) { p.Changes[1].From = Key{"space", "B"} },
		"kind":    func(p *Plan) { p.Changes[1].Key.Kind = "x" },
		"live":    func(p *Plan) { p.Changes[1].Fields[0].Live = json.RawMessage("3") },
		"field":   func(p *Plan) { p.Changes[1].Fields[0].Cause = Both },
		"hidden":  func(p *Plan) { p.Changes[1].Fields[0].Hidden = true },
		"desired": func(p *Plan) { p.Changes[1].Desired.Spec = json.RawMessage(`{}`) },
		"needed":  func(p *Plan) { p.Changes[1].Desired.Needed = true },
		"fewer":   func(p *Plan) { p.Changes = p.Changes[:1] },
		"none":    func(p *Plan) { p.Changes[1].Desired = nil },
	} {
		a, b := base(), base()
		b.Tenant.Name = "beta"
		require.Len(t, NewFleet("", "all", []*Plan{a, b}).Classes(), 1, name)
		change(b)
		require.Len(t, NewFleet("", "all", []*Plan{a, b}).Classes(), 2, name)
	}
}

func TestClassesComeBySizeThenByTenant(t *testing.T) {
	var plans []*Plan
	for i, spec := range []string{`"x"`, `"y"`, `"z"`, `"y"`, `"w"`} {
		plans = append(plans, customer(t, fmt.Sprintf("t%d", i), nil, spec))
	}
	plans = append(plans, &Plan{Tenant: Tenant{Name: "none"}})
	var got []string
	for _, c := range NewFleet("", "all", plans).Classes() {
		got = append(got, strings.Join(tenantNames(c.Plans), "+"))
	}
	require.Equal(t, []string{"t1+t3", "t0", "t2", "t4"}, got)
}

// TestNamesInPlaceOfValuesLoseNothing puts the values back.
func TestNamesInPlaceOfValuesLoseNothing(t *testing.T) {
	parts := []string{"{", "}", "{{", "a", "bcd", "bcd", "xyz", "{one}", "{two}", " ", "-", "\"", "\\", "\n", "é", "150", "#", ":", "\x00"}
	draw := func(r *rand.Rand) string {
		var b strings.Builder
		for range r.IntN(8) {
			b.WriteString(parts[r.IntN(len(parts))])
		}
		return b.String()
	}
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 4))
		values := map[string]string{"one": draw(r), "two": draw(r), "name": "bcd", "three": "150"}
		g := generaliser(Tenant{Values: values})
		seen := map[string]string{}
		for range 10 {
			s := draw(r)
			require.Equal(t, s, back(string(g.words(nil, s)), values), "%q in %q", s, values)
			raw := string(encode(map[string]any{s: []any{draw(r), json.Number("150"), s, json.Number("1.5")}}))
			general := string(g.json(nil, json.RawMessage(raw)))
			if before, ok := seen[general]; ok {
				require.Equal(t, before, raw, "two become one")
			}
			seen[general] = raw
			require.True(t, json.Valid(g.show(json.RawMessage(raw))))
		}
	}
}

func back(s string, values map[string]string) string {
	var b strings.Builder
	for s != "" {
		if rest, ok := strings.CutPrefix(s, "{{"); ok {
			b.WriteString("{")
			s = rest
			continue
		}
		if s[0] == '{' {
			name, rest, _ := strings.Cut(s[1:], "}")
			b.WriteString(values[name])
			s = rest
			continue
		}
		b.WriteByte(s[0])
		s = s[1:]
	}
	return b.String()
}
