package plan

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListDiff(t *testing.T) {
	long := `["` + strings.Repeat("x", longest) + `"]`
	numbers := make([]int, shownOfList+6)
	for i := range numbers {
		numbers[i] = i
	}
	many, err := json.Marshal(numbers)
	require.NoError(t, err)
	huge := "[" + strings.Repeat("1,", 200) + "1]"
	for _, c := range []struct{ live, desired, want string }{
		{`["a","b","c"]`, `["a","c","d"]`, "  (1 as before)|- \"b\"|  (1 as before)|+ \"d\""},
		{`["a","b"]`, `["b","a"]`, "- \"a\"|  (1 as before)|+ \"a\""},
		{`[]`, `[{"a":1}]`, `+ {"a":1}`},
		{`["a","a"]`, `["a"]`, "  (1 as before)|- \"a\""},
		{`["a"]`, `[]`, `- "a"`},
		{`"a"`, `["a"]`, ""},
		{``, `["a"]`, ""},
		{`["a"]`, long, ""},
		{huge, huge, ""},
	} {
		require.Equal(t, c.want, strings.Join(listDiff(Field{Live: json.RawMessage(c.live), Desired: json.RawMessage(c.desired)}), "|"), "%s %s", c.live, c.desired)
	}
	got := listDiff(Field{Live: json.RawMessage(`[]`), Desired: many})
	require.Len(t, got, shownOfList+1)
	require.Equal(t, fmt.Sprintf("  (%d more)", len(numbers)-shownOfList), got[shownOfList])
}
