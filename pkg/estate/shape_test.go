package estate

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseShape(t *testing.T) {
	fields := []string{"datasourceID", "connectionProperties"}
	for text, wrong := range map[string]string{
		`{"datasourceID": "rest", "connectionProperties": {"url": "x", "port": 1, "tls": true}}`: "",
		`{}`:                          "",
		`{"datasourceID": "rest"} {}`: "more than one value",
		`{"datasourceID": ""}`:        "datasourceID must be a text",
		`{"datasourceID": 1}`:         "datasourceID must be a text",
		`{"connectionProperties": {"a": {"b": 1}}}`:  "connectionProperties must be a text, or an object",
		`{"connectionProperties": {"a": null}}`:      "connectionProperties must be a text, or an object",
		`{"secretProperties": {"password": "told"}}`: `a shape has no field "secretProperties"`,
		`[]`:   "no shape",
		`null`: "no shape",
		``:     "no shape",
	} {
		_, err := parseShape([]byte(text), fields)
		if wrong == "" {
			require.NoError(t, err, text)
			continue
		}
		require.ErrorContains(t, err, wrong, text)
	}
}

func TestWhatIsWrittenGoesBeforeTheShape(t *testing.T) {
	require.Equal(t, "own", beside("own", "common"))
	require.Equal(t, "common", beside(nil, "common"))
	require.Nil(t, beside(nil, nil))
	require.Equal(t, map[string]any{"host": "own", "port": 1}, beside(map[string]any{"host": "own"}, map[string]any{"host": "common", "port": 1}))
	require.Equal(t, map[string]any{"host": "own"}, beside(map[string]any{"host": "own"}, nil))
}
