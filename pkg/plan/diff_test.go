package plan

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDiff(t *testing.T) {
	traits := Traits{Set: []string{"/set"}, Include: []string{"/include"}, Whole: []string{"/whole/data"}}
	tests := []struct {
		name, live, desired string
		want                []string // path: live → desired
	}{
		{"nothing", `{}`, `{}`, nil},
		{"the same", `{"a":1,"b":"x"}`, `{"b":"x","a":1}`, nil},
		{"a value", `{"a":"x"}`, `{"a":"y"}`, []string{`/a: "x" → "y"`}},
		{"a field that is not managed", `{"a":"x","owner":"me"}`, `{"a":"x"}`, nil},
		{"a field inside that is not managed", `{"o":{"a":1,"b":2}}`, `{"o":{"a":1}}`, nil},
		{"a field inside", `{"o":{"a":1,"b":2}}`, `{"o":{"b":3}}`, []string{`/o/b: 2 → 3`}},
		{"an object that is managed as a whole", `{"whole":{"data":{"a":1,"b":2},"more":1}}`, `{"whole":{"data":{"b":2}}}`, []string{`/whole/data: {"a":1,"b":2} → {"b":2}`}},
		{"the same object, as a whole", `{"whole":{"data":{"a":1,"b":2.0}}}`, `{"whole":{"data":{"b":2,"a":1}}}`, nil},
		{"a whole object that is missing", `{}`, `{"whole":{"data":{"b":2}}}`, []string{`/whole/data:  → {"b":2}`}},
		{"a whole object that is empty", `{}`, `{"whole":{"data":{}}}`, nil},
		{"fields of an object that is missing", `{}`, `{"o":{"a":1,"b":{"c":2}}}`, []string{`/o/a:  → 1`, `/o/b/c:  → 2`}},
		{"missing, null and empty text", `{"b":null,"c":""}`, `{"a":"","b":"","c":null}`, nil},
		{"missing and an empty array", `{}`, `{"a":[]}`, nil},
		{"missing and an empty object", `{}`, `{"a":{}}`, nil},
		{"an empty array and an empty object", `{"a":[]}`, `{"a":{}}`, []string{`/a: [] → {}`}},
		{"missing and false", `{}`, `{"a":false}`, []string{`/a:  → false`}},
		{"missing and zero", `{}`, `{"a":0}`, []string{`/a:  → 0`}},
		{"to nothing", `{"a":"x"}`, `{"a":null}`, []string{`/a: "x" → `}},
		{"to empty text", `{"a":"x"}`, `{"a":""}`, []string{`/a: "x" → ""`}},
		{"another type", `{"a":"1"}`, `{"a":1}`, []string{`/a: "1" → 1`}},
		{"an object in place of a text", `{"a":"x"}`, `{"a":{"b":1}}`, []string{`/a: "x" → {"b":1}`}},
		{"a number spelt otherwise", `{"a":1,"b":1.50,"c":1e3}`, `{"a":1.0,"b":1.5,"c":1000}`, nil},
		{"a long number", `{"a":12345678901234567890123}`, `{"a":12345678901234567890124}`,
			[]string{`/a: 1.2345678901234567890123e22 → 1.2345678901234567890124e22`}},
		{"an array in another order", `{"a":[1,2]}`, `{"a":[2,1]}`, []string{`/a: [1,2] → [2,1]`}},
		{"a set in another order", `{"set":[1,2]}`, `{"set":[2,1,1]}`, nil},
		{"a set with less", `{"set":[1,2]}`, `{"set":[2]}`, []string{`/set: [1,2] → [2]`}},
		{"a set that may hold more", `{"include":[1,2]}`, `{"include":[2]}`, nil},
		{"a set that lacks one", `{"include":[1,2]}`, `{"include":[2,3]}`, []string{`/include: [1,2] → [2,3]`}},
		{"a set that is missing", `{}`, `{"include":[2]}`, []string{`/include:  → [2]`}},
		{"a name that must be escaped", `{"a/b":{"c~d":1}}`, `{"a/b":{"c~d":2}}`, []string{`/a~1b/c~0d: 1 → 2`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			live, err := decode(json.RawMessage(tt.live))
			require.NoError(t, err)
			desired, err := decode(json.RawMessage(tt.desired))
			require.NoError(t, err)
			var got []string
			for _, f := range diff(live, desired, traits) {
				got = append(got, f.Path+": "+string(f.Live)+" → "+string(f.Desired))
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestCauses(t *testing.T) {
	traits := Traits{Set: []string{"/set"}, Include: []string{"/include"}}
	tests := []struct {
		name, live, desired, applied string
		want                         Cause
	}{
		{"the estate changed", `{"a":1}`, `{"a":2}`, `{"a":1}`, Changed},
		{"the tenant changed", `{"a":1}`, `{"a":2}`, `{"a":2}`, Drift},
		{"both changed", `{"a":1}`, `{"a":2}`, `{"a":3}`, Both},
		{"newly managed", `{"a":1}`, `{"a":2}`, `{}`, Changed},
		{"newly managed inside", `{"o":{"a":1}}`, `{"o":{"a":2}}`, `{"o":{"b":1}}`, Changed},
		{"newly managed inside what was a text", `{"o":{"a":1}}`, `{"o":{"a":2}}`, `{"o":"x"}`, Changed},
		{"managed as unset", `{"a":1}`, `{"a":2}`, `{"a":""}`, Both},
		{"unset again in the tenant", `{}`, `{"a":2}`, `{"a":2}`, Drift},
		{"an object gone from the tenant", `{}`, `{"o":{"a":2}}`, `{"o":{"a":2}}`, Drift},
		{"spelt otherwise", `{"a":1}`, `{"a":2}`, `{"a":2.0}`, Drift},
		{"one of each", `{"a":1,"b":1}`, `{"a":2,"b":2}`, `{"a":1,"b":2}`, Both},
		{"a set", `{"set":[1]}`, `{"set":[1,2]}`, `{"set":[2,1]}`, Drift},
		{"a set that may hold more", `{"include":[1]}`, `{"include":[1,2]}`, `{"include":[1]}`, Changed},
		{"live was the shape of neither", `{"o":"x"}`, `{"o":{"a":1}}`, `{"o":{"a":1}}`, Drift},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var specs []map[string]any
			for _, s := range []string{tt.live, tt.desired, tt.applied} {
				m, err := decode(json.RawMessage(s))
				require.NoError(t, err)
				specs = append(specs, m)
			}
			fields := diff(specs[0], specs[1], traits)
			require.NotEmpty(t, fields)
			require.Equal(t, tt.want, causer{specs[0], specs[1], specs[2], traits, traits}.all(fields))
			for _, f := range fields {
				require.NotEqual(t, Unknown, f.Cause)
			}
			require.Equal(t, Unknown, causer{specs[0], specs[1], nil, traits, traits}.all(fields))
		})
	}
}

func TestNumberIsSpeltOneWay(t *testing.T) {
	for want, spellings := range map[string][]string{
		"0":                     {"0", "-0", "0.0", "0e5", "-0.000", "0E-7"},
		"1":                     {"1", "1.0", "1e0", "10e-1", "0.1E+1", "1.000"},
		"-12.5":                 {"-12.5", "-12.50", "-125e-1", "-1.25e1"},
		"0.001":                 {"0.001", "1e-3", "0.0010"},
		"1000000000000":         {"1000000000000", "1e12"},
		"1e30":                  {"1e30", "10e29", "1000000000000000000000000000000"},
		"1.25e-9":               {"1.25e-9", "0.00000000125"},
		"1e9999999999999999999": {"1e9999999999999999999"},
		"1e99999999":            {"1e99999999"},
	} {
		for _, s := range spellings {
			require.Equal(t, want, string(number(json.Number(s))), s)
		}
	}
}

func TestMatches(t *testing.T) {
	for _, tt := range []struct {
		pattern, path string
		want          bool
	}{
		{"/a", "/a", true},
		{"/a", "/ab", false},
		{"/a", "/a/b", true},
		{"/a/b", "/a", false},
		{"/a/*/c", "/a/b/c", true},
		{"/a/*/c", "/a/b/d", false},
		{"/*", "/a", true},
		{"/*", "", false},
		{"/", "/", true},
		{"/", "/a", false},
	} {
		require.Equal(t, tt.want, matches(tt.pattern, tt.path), "%s %s", tt.pattern, tt.path)
	}
	require.False(t, matchesAny([]string{""}, "/a"), "an empty path is no trait of everything")
}

func FuzzDiff(f *testing.F) {
	f.Add(`{"a":1,"set":[2,1],"o":{"s":"x"}}`, `{"a":1.0,"set":[1,2],"o":null}`)
	f.Add(`{"a":[{"s":1},[]],"include":{"":null}}`, `{"a":{"0":{"s":1}},"include":["",null]}`)
	f.Add(`{"a":-0e99,"~":{"/":[]}}`, `{"a":1e-999999999999}`)
	traits := Traits{
		Set: []string{"/set"}, Include: []string{"/include"}, Secret: []string{"/o/s", "/a/*/s"},
		Input: []string{"/in"}, Immutable: []string{"/a"}, Refs: []Ref{{Path: "/*", Kind: "k"}, {Path: "/a/*", Kind: "k", Soft: true}},
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, err := decode(json.RawMessage(a))
		if err != nil {
			return
		}
		y, err := decode(json.RawMessage(b))
		if err != nil {
			return
		}
		require.Empty(t, diff(x, x, traits), "nothing differs from itself")
		causer{x, y, x, traits, traits}.all(diff(x, y, traits))
		k := Key{"k", "n"}
		sealed, err := traits.Seal(Resource{Key: k, Spec: json.RawMessage(a)})
		require.NoError(t, err)
		again, err := traits.Seal(sealed)
		require.NoError(t, err)
		require.Equal(t, sealed, again, "sealing what is sealed changes nothing")
		in := Input{
			Desired: []Resource{{Key: k, Spec: json.RawMessage(a), Needed: true}}, Live: []Resource{{Key: k, Spec: json.RawMessage(b)}},
			Applied: []Resource{{Key: k, Spec: json.RawMessage(a)}}, Remembered: true, Covers: all, Traits: map[Kind]Traits{"k": traits},
		}
		p, err := Build(in)
		require.NoError(t, err)
		require.LessOrEqual(t, len(p.Changes), 1)
		in.Live[0].Spec = in.Desired[0].Spec
		p, err = Build(in)
		require.NoError(t, err)
		require.Empty(t, p.Changes)
	})
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"0", "-1.50", "1e-7", "12e5", "123456789012345678901234567890.10e-40"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if s != strings.TrimSpace(s) || !json.Valid([]byte(s)) || s[0] != '-' && (s[0] < '0' || s[0] > '9') || len(s) > 1<<10 {
			return
		}
		once := number(json.Number(s))
		require.True(t, json.Valid([]byte(once)), "%s became %s", s, once)
		require.Equal(t, once, number(once))
	})
}

func FuzzParseKey(f *testing.F) {
	for _, s := range []string{"space/Finance", "assignment/A/b:c", "/", "a/", "/a", "a//", "é/\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		k, err := ParseKey(s)
		if err != nil {
			require.True(t, k.IsZero())
			return
		}
		require.Equal(t, s, k.String())
		again, err := ParseKey(k.String())
		require.NoError(t, err)
		require.Equal(t, k, again)
		require.Zero(t, k.Compare(again))
	})
}
