package schema

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write kinds.json")

// TestFacts holds that kinds.json has what the CUE files say. When it fails:
// go test ./schema -run TestFacts -update
func TestFacts(t *testing.T) {
	text, err := json.MarshalIndent(sparse(t, embedded().facts), "", "\t")
	require.NoError(t, err)
	text = append(text, '\n')
	if *update {
		require.NoError(t, os.WriteFile("kinds.json", text, 0o644))
		return
	}
	require.Equal(t, string(text), string(kindsJSON))
}

// sparse is v as JSON has it, without what says nothing.
func sparse(t *testing.T, v any) any {
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	var out any
	require.NoError(t, json.Unmarshal(raw, &out))
	return thin(out)
}

func thin(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, x := range v {
			if x = thin(x); x == nil {
				delete(v, name)
			} else {
				v[name] = x
			}
		}
		if len(v) == 0 {
			return nil
		}
		return v
	case []any:
		for i := range v {
			v[i] = thin(v[i])
		}
		if len(v) == 0 {
			return nil
		}
		return v
	case bool:
		if !v {
			return nil
		}
	case string:
		if v == "" {
			return nil
		}
	case float64:
		if v == 0 {
			return nil
		}
	}
	return v
}
