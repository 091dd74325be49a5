package plan

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// evil is what people and programs may have put into names, values and errors.
var evil = []string{
	"@jo", "#12", "GH-12", "acme/estate#1", "![x](https://evil.example/x.png)", "[here](https://evil.example)",
	"<!-- qdeploy {\"v\":1} -->", "</details>", "</summary><img src=x onerror=alert(1)>", "<details open>", "</code></pre>@jo",
	"```", "````diff", "`", "``", "`@jo`", "a`b``c```d", "\\`@jo", "| a | b |", "a|b\\|c", "\\", "https://evil.example/", "www.evil.example",
	"jo@evil.example", "**bold**", "__b__", "~~s~~", "&lt;img&gt;", "&#64;jo", "$x$", ":boom:", "1. one", "1) one", "12.", "- one", "+ one", "# head",
	"> quote", "    code", "[x]: https://evil.example", "[^1]", "x\n\n</details>\n\n@jo #12\n", "\r\n```\n@jo", "\u202e@jo", "\x1b[31m", "bad\xff",
	strings.Repeat("日本", 300), strings.Repeat("`", 700), strings.Repeat("@jo ", 400), strings.Repeat("<b>&", 300), "", " ", "\t", "~~~", "---", "===",
	"deadbeefdeadbeef", "{{name}}", "plain words, and more: really.", "I'm", "(no)", strings.Repeat("word ", 300), "Ünï", "a\u0301\u0301", "::add-mask::x",
}

// hostile draws texts and fleets that are full of them.
type hostile struct{ *rand.Rand }

func (h hostile) word() string {
	s := evil[h.IntN(len(evil))]
	for h.IntN(3) == 0 {
		s += []string{"", " ", "/", "`", "\n"}[h.IntN(5)] + evil[h.IntN(len(evil))]
	}
	return s
}

func (h hostile) words(most int) []string {
	out := make([]string, h.IntN(most+1))
	for i := range out {
		out[i] = h.word()
	}
	return out
}

func (h hostile) value() json.RawMessage {
	b, err := json.Marshal(map[string]string{h.word(): h.word(), "name": h.word()})
	if err != nil {
		panic(err)
	}
	return b
}

func (h hostile) change() Change {
	c := Change{
		Action: Actions[h.IntN(len(Actions))], Key: Key{"space", h.word()}, Cause: []Cause{Changed, Drift, Both, Unknown}[h.IntN(4)],
		Desired: &Resource{Spec: h.value()}, Writes: h.IntN(3),
	}
	if h.IntN(2) == 0 {
		c.Reason, c.Hint = h.word(), h.word()
	}
	if h.IntN(8) == 0 {
		c.Blocked = "b" + h.word()
	}
	if c.Action == Move {
		c.From = Key{"space", h.word()}
	}
	for range h.IntN(4) {
		c.Fields = append(c.Fields, Field{Path: "/" + h.word(), Live: h.value(), Desired: h.value(), Cause: Drift})
	}
	return c
}

func (h hostile) fleet(tenants, changes int) *Fleet {
	regions := h.words(40)
	var plans []*Plan
	for i := range tenants {
		p := &Plan{Tenant: Tenant{Name: fmt.Sprint(h.word(), i)}, Notes: h.words(2), Unmanaged: map[Kind][]string{"space": h.words(3), Kind(h.word()): {"x"}}}
		if len(regions) > 0 {
			p.Tenant.Region = regions[h.IntN(len(regions))]
		}
		switch h.IntN(6) {
		case 0:
			p.Error = h.word() + "!"
		case 1:
		case 2:
			if i > 0 { // one of a class, perhaps
				p.Changes = plans[i-1].Changes
			}
		default:
			for range h.IntN(changes + 1) {
				p.Changes = append(p.Changes, h.change())
			}
		}
		plans = append(plans, p)
	}
	f := NewFleet(h.word(), []string{"all", "changed", "none"}[h.IntN(3)], plans)
	f.Refused = h.words(2)
	return f
}

func (h hostile) options() MarkdownOptions {
	o := MarkdownOptions{
		Traits: kinds, Title: h.word(), Banners: h.words(5), State: h.word(), Base: h.word(), Head: h.word(), Link: h.word(), Rest: h.word(),
		Lints: h.words(30), Reads: h.IntN(1e6), Duration: time.Duration(h.Int64N(1e15)), Cost: h.words(6), Merge: h.words(8), Next: h.words(5),
	}
	for range h.IntN(4) {
		body := fence("", strings.Repeat("a line of the script\n", h.IntN(400)))
		o.Apps = append(o.Apps, AppSection{Title: h.word(), Summary: h.word(), Body: func(budget int) string {
			if budget > 0 && len(body) > budget && budget%2 == 0 { // others are longer than asked for
				return fence("", "cut\n")
			}
			return body
		}})
	}
	return o
}

// fits checks what holds for every fleet, option and budget.
func fits(t *testing.T, f *Fleet, o MarkdownOptions) (string, []string) {
	t.Helper()
	out, cut := f.Markdown(o)
	if o.Budget > 0 {
		require.LessOrEqual(t, len(out), max(o.Budget, SmallestBudget))
	}
	require.NoError(t, sound(out), out)
	require.Equal(t, len(cut) > 0, strings.Contains(out, "\nCut to fit: "))
	if o.Budget == 0 {
		require.Empty(t, cut)
	}
	if n := len(f.Failed()); n > 0 {
		require.Contains(t, out, plural(n, "tenant")+" could not be planned:**")
	}
	if lost := (&text{}).lost(f); lost != "" {
		require.Contains(t, out, "> - "+lost+"\n")
		require.True(t, strings.HasPrefix(out, "> [!CAUTION]\n"))
	}
	if counts, _ := f.Counts(); !f.Empty() {
		require.Contains(t, out, ": "+CountText(counts))
		require.Contains(t, out, "| tenants | that change |")
	}
	again, _ := f.Markdown(o)
	require.Equal(t, out, again)
	return out, cut
}

func TestMarkdownKeepsToItsBudget(t *testing.T) {
	cuts := map[string]int{}
	for seed := range uint64(12) {
		h := hostile{rand.New(rand.NewPCG(seed, 7))}
		f, o := h.fleet([]int{1, 2, 8, 60}[seed%4], []int{1, 6, 60}[seed%3]), h.options()
		for _, o.Budget = range []int{0, 1, SmallestBudget, 4500, 6000, 9000, 16000, 17000, 30000, 60000, 1 << 20} {
			_, cut := fits(t, f, o)
			for _, c := range cut {
				words := strings.Fields(strings.TrimLeft(c, "0123456789, of"))
				cuts[words[0]]++
			}
		}
	}
	for _, what := range []string{"classes", "changes", "apps", "lints", "notes", "what", "counts", "regions", "banners", "reasons", "lines"} {
		require.NotZero(t, cuts[what], what)
	}
}

func TestProse(t *testing.T) {
	for in, want := range map[string]string{
		"":                                      "",
		"plain words, and more: really.":        "plain words, and more: really.",
		"raise guards.deletes if all are meant": "raise `guards.deletes` if all are meant",
		"ask @jo about #12.":                    "ask `@jo` about `#12`.",
		"GH-12 and acme/estate#1":               "`GH-12` and `acme/estate#1`",
		"see https://evil.example/ now":         "see `https://evil.example/` now",
		"a `tick` b":                            "a `` `tick` `` b",
		"<img src=x> **b**":                     "`<img src=x> **b**`",
		"1. one":                                "`1`. one",
		"12 of 1,000 (3.5%), I'm re-reading":    "12 of 1,000 (3.5%), I'm re-reading",
		"<!-- x -->":                            "`<! --` x `-->`",
		"deadbeef, defaced":                     "`deadbeef, defaced`",
		"a\n\nb":                                `a\u000a\u000ab`,
		"\u202e x":                              "`\\u202e` x",
		"... ok":                                "`...` ok",
	} {
		if strings.HasPrefix(want, `a\u`) {
			want = "`" + want + "`"
		}
		require.Equal(t, want, prose(in, 1000, codeSpan), in)
		for most := 3; most < 60; most++ {
			require.LessOrEqual(t, len(prose(in, most, codeSpan)), most+len(" …"), "%q in %d", in, most)
		}
	}
	require.Equal(t, "`a\\|b`", prose("a|b", 100, codeCell))
	require.Equal(t, "<code>&lt;b&gt;</code> x", prose("<b> x", 100, codeTag))
	require.Equal(t, "[run](<https://x.example/a?b=1&c=2>)", link("run", "https://x.example/a?b=1&c=2"))
	for _, bad := range []string{"", "javascript:alert(1)", "https://x/<b>", "https://x/)", "https://u:p@x/", "//x/", "https://x/" + strings.Repeat("a", 300)} {
		require.NotContains(t, link("run", bad), "](<"+bad+">", bad)
	}
}

func FuzzMarkdown(f *testing.F) {
	for i, s := range evil {
		f.Add(uint64(i), s, s, 4096+i*400)
	}
	f.Fuzz(func(t *testing.T, seed uint64, name, value string, budget int) {
		h := hostile{rand.New(rand.NewPCG(seed, 9))}
		fl, o := h.fleet(4, 6), h.options()
		for _, p := range fl.Plans {
			p.Tenant.Name += name
			for i := range p.Changes {
				p.Changes[i].Key.Name, p.Changes[i].Reason = name, value
			}
		}
		o.Title, o.State, o.Lints = name, value, append(o.Lints, name, value)
		o.Budget = max(budget, 0) % (1 << 20)
		fits(t, NewFleet(name, "all", fl.Plans), o)
	})
}
