package plan

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rule is one thing that Build does, and what comes of it.
type rule struct {
	name                   string
	desired, live, applied []Resource
	change                 func(*Input)
	want                   []string // see brief
	notes                  []string
	held                   []Key
}

func (r rule) run(t *testing.T) {
	in := input(r.desired, r.live, r.applied)
	if r.change != nil {
		r.change(&in)
	}
	p := build(t, in)
	require.Equal(t, r.want, brief(p))
	require.Equal(t, r.notes, p.Notes)
	require.Equal(t, r.held, p.Held)
}

func run(t *testing.T, rules []rule) {
	for _, r := range rules {
		t.Run(strings.ReplaceAll(r.name, " ", "_"), r.run)
	}
}

func TestCreateAndUpdate(t *testing.T) {
	space := `space/A {"type":"shared","description":"x"}`
	changed := `space/A {"type":"shared","description":"y"}`
	run(t, []rule{
		{name: "new", desired: some(space), want: []string{"create space/A (change)"}},
		{name: "new and nothing is remembered", desired: some(space), change: func(in *Input) { in.Remembered = false },
			want: []string{"create space/A"}},
		{name: "gone from the tenant", desired: some(space), applied: some(space), want: []string{"create space/A (drift)"}},
		{name: "gone from the tenant and changed", desired: some(changed), applied: some(space),
			want: []string{"create space/A (change+drift)"}},
		{name: "as declared", desired: some(space), live: live(space), applied: some(space), want: []string{}},
		{name: "changed", desired: some(changed), live: live(space), applied: some(space),
			want: []string{"update space/A (change) /description"}},
		{name: "drifted", desired: some(space), live: live(changed), applied: some(space),
			want: []string{"update space/A (drift) /description"}},
		{name: "its own words", desired: some(`app/A/S {"space":"space/A","release":"2"}`, space, `app/A/T {"space":"space/A"}`),
			live: live(space, `app/A/S {"space":"space/A","release":"1"}`), applied: some(space, `app/A/S {"space":"space/A","release":"1"}`),
			want: []string{"republish app/A/S (change) /release", "publish app/A/T (change)"}},
		{name: "inputs are not compared", desired: some(`theme/T {"name":"T","file":"new.zip"}`),
			live: live(`theme/T {"name":"T"}`), applied: some(`theme/T {"name":"T","file":"old.zip"}`), want: []string{}},
		{name: "it may exist where nothing could be read", desired: some(space, `group/G`),
			change: func(in *Input) { in.Covers = func(k Key) bool { return k.Kind != "space" } },
			want: []string{"create group/G (change)",
				"create space/A (change): it may exist already: what is there could not be read completely"}},
		{name: "what is in something new cannot exist", desired: some(space, `assignment/A/u {"space":"space/A"}`),
			change: func(in *Input) { in.Covers = func(k Key) bool { return k.Kind == "space" } },
			want:   []string{"create space/A (change)", "create assignment/A/u (change)"}},
	})
}

func TestReplace(t *testing.T) {
	shared, managed := `space/A {"type":"shared"}`, `space/A {"type":"managed"}`
	member := `assignment/A/u {"space":"space/A"}`
	app := `app/A/S {"space":"space/A"}`
	run(t, []rule{
		{name: "immutable", desired: some(managed), live: live(shared), applied: some(shared),
			want: []string{"replace space/A (change) /type"}},
		{name: "children that cascade are created again", desired: some(managed, member), live: live(shared, member), applied: some(shared, member),
			want: []string{"replace space/A (change) /type", "create assignment/A/u (change)"}},
		{name: "and what is in them", desired: some(managed, member, `widget/A/u/w {"assignment":"assignment/A/u"}`),
			live:    live(shared, member, `widget/A/u/w {"assignment":"assignment/A/u"}`),
			applied: some(shared, member, `widget/A/u/w {"assignment":"assignment/A/u"}`),
			want: []string{"replace space/A (change) /type", "create assignment/A/u (change)",
				"create widget/A/u/w (change)"}},
		{name: "children that cascade and are not declared go", desired: some(managed), live: live(shared, member), applied: some(shared, member),
			want: []string{"replace space/A (change) /type"}},
		{name: "children that do not cascade hold it", desired: some(managed, app), live: live(shared, app), applied: some(shared, app),
			want: []string{"replace space/A (change) /type: held by app/A/S, which would lose it"}},
		{name: "an unmanaged child holds it", desired: some(managed), live: live(shared, app), applied: some(shared),
			want: []string{"replace space/A (change) /type: held by app/A/S, which would lose it"}},
		{name: "a child that is deleted first does not", desired: some(managed), live: live(shared, app), applied: some(shared, app),
			want: []string{"delete app/A/S (change)", "replace space/A (change) /type"}},
		{name: "what is created later does not", desired: some(managed, app), live: live(shared), applied: some(shared),
			want: []string{"replace space/A (change) /type", "publish app/A/S (change)"}},
		{name: "what is not ours is not replaced", desired: some(managed), live: live(shared),
			want: []string{"replace space/A /type: to replace it would delete what qdeploy never applied"}},
	})
}

func TestAdopt(t *testing.T) {
	theirs, ours := `space/A {"description":"theirs"}`, `space/A {"description":"ours"}`
	refuse := some(ours)
	refuse[0].Adopt = Refuse
	needed := some(ours)
	needed[0].Needed = true
	run(t, []rule{
		{name: "as it is", desired: some(theirs), live: live(theirs), want: []string{"adopt space/A"}},
		{name: "and change", desired: some(ours), live: live(theirs), want: []string{"adopt space/A /description"}},
		{name: "refuse", desired: refuse, live: live(theirs),
			want: []string{"adopt space/A /description: exists in the tenant and is not managed by qdeploy"}},
		{name: "refuse what was applied", desired: refuse, live: live(theirs), applied: some(ours),
			want: []string{"update space/A (drift) /description"}},
		{name: "what a run that was cut short created is ours", desired: refuse, live: live(theirs),
			change: func(in *Input) { in.Owned = map[Key]bool{{"space", "A"}: true} },
			want:   []string{"update space/A /description"}},
		{name: "as it is after a run that was cut short", desired: some(ours), live: live(ours),
			change: func(in *Input) { in.Owned = map[Key]bool{{"space", "A"}: true} }, want: []string{}},
		{name: "what the engine needs is ours", desired: needed, live: live(theirs), want: []string{"update space/A /description"}},
		{name: "left by a run that was cut short and not declared", live: live(theirs),
			change: func(in *Input) { in.Owned = map[Key]bool{{"space", "A"}: true} }, want: []string{},
			notes: []string{"space/A may be left from a run that was cut short; it is not declared, and stays"}},
		{name: "without memory everything is adopted", desired: some(ours), live: live(theirs), applied: some(ours),
			change: func(in *Input) { in.Remembered = false }, want: []string{"adopt space/A /description"}},
	})
}

func TestBlocked(t *testing.T) {
	space, member := `space/A {"description":"x"}`, `assignment/A/u {"space":"space/A"}`
	why := func(in *Input) { in.Blocked = map[Key]string{{"space", "A"}: "no"} }
	twins := live(space, `space/A {"description":"y"}`)
	run(t, []rule{
		{name: "and what waits for it", desired: some(space, member), change: why,
			want: []string{"create space/A (change): no", "create assignment/A/u (change): waits for space/A, which is blocked"}},
		{name: "but there is nothing to do", desired: some(space), live: live(space), applied: some(space), change: why,
			want: []string{}, notes: []string{"space/A is as declared, but could not be changed: no"}},
		{name: "two of one name", desired: some(`space/A {"description":"z"}`), live: twins, applied: some(space),
			want: []string{"update space/A (change) /description: the tenant has 2 of this name: IDs id-000, id-001"}},
		{name: "two of one name to delete", live: twins, applied: some(space),
			want: []string{"delete space/A (change): the tenant has 2 of this name: IDs id-000, id-001"}},
	})
}

func TestNeeded(t *testing.T) {
	bot := res(`assignment/A/bot {"space":"space/A","roles":["publisher"]}`)
	bot.Needed = true
	app, space := `app/A/S {"space":"space/A","release":"2"}`, `space/A`
	old := `app/A/S {"space":"space/A","release":"1"}`
	run(t, []rule{
		{name: "before what it is needed for", desired: append(some(app, space), bot), live: live(space, old), applied: some(space, old),
			want: []string{"create assignment/A/bot", "republish app/A/S (change) /release"}},
		{name: "before what is deleted there", desired: append(some(space), bot), live: live(space, old), applied: some(space, old),
			want: []string{"create assignment/A/bot", "delete app/A/S (change)"}},
		{name: "after what it is in", desired: append(some(app, space), bot),
			want: []string{"create space/A (change)", "create assignment/A/bot", "publish app/A/S (change)"}},
		{name: "where no listing was read", desired: append(some(space), bot), live: live(space), applied: some(space),
			change: func(in *Input) { in.Covers = func(k Key) bool { return k.Kind == "space" } }, want: []string{"create assignment/A/bot"}},
		{name: "never pruned", desired: some(space), live: live(space, `assignment/A/bot {"space":"space/A"}`), applied: some(space),
			want: []string{}},
	})
}

func TestWhatIsSeenOnceTheEngineIsAMember(t *testing.T) {
	bot := res(`assignment/A/bot {"space":"space/A","roles":["publisher"]}`)
	bot.Needed = true
	app, space := `app/A/S {"space":"space/A","release":"2"}`, `space/A`
	old := `app/A/S {"space":"space/A","release":"1"}`
	refused := res(app)
	refused.Adopt = Refuse
	outside := func(in *Input) { in.Covers = func(k Key) bool { return k.Kind != "app" } }
	run(t, []rule{
		{name: "may be made or taken over", desired: append(some(app, space), bot), live: live(space), applied: some(space), change: outside,
			want: []string{"create assignment/A/bot", "publish app/A/S (change)"}},
		{name: "but not where taking over is refused", desired: append(some(space), bot, refused), live: live(space), applied: some(space), change: outside,
			want: []string{"create assignment/A/bot", "publish app/A/S (change): it may exist already: what is there is seen once qdeploy is a member"}},
		{name: "is not said to be gone", desired: append(some(app, space), bot), live: live(space), applied: some(space, app), change: outside,
			want: []string{"create assignment/A/bot"}, notes: []string{"app/A/S is taken to be as it was applied: it is seen again once qdeploy is a member there"}},
		{name: "may be changed", desired: append(some(app, space), bot), live: live(space), applied: some(space, old), change: outside,
			want: []string{"create assignment/A/bot", "publish app/A/S (change)"}},
		{name: "unless it cannot be seen for another reason", desired: append(some(app, space), bot), live: live(space), applied: some(space, app),
			change: func(in *Input) { outside(in); in.Blocked = map[Key]string{{"app", "A/S"}: "the list is cut short"} },
			want:   []string{"create assignment/A/bot", "publish app/A/S: the list is cut short"}},
	})
}

func TestSecrets(t *testing.T) {
	old, rotated := `hook/H {"url":"u","auth":{"user":"me","password":{"env":"ONE"}},"headers":[{"name":"k","value":"v1"}]}`,
		`hook/H {"url":"u","auth":{"user":"me","password":{"env":"TWO"}},"headers":[{"name":"k","value":"v1"}]}`
	there := `hook/H {"url":"u","auth":{"user":"me","password":{"held":true}},"headers":[{"name":"k","value":{"held":true}}]}`
	lost := `hook/H {"url":"u","auth":{"user":"me"},"headers":[{"name":"k","value":{"held":true}}]}`
	masked := `hook/H {"url":"u","auth":{"user":"me","password":"******"},"headers":[{"name":"k","value":"***"}]}`
	run(t, []rule{
		{name: "written once", desired: some(old), live: live(there), applied: some(old), want: []string{}},
		{name: "what Qlik answers says nothing", desired: some(old), live: live(masked), applied: some(old), want: []string{}},
		{name: "changed", desired: some(rotated), live: live(there), applied: some(old),
			want: []string{"update hook/H (change) /auth/password"}},
		{name: "nothing is remembered", desired: some(old), live: live(there),
			want: []string{"adopt hook/H /auth/password /headers/0/value"}},
		{name: "new", desired: some(old), want: []string{"create hook/H (change) /auth/password() /headers/0/value()"}},
		{name: "what is beside it is immutable", desired: some(strings.Replace(old, `"me"`, `"you"`, 1)), live: live(there), applied: some(old),
			want: []string{"replace hook/H (change) /auth/password() /auth/user /headers/0/value()"}},
		{name: "gone from the tenant", desired: some(old), live: live(lost), applied: some(old),
			want: []string{"update hook/H (drift) /auth/password"}},
		{name: "changed, and gone from the tenant", desired: some(rotated), live: live(lost), applied: some(old),
			want: []string{"update hook/H (change+drift) /auth/password"}},
		{name: "asked for", desired: some(old), live: live(there), applied: some(old),
			change: func(in *Input) { in.Rotate = func(k Key) bool { return k.Name == "H" } },
			want:   []string{"update hook/H /auth/password /headers/0/value"}},
	})
}

// TestSums shows that the hashes of values say whether a secret changed and, where
// there is none, that nobody can tell.
func TestSums(t *testing.T) {
	one, two := `hook/H {"auth":{"password":{"env":"ONE"}}}`, `hook/H {"auth":{"password":{"env":"TWO"}}}`
	there := live(`hook/H {"auth":{"password":{"held":true}}}`)
	sums := func(is, was Sum) func(*Input) {
		return func(in *Input) {
			in.Desired[0].Sums = map[string]Sum{"/auth/password": is}
			in.Applied[0].Sums = map[string]Sum{"/auth/password": was}
		}
	}
	cannot := func(why string) []string {
		return []string{"hook/H: cannot tell whether auth/password changed: " + why + "; --rotate hook/H writes it again"}
	}
	run(t, []rule{
		{name: "the same value", desired: some(one), live: there, applied: some(one), change: sums(Sum{Hash: "k:1"}, Sum{Hash: "k:1"}), want: []string{}},
		{name: "the same value from somewhere else", desired: some(two), live: there, applied: some(one), change: sums(Sum{Hash: "k:1"}, Sum{Hash: "k:1"}), want: []string{}},
		{name: "another value", desired: some(one), live: there, applied: some(one), change: sums(Sum{Hash: "k:2"}, Sum{Hash: "k:1"}),
			want: []string{"update hook/H (change) /auth/password"}},
		{name: "no hash", desired: some(one), live: there, applied: some(one), change: sums(Sum{Why: "no key"}, Sum{Hash: "k:1"}),
			want: []string{}, notes: cannot("no key")},
		{name: "no hash, and from somewhere else", desired: some(two), live: there, applied: some(one), change: sums(Sum{Why: "no key"}, Sum{Hash: "k:1"}),
			want: []string{"update hook/H (change) /auth/password"}},
		{name: "none was kept", desired: some(one), live: there, applied: some(one), change: sums(Sum{Hash: "k:1"}, Sum{}),
			want: []string{}, notes: cannot("no hash of it was kept when it was applied")},
		{name: "another key", desired: some(one), live: there, applied: some(one), change: sums(Sum{Hash: "k:1"}, Sum{Hash: "l:1"}),
			want: []string{}, notes: cannot("its hash was made with another key")},
		{name: "nobody asked", desired: some(one), live: there, applied: some(one), change: sums(Sum{}, Sum{}), want: []string{}},
	})
}

// TestHeld shows that a change says which secrets it does not write.
func TestHeld(t *testing.T) {
	spec := `hook/H {"auth":{"user":"me","password":{"env":"ONE"}},"headers":[{"value":{"env":"V"}}]}`
	in := input(some(spec), live(`hook/H {"auth":{"user":"me"},"headers":[{"value":{"held":true}}]}`), some(spec))
	require.JSONEq(t, `{"auth":{"user":"me","password":{"env":"ONE"}},"headers":[{"value":{"env":"V","held":true}}]}`,
		string(build(t, in).Changes[0].Desired.WithSecrets()))
	in.Live = nil
	require.JSONEq(t, spec[len("hook/H "):], string(build(t, in).Changes[0].Desired.WithSecrets()), "what is created has none")
}

func TestSetsThatMayHoldMore(t *testing.T) {
	run(t, []rule{
		{name: "more in the tenant", desired: some(`role/R {"scopes":["a"]}`), live: live(`role/R {"scopes":["b","a"]}`),
			applied: some(`role/R {"scopes":["a"]}`), want: []string{}},
		{name: "less in the tenant", desired: some(`role/R {"scopes":["a","b"]}`), live: live(`role/R {"scopes":["b"]}`),
			applied: some(`role/R {"scopes":["b","a"]}`), want: []string{"update role/R (drift) /scopes"}},
		{name: "no longer declared", desired: some(`role/R {"scopes":["a"]}`), live: live(`role/R {"scopes":["b","a"]}`),
			applied: some(`role/R {"scopes":["a","b"]}`), want: []string{},
			notes: []string{`role/R: "b" is no longer declared in scopes, which may hold more than is declared, so it stays`}},
	})
}

// TestIssued shows that a secret that Qlik makes is issued once, and again only when it
// is asked for, is gone, or is newly declared.
func TestIssued(t *testing.T) {
	one, bare := `client/C {"a":"b","to":{"file":"f"}}`, `client/C {"a":"b"}`
	elsewhere := `client/C {"a":"b","to":{"file":"g"}}`
	has := `client/C {"a":"b","to":{"held":true}}`
	again := func(in *Input) { in.Rotate = all }
	run(t, []rule{
		{name: "new", desired: some(one), want: []string{"create client/C (change) /to()"}},
		{name: "there", desired: some(one), live: live(has), applied: some(one), want: []string{}},
		{name: "to be put elsewhere", desired: some(elsewhere), live: live(has), applied: some(one), want: []string{}},
		{name: "asked for", desired: some(one), live: live(has), applied: some(one), change: again, want: []string{"update client/C /to"}},
		{name: "gone", desired: some(one), live: live(bare), applied: some(one), want: []string{"update client/C (drift) /to"}},
		{name: "newly declared", desired: some(one), live: live(has), applied: some(bare), want: []string{"update client/C (change) /to"}},
		{name: "adopted", desired: some(one), live: live(has), want: []string{"adopt client/C"},
			notes: []string{"client/C: the secret that it has is not known; --rotate client/C issues another"}},
		{name: "adopted, and asked for", desired: some(one), live: live(has), change: again, want: []string{"adopt client/C /to"}},
	})
}
