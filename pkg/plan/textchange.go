package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// marks are the symbol, colour and remark of each action. A republish keeps the
// app's ID and a replacement loses it, so they must not look alike.
var marks = map[Action]struct {
	symbol string
	style  style
	remark string
}{
	Create:    {"+", green, ""},
	Publish:   {"+", green, "publish"},
	Adopted:   {"=", cyan, "adopt"},
	Update:    {"~", yellow, ""},
	Republish: {"^", blue, "republish, ID kept"},
	Move:      {">", yellow, "move, ID kept"},
	Replace:   {"-/+", red, "replace, ID lost"},
	Delete:    {"-", red, ""},
}

const wide = 100 // columns; a created resource that fits is printed on one line

func (t *text) change(c Change) {
	m := marks[c.Action]
	name := c.Key.String()
	if !c.From.IsZero() {
		name = c.From.String() + " → " + c.Key.String()
	}
	head := fmt.Sprintf("  %-3s %s", m.symbol, plain(name))
	head = t.paint(m.style, head)
	if m.remark != "" {
		head += "  " + m.remark
	}
	if c.Cause == Drift || c.Cause == Both {
		head += "  " + t.paint(magenta, "("+string(c.Cause)+")")
	}
	if c.Action == Create {
		t.created(head, c)
	} else {
		t.line("%s", head)
		t.fields(c)
	}
	t.why(c)
}

// created prints what a resource will be, on its own line if it is short.
func (t *text) created(head string, c Change) {
	told := t.told(c, false)
	one := strings.Join(told, ", ")
	if utf8.RuneCountInString(head)+utf8.RuneCountInString(one)+2 <= wide {
		t.line("%s", strings.TrimRight(head+"  "+one, " "))
		return
	}
	t.line("%s", head)
	for _, s := range told {
		t.line("        %s", s)
	}
}

func (t *text) fields(c Change) {
	for _, f := range c.Fields {
		cause := ""
		if f.Cause == Drift || f.Cause == Both {
			cause = "  " + t.paint(magenta, "("+string(f.Cause)+")")
		}
		t.line("        %s: %s%s", plain(strings.TrimPrefix(f.Path, "/")), t.values(c.Key.Kind, f), cause)
	}
	if c.Action == Publish || c.Action == Republish || c.Action == Replace {
		for _, s := range t.told(c, c.Action != Publish) {
			t.line("        %s", s)
		}
	}
}

// values shows what a field is and what it will be; of a set, what comes and goes.
func (t *text) values(k Kind, f Field) string {
	if f.Hidden {
		return "(secret) changed"
	}
	traits := t.o.Traits[k]
	if matchesAny(traits.Set, f.Path) || matchesAny(traits.Include, f.Path) {
		if s := setDiff(f); s != "" {
			return s
		}
	}
	return value(f.Live) + " → " + value(f.Desired)
}

func setDiff(f Field) string {
	l, lerr := decodeAny(f.Live)
	d, derr := decodeAny(f.Desired)
	live, _ := l.([]any)
	desired, ok := d.([]any)
	if lerr != nil || derr != nil || !ok {
		return ""
	}
	var parts []string
	have, want := elements(live), elements(desired)
	for _, e := range want {
		if !slices.Contains(have, e) {
			parts = append(parts, "+"+plain(e))
		}
	}
	for _, e := range have {
		if !slices.Contains(want, e) {
			parts = append(parts, "-"+plain(e))
		}
	}
	return strings.Join(parts, " ")
}

// told lists the fields of a desired resource that its key does not say already;
// only the inputs, if asked.
func (t *text) told(c Change, inputs bool) []string {
	if c.Desired == nil {
		return nil
	}
	spec, err := decode(c.Desired.Spec)
	if err != nil {
		return nil
	}
	traits := t.o.Traits[c.Key.Kind]
	var out []string
	for _, k := range slices.Sorted(maps.Keys(spec)) {
		p := join("", k)
		input := matchesAny(traits.Input, p)
		if said(spec[k], c.Key) || blank(spec[k]) || inputs && !input || k == "digest" {
			continue
		}
		if matchesAny(traits.Secret, p) {
			out = append(out, k+": (secret)")
			continue
		}
		out = append(out, k+": "+value(encode(spec[k])))
	}
	return out
}

// said reports whether a value only repeats what the key says: the name, the
// parent, or the last part of the name.
func said(v any, k Key) bool {
	s, ok := v.(string)
	if !ok {
		return false
	}
	if _, ref, ok := strings.Cut(s, "/"); ok && (strings.HasPrefix(k.Name, ref+"/") || strings.HasSuffix(k.Name, ":"+ref)) {
		return true
	}
	return s == k.Name || strings.HasSuffix(k.Name, "/"+s)
}

func (t *text) why(c Change) {
	if c.Reason != "" {
		t.line("        because: %s", plain(c.Reason))
	}
	if c.Blocked != "" {
		t.line("        %s %s", t.paint(red, "blocked:"), plain(c.Blocked))
	}
	if c.Hint != "" {
		t.line("        hint: %s", plain(c.Hint))
	}
}

const longest = 160 // runes of one value that are printed; JSON output has it all

// value prints JSON on one line.
func value(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "(none)"
	}
	s := plain(string(raw))
	if n := utf8.RuneCountInString(s); n > longest {
		r := []rune(s)
		return fmt.Sprintf("%s… (%d more characters)", string(r[:longest]), n-longest)
	}
	return s
}
