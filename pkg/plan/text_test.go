package plan

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func text1(t *testing.T, f *Fleet, o TextOptions) string {
	t.Helper()
	if o.Traits == nil {
		o.Traits = kinds
	}
	var b bytes.Buffer
	require.NoError(t, f.WriteText(&b, o))
	return b.String()
}

func TestText(t *testing.T) {
	files := map[string]bool{}
	for name, tt := range texts {
		files[name+".txt"] = true
		t.Run(name, func(t *testing.T) {
			f := tt.fleet(t)
			out := text1(t, f, tt.o)
			require.True(t, utf8.ValidString(out))
			require.True(t, strings.HasSuffix(out, "\n"))
			for _, r := range strings.ReplaceAll(out, "\n", "") {
				require.True(t, tt.o.Color || !unprintable(r), "%q", r)
			}
			for _, line := range strings.Split(out, "\n") {
				require.Equal(t, strings.TrimRight(line, " "), line)
				require.LessOrEqual(t, utf8.RuneCountInString(line), 130, line)
			}
			golden(t, name, out)
		})
	}
	entries, err := os.ReadDir("testdata")
	require.NoError(t, err)
	for _, e := range entries {
		require.True(t, files[filepath.Base(e.Name())] || e.IsDir(), "%s is the golden file of nothing", e.Name())
	}
}

func TestTextStopsWhenNobodyReads(t *testing.T) {
	require.ErrorIs(t, one(t, input(some("space/A"), nil, nil)).WriteText(full1{}, TextOptions{}), os.ErrClosed)
}

type full1 struct{}

func (full1) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestWords(t *testing.T) {
	require.Equal(t, "1 space", plural(1, "space"))
	require.Equal(t, "1,234,567 spaces", plural(1234567, "space"))
	require.Equal(t, "2 policies", plural(2, "policy"))
	require.Equal(t, "2 keys", plural(2, "key"))
	require.Equal(t, "-1,000", count(-1000))
	require.Equal(t, "999", count(999))
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA"} {
		require.Equal(t, want, letter(i))
	}
	require.Equal(t, "2 to delete, 1 to replace, 1,000 to create", CountText(map[Action]int{Create: 1000, Delete: 2, Replace: 1}))
}
