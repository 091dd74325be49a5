package plan

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWithin shows that what a key goes on with, after the name of the parent, is gone
// along with: shelves are in spaces, and books on shelves and in other books.
func TestWithin(t *testing.T) {
	traits := maps.Clone(kinds)
	traits["shelf"] = Traits{Parent: "/space", Refs: []Ref{{Path: "/space", Kind: "space"}}}
	traits["book"] = Traits{
		Parent: "/space", Within: []string{"/shelf", "/book"}, Immutable: []string{"/shelf"},
		Refs: []Ref{{Path: "/space", Kind: "space"}, {Path: "/shelf", Kind: "shelf"}, {Path: "/book", Kind: "book"}, {Path: "/see/*", Kind: "book", Soft: true}},
	}
	with := func(in *Input) { in.Traits = traits }
	a, b := `space/A`, `shelf/A/B {"name":"B","space":"space/A"}`
	book, page := `book/A/B/C {"space":"space/A","shelf":"shelf/A/B"}`, `book/A/B/C/D {"space":"space/A","shelf":"shelf/A/B","book":"book/A/B/C"}`
	new := was(res(`shelf/A/N {"name":"N","space":"space/A"}`), "A/B")
	moved := some(`book/A/N/C {"space":"space/A","shelf":"shelf/A/N"}`, `book/A/N/C/D {"space":"space/A","shelf":"shelf/A/N","book":"book/A/N/C"}`)
	see := func(to ...string) []Resource {
		out := some(a, b)
		for i, name := range []string{"X", "Y"} {
			out = append(out, res(`book/A/B/`+name+` {"space":"space/A","shelf":"shelf/A/B","see":["book/A/B/`+to[i]+`"]}`))
		}
		return out
	}
	run(t, []rule{
		{name: "comes along", desired: append(append(some(a), new), moved...), live: live(a, b, book, page), applied: some(a, b, book, page), change: with,
			want: []string{"move shelf/A/B > shelf/A/N (change) /name"}},
		{name: "and with what that is in", desired: append(append([]Resource{was(res(`space/Z`), "A")}, was(res(`shelf/Z/N {"name":"N","space":"space/Z"}`), "A/B")),
			some(`book/Z/N/C {"space":"space/Z","shelf":"shelf/Z/N"}`, `book/Z/N/C/D {"space":"space/Z","shelf":"shelf/Z/N","book":"book/Z/N/C"}`)...),
			live: live(a, b, book, page), applied: some(a, b, book, page), change: with,
			want: []string{"move space/A > space/Z (change)", "move shelf/A/B > shelf/Z/N (change) /name"}},
		{name: "what is no longer declared is pruned by its new name", desired: append(some(a), new), live: live(a, b, book, page), applied: some(a, b, book, page), change: with,
			want: []string{"move shelf/A/B > shelf/A/N (change) /name", "delete book/A/N/C/D (change)", "delete book/A/N/C (change)"}},
		{name: "moves alone", desired: append(some(a, b, book), was(res(`book/A/B/D {"space":"space/A","shelf":"shelf/A/B"}`), "A/B/C/D")), live: live(a, b, book, page),
			applied: some(a, b, book, page), change: with, want: []string{"move book/A/B/C/D > book/A/B/D (change)"}},
		{name: "those that are there may see each other", desired: see("Y", "X"), live: append(live(a, b), see("A", "A")[2:]...), applied: see("A", "A"), change: with,
			want: []string{"update book/A/B/X (change) /see", "update book/A/B/Y (change) /see"}},
		{name: "two of one name are not deleted", live: live(a), applied: some(a), change: func(in *Input) { in.Twins = map[Key][]string{{"space", "A"}: {"1", "2"}} },
			want: []string{"delete space/A (change): the tenant has 2 of this name: IDs 1, 2"}},
		{name: "nor changed", desired: some(`space/A {"x":1}`), live: live(a), applied: some(a), change: func(in *Input) { in.Twins = map[Key][]string{{"space", "A"}: {"1", "2"}} },
			want: []string{"update space/A (change) /x: the tenant has 2 of this name: IDs 1, 2"}},
	})
	in := input(see("Y", "X"), nil, nil)
	in.Traits = traits
	_, err := Build(in)
	require.ErrorContains(t, err, "book/A/B/Y → book/A/B/X → book/A/B/Y", "new ones are not there to be seen")

	require.True(t, traits["book"].Holds(Key{"shelf", "A/B"}, Key{"book", "A/B/C"}))
	require.False(t, traits["book"].Holds(Key{"shelf", "A/B"}, Key{"book", "A/Bs/C"}))
	require.False(t, traits["shelf"].Holds(Key{"book", "A"}, Key{"shelf", "A/B"}))
}
