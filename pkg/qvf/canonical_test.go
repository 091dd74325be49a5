package qvf_test

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/stretchr/testify/require"
)

func TestCanonical(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{
			"RFC 8785 section 3.2.2",
			`{
  "numbers": [333333333.33333329, 1E30, 4.50,
              2e-3, 0.000000000000000000000000001],
  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
}`,
			`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],` +
				`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
		},
		{
			"RFC 8785 section 3.2.3",
			`{
  "\u20ac": "Euro Sign",
  "\r": "Carriage Return",
  "\ufb33": "Hebrew Letter Dalet With Dagesh",
  "1": "One",
  "\ud83d\ude00": "Emoji: Grinning Face",
  "\u0080": "Control",
  "\u00f6": "Latin Small Letter O With Diaeresis"
}`,
			"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\"," +
				"\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}",
		},
		{"nested", ` { "b" : [ { "d" : 1 , "c" : {} } , [ ] ] , "a" : { "z" : 0 , "y" : -0 } } `, `{"a":{"y":0,"z":0},"b":[{"c":{},"d":1},[]]}`},
		{"prefixes", `{"ab":1,"a":2,"":3}`, `{"":3,"a":2,"ab":1}`},
		{"controls", `"\u0000\u0001\b\t\n\u000b\f\r\u001f\u007f\/</script>"`, "\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\u007f/</script>\""},
		{"supplementary keys", `{"𐀁":1,"𐀀":2}`, `{"𐀀":2,"𐀁":1}`},
		{"scalar", ` true`, `true`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := qvf.Canonical([]byte(c.in))
			require.NoError(t, err)
			require.Equal(t, c.want, string(got))
			again, err := qvf.Canonical(got)
			require.NoError(t, err)
			require.Equal(t, got, again)
		})
	}
}

// The samples of RFC 8785, appendix B.
func TestCanonicalNumbers(t *testing.T) {
	for bits, want := range map[uint64]string{
		0x0000000000000000: "0",
		0x8000000000000000: "0",
		0x0000000000000001: "5e-324",
		0x8000000000000001: "-5e-324",
		0x7fefffffffffffff: "1.7976931348623157e+308",
		0xffefffffffffffff: "-1.7976931348623157e+308",
		0x4340000000000000: "9007199254740992",
		0xc340000000000000: "-9007199254740992",
		0x4430000000000000: "295147905179352830000",
		0x44b52d02c7e14af5: "9.999999999999997e+22",
		0x44b52d02c7e14af6: "1e+23",
		0x44b52d02c7e14af7: "1.0000000000000001e+23",
		0x444b1ae4d6e2ef4e: "999999999999999700000",
		0x444b1ae4d6e2ef4f: "999999999999999900000",
		0x444b1ae4d6e2ef50: "1e+21",
		0x3eb0c6f7a0b5ed8c: "9.999999999999997e-7",
		0x3eb0c6f7a0b5ed8d: "0.000001",
		0x41b3de4355555553: "333333333.3333332",
		0x41b3de4355555554: "333333333.33333325",
		0x41b3de4355555555: "333333333.3333333",
		0x41b3de4355555556: "333333333.3333334",
		0x41b3de4355555557: "333333333.33333343",
		0xbecbf647612f3696: "-0.0000033333333333333333",
		0x43143ff3c1cb0959: "1424953923781206.2",
	} {
		text := strconv.FormatFloat(math.Float64frombits(bits), 'e', -1, 64)
		got, err := qvf.Canonical([]byte(text))
		require.NoError(t, err)
		require.Equal(t, want, string(got), "%016x", bits)
	}
	for in, want := range map[string]string{
		"1.0": "1", "1.42999999999999994": "1.43", "100": "100", "1e2": "100", "-1e-7": "-1e-7", "1E+100": "1e+100",
		"1e-400": "0", "0e99": "0", "-0.0": "0", "12345678901234567890": "12345678901234567000",
	} {
		got, err := qvf.Canonical([]byte(in))
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
}

func TestCanonicalRefuses(t *testing.T) {
	for in, want := range map[string]string{
		``:                   "no value",
		`{"a":1,"a":2}`:      `second "a"`,
		`{"a":1,"\u0061":2}`: `second "a"`,
		`"\ud800"`:           "lone surrogate",
		`"\udc00\ud800"`:     "lone surrogate",
		`{"\ud800":1}`:       "lone surrogate",
		`1e400`:              "beyond IEEE 754",
		"\"\xff\"":           "invalid UTF-8",
		"\"\xed\xa0\x80\"":   "invalid UTF-8",
		"\"a\nb\"":           "control character",
		`[1,]`:               "no value",
		`[1 2]`:              "no comma",
		`{"a"}`:              "no colon",
		`{a:1}`:              "no key",
		`{"a":1,}`:           "no key",
		`01`:                 "after the value",
		`1.`:                 "no digits after the point",
		`1e`:                 "no digits in the exponent",
		`-`:                  "no digits",
		`"\x"`:               "invalid escape",
		`"\u12g4"`:           "invalid escape",
		`"\`:                 "without end",
		`"a`:                 "without end",
		`nul`:                "no value",
		`[`:                  "no value",
		`1 1`:                "after the value",
		strings.Repeat("[", 513) + strings.Repeat("]", 513): "nested deeper",
	} {
		_, err := qvf.Canonical([]byte(in))
		require.ErrorContains(t, err, want, in)
	}
}

// What encoding/json accepts, and only that, is scanned without error, but for what I-JSON forbids.
func TestCanonicalAgreesWithEncodingJSON(t *testing.T) {
	for seed := range uint64(500) {
		g := newGen(seed)
		in := g.json(6)
		got, err := qvf.Canonical(in)
		require.NoError(t, err)
		require.JSONEq(t, string(in), string(got))
		if len(in) > 2 { // broken at one place, mostly
			in[g.IntN(len(in))] = byte(g.Uint32())
		}
		if _, err := qvf.Canonical(in); err == nil {
			require.True(t, json.Valid(in), "%q", in)
		}
	}
}
