package plan

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPrune(t *testing.T) {
	space, member, app := `space/A`, `assignment/A/u {"space":"space/A"}`, `app/A/S {"space":"space/A"}`
	not := func(kinds ...Kind) func(*Input) {
		return func(in *Input) {
			in.Covers = func(k Key) bool { return k.Kind != kinds[0] && k.Kind != kinds[len(kinds)-1] }
		}
	}
	group, soft := `group/G`, `assignment/A/u {"space":"space/A","group":"group/G"}`
	run(t, []rule{
		{name: "applied and no longer declared", live: live(space), applied: some(space), want: []string{"delete space/A (change)"}},
		{name: "never applied", live: live(space), want: []string{}},
		{name: "gone already", applied: some(space), want: []string{}},
		{name: "nothing is remembered", live: live(space), applied: some(space), change: func(in *Input) { in.Remembered = false }, want: []string{}},
		{name: "unknown is not empty", live: live(space), applied: some(space), change: not("space"), want: []string{},
			notes: []string{"space/A is no longer declared; what is there could not be read completely, so it stays"},
			held:  []Key{{"space", "A"}}},
		{name: "unknown and not seen", applied: some(space), change: not("space"), want: []string{},
			notes: []string{"space/A is no longer declared; what is there could not be read completely, so it stays"},
			held:  []Key{{"space", "A"}}},
		{name: "nil covers nothing", live: live(space), applied: some(space), change: func(in *Input) { in.Covers = nil }, want: []string{},
			notes: []string{"space/A is no longer declared; what is there could not be read completely, so it stays"},
			held:  []Key{{"space", "A"}}},
		{name: "children that cascade go along", live: live(space, member), applied: some(space, member),
			want: []string{"delete space/A (change)"}},
		{name: "and so do those nobody read", live: live(space), applied: some(space, member), change: not("assignment"),
			want: []string{"delete space/A (change)"}},
		{name: "a child that cascades and whose parent stays", desired: some(space), live: live(space, member), applied: some(space, member),
			want: []string{"delete assignment/A/u (change)"}},
		{name: "the parent is unknown and the child is not", live: live(space, member), applied: some(space, member), change: not("space"),
			want:  []string{"delete assignment/A/u (change)"},
			notes: []string{"space/A is no longer declared; what is there could not be read completely, so it stays"},
			held:  []Key{{"space", "A"}}},
		{name: "neither is known", live: live(space, member), applied: some(space, member), change: not("space", "assignment"), want: []string{},
			notes: []string{"space/A is no longer declared; what is there could not be read completely, so it stays"},
			held:  []Key{{"assignment", "A/u"}, {"space", "A"}}},
		{name: "the parent is gone and nobody read what was in it", desired: some("group/G"), live: live("group/G"),
			applied: some(space, member, "group/G"), change: not("assignment"), want: []string{}},
		{name: "children that do not cascade go first", live: live(space, app), applied: some(space, app),
			want: []string{"delete app/A/S (change)", "delete space/A (change)"}},
		{name: "an unmanaged child holds its parent", live: live(space, app), applied: some(space),
			want: []string{"delete space/A (change): held by app/A/S"}},
		{name: "a child that nobody could read holds its parent", live: live(space), applied: some(space, app), change: not("app"),
			want: []string{"delete space/A (change): what it holds could not be read completely: it may hold app/A/S"},
			held: []Key{{"app", "A/S"}}},
		{name: "what lets go is changed first", desired: some(`task/T {"app":"app/A/R"}`, space, `app/A/R {"space":"space/A"}`),
			live:    live(space, app, `app/A/R {"space":"space/A"}`, `task/T {"app":"app/A/S"}`),
			applied: some(space, app, `app/A/R {"space":"space/A"}`, `task/T {"app":"app/A/S"}`),
			want:    []string{"update task/T (change) /app", "delete app/A/S (change)"}},
		{name: "what still refers to it, softly, holds it", desired: some(space, soft), live: live(space, soft, group), applied: some(space, soft, group),
			want: []string{"delete group/G (change): held by assignment/A/u"}},
		{name: "in the order of references", live: live(`task/A {"after":["task/B"]}`, `task/B {"after":["task/C"]}`, `task/C`),
			applied: some(`task/A`, `task/B`, `task/C`), want: []string{"delete task/A (change)", "delete task/B (change)", "delete task/C (change)"}},
	})
}

func TestUnmanagedIsWhatStays(t *testing.T) {
	p := build(t, input(
		some(`space/New {"type":"managed"}`, `space/Same`),
		live(`space/New {"type":"shared"}`, `assignment/New/x {"space":"space/New"}`, `space/Same`, `assignment/Same/x {"space":"space/Same"}`,
			`space/Old`, `assignment/Old/x {"space":"space/Old"}`, `assignment/Old/y {"space":"space/Old"}`, `theme/T`, `space/Theirs`),
		some(`space/New {"type":"shared"}`, `space/Same`, `space/Old`, `assignment/Old/x {"space":"space/Old"}`)))
	require.Equal(t, map[Kind][]string{"assignment": {"Same/x"}, "space": {"Theirs"}, "theme": {"T"}}, p.Unmanaged)
	require.Equal(t, []string{"replace space/New (change) /type", "delete space/Old (change)"}, brief(p))
	require.Equal(t, "type cannot be changed after creation; with it goes 1 assignment, not applied by qdeploy", p.Changes[0].Reason)
	require.Equal(t, "no longer declared; was applied at 41ac0de; with it go 2 assignments, 1 of them not applied by qdeploy", p.Changes[1].Reason)
	require.Equal(t, 1, p.Unchanged)
	require.Equal(t, "41ac0de", p.Since)
}

func TestRename(t *testing.T) {
	old, new := `space/Old`, was(res(`space/New`), "Old")
	member, moved := `assignment/Old/u {"space":"space/Old"}`, `assignment/New/u {"space":"space/New"}`
	task := func(app string) string { return `task/T {"app":"app/` + app + `"}` }
	plain := func(rs []Resource, more ...Resource) []Resource { return append(more, rs...) }
	run(t, []rule{
		{name: "and nothing else", desired: plain(nil, new), live: live(old), applied: some(old), want: []string{"move space/Old > space/New (change)"}},
		{name: "what is in it comes along", desired: plain(some(moved), new), live: live(old, member), applied: some(old, member),
			want: []string{"move space/Old > space/New (change)"}},
		{name: "and what refers to what is in it",
			desired: plain(some(`app/New/S {"space":"space/New"}`, task("New/S")), new),
			live:    live(old, `app/Old/S {"space":"space/Old"}`, task("Old/S")), applied: some(old, `app/Old/S {"space":"space/Old"}`, task("Old/S")),
			want: []string{"move space/Old > space/New (change)"}},
		{name: "and its children are changed as its children",
			desired: plain(some(`assignment/New/u {"space":"space/New","roles":["b"]}`), new),
			live:    live(old, `assignment/Old/u {"space":"space/Old","roles":["c"]}`),
			applied: some(old, `assignment/Old/u {"space":"space/Old","roles":["b"]}`),
			want:    []string{"move space/Old > space/New (change)", "update assignment/New/u (drift) /roles"}},
		{name: "and its children are pruned as its children", desired: plain(nil, new), live: live(old, member), applied: some(old, member),
			want: []string{"move space/Old > space/New (change)", "delete assignment/New/u (change)"}},
		{name: "where the listing is known by the old name", desired: plain(some(`assignment/New/v {"space":"space/New"}`), new),
			live: live(old, member), applied: some(old, member),
			change: func(in *Input) { in.Covers = func(k Key) bool { return k.Kind == "space" || k.Name[:3] == "Old" } },
			want: []string{"move space/Old > space/New (change)", "delete assignment/New/u (change)",
				"create assignment/New/v (change)"}},
		{name: "both at once", desired: plain(nil, new, was(res(`app/New/T {"space":"space/New"}`), "Old/S")),
			live: live(old, `app/Old/S {"space":"space/Old"}`), applied: some(old, `app/Old/S {"space":"space/Old"}`),
			want: []string{"move space/Old > space/New (change)", "move app/Old/S > app/New/T (change)"}},
		{name: "both at once by the new name of what it is in", desired: plain(nil, new, was(res(`app/New/T {"space":"space/New"}`), "New/S")),
			live: live(old, `app/Old/S {"space":"space/Old"}`), applied: some(old, `app/Old/S {"space":"space/Old"}`),
			want: []string{"move space/Old > space/New (change)", "move app/Old/S > app/New/T (change)"}},
		{name: "what is named after it comes along",
			desired: plain(some(`space/S`, `assignment/S/group:New {"space":"space/S","assignee":"group:New","group":"group/New","roles":["b"]}`), was(res(`group/New`), "Old")),
			live:    live(`space/S`, `group/Old`, `assignment/S/group:Old {"space":"space/S","assignee":"group:Old","group":"group/Old","roles":["a"]}`),
			applied: some(`space/S`, `group/Old`, `assignment/S/group:Old {"space":"space/S","assignee":"group:Old","group":"group/Old","roles":["a"]}`),
			want:    []string{"move group/Old > group/New (change)", "update assignment/S/group:New (change) /roles"}},
		{name: "and with what it is in", desired: plain(some(`assignment/New/group:New {"space":"space/New","assignee":"group:New","group":"group/New"}`), new, was(res(`group/New`), "Old")),
			live:    live(old, `group/Old`, `assignment/Old/group:Old {"space":"space/Old","assignee":"group:Old","group":"group/Old"}`),
			applied: some(old, `group/Old`, `assignment/Old/group:Old {"space":"space/Old","assignee":"group:Old","group":"group/Old"}`),
			want:    []string{"move group/Old > group/New (change)", "move space/Old > space/New (change)"}},
		{name: "the newest name that is there", desired: plain(nil, was(res(`space/New`), "Older", "Old")), live: live(old), applied: some(old),
			want: []string{"move space/Old > space/New (change)"}},
		{name: "done already", desired: plain(nil, new), live: live(`space/New`), applied: some(`space/New`), want: []string{}},
		{name: "done by somebody else", desired: plain(nil, new), live: live(`space/New`), applied: some(old), want: []string{}},
		{name: "undone by somebody else", desired: plain(nil, new), live: live(old), applied: some(`space/New`),
			want: []string{"move space/Old > space/New (drift)"}},
		{name: "done before, but not all that was in it was seen", desired: plain(nil, new), live: live(`space/New`, moved),
			applied: some(`space/New`, member), want: []string{"delete assignment/New/u (change)"}},
		{name: "not all that is in it is seen", desired: plain(nil, new), live: live(old), applied: some(old, member),
			change: func(in *Input) { in.Covers = func(k Key) bool { return k.Kind == "space" } },
			want:   []string{"move space/Old > space/New (change)"}, held: []Key{{"assignment", "Old/u"}},
			notes: []string{"assignment/New/u is no longer declared; what is there could not be read completely, so it stays"}},
		{name: "and the old one is gone", desired: plain(nil, new), applied: some(old), want: []string{"create space/New (drift)"}},
		{name: "and the new one is there too", desired: plain(nil, new), live: live(old, `space/New`), applied: some(old),
			want: []string{"adopt space/New", "delete space/Old (change): space/New was this before, as the estate says, and both exist"}},
		{name: "of what is not ours", desired: plain(nil, new), live: live(old), want: []string{"move space/Old > space/New"}},
		{name: "the old name is used again", desired: plain(some(old), new), live: live(old), applied: some(old),
			want: []string{"move space/Old > space/New (change)", "create space/Old (change)"}},
		{name: "the old name was used again long ago", desired: plain(some(old), new), live: live(old), applied: some(old, `space/New`),
			want: []string{"create space/New (drift)"}},
		{name: "in a chain", desired: plain(nil, was(res(`space/C`), "B"), was(res(`space/B`), "A")), live: live(`space/A`, `space/B`),
			applied: some(`space/A`, `space/B`), want: []string{"move space/B > space/C (change)", "move space/A > space/B (change)"}},
		{name: "and change what cannot be changed", desired: plain(nil, was(res(`space/New {"type":"managed"}`), "Old")),
			live: live(`space/Old {"type":"shared"}`), applied: some(`space/Old {"type":"shared"}`),
			want: []string{"replace space/Old > space/New (change) /type"}},
	})
}

func TestRenameOfWhatIsNotOursMayBeRefused(t *testing.T) {
	d := was(res(`space/New`), "Old")
	d.Adopt = Refuse
	p := build(t, input([]Resource{d}, live(`space/Old`), nil))
	require.Equal(t, []string{"move space/Old > space/New: exists in the tenant and is not managed by qdeploy"}, brief(p))
	in := input([]Resource{d}, live(`space/Old`), nil)
	in.Owned = map[Key]bool{{"space", "Old"}: true}
	require.Equal(t, []string{"move space/Old > space/New (change)"}, brief(build(t, in)))
}
