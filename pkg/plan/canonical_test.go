package plan

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCanonicalIsSeen holds that what an estate declares is mostly seen to be canonical, and
// what only looks like it is not.
func TestCanonicalIsSeen(t *testing.T) {
	for text, want := range map[string]bool{
		`{}`: true, `{"a":1,"b":[true,null,"x"],"c":{"d":-12}}`: true, `{"description":"Köp <b> & sälj","name":"HR"}`: true, `{"a":0,"b":[],"c":""}`: true,
		``: false, `[]`: false, `null`: false, `{"a":1} `: false, `{"a": 1}`: false, `{"b":1,"a":1}`: false, `{"a":1,"a":1}`: false, `{"a":1.0}`: false,
		`{"a":1e2}`: false, `{"a":01}`: false, `{"a":-0}`: false, `{"a":-}`: false, `{"a":"\u0041"}`: false, "{\"a\":\"\xff\"}": false, "{\"a\":\"\u2028\"}": false,
		"{\"a\":\"\n\"}": false, `{"a":1,}`: false, `{"a":[1,]}`: false, `{"a":tru}`: false, `{"a"`: false, `{"a":`: false, `{"a":[`: false, `{`: false, `{"a":1234567890123456}`: false,
	} {
		require.Equal(t, want, canonical([]byte(text)), text)
	}
}

// FuzzCanonical holds that what is seen to be canonical is what [Canonical] writes.
func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{`{"a":1,"b":[true,null,"x"],"c":{"d":-12}}`, `{"a":"é"}`, `{"a":1.0}`, `{"b":1,"a":2}`, `{"a":"<"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if !canonical(b) {
			return
		}
		decoded, err := decode(b)
		require.NoError(t, err)
		require.Equal(t, string(b), string(encode(decoded)), "decoding it leads back")
	})
}
