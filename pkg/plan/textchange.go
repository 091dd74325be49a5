package plan

import (
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
	Delete:    {"-", red, "delete"},
}

const indent = "        "

// change prints one change: what happens to what, then what it will be or what
// becomes of which field, then why.
func (t *text) change(c Change) {
	m := marks[c.Action]
	head := "  " + m.symbol + strings.Repeat(" ", 4-len(m.symbol))
	if !c.From.IsZero() {
		head += quietKey(c.From) + " → "
	}
	head += quietKey(c.Key)
	tail := ""
	if m.remark != "" {
		tail = "  " + m.remark
	}
	if c.Action == Adopted {
		if tail += ", it exists already"; len(c.Fields) == 0 {
			tail += ", as declared"
		}
	}
	width := utf8.RuneCountInString(head + tail)
	head = t.paint(m.style, head) + tail + t.cause(c.Cause)
	told := t.told(c)
	if one := strings.Join(told, ", "); c.Action == Create && width+2+utf8.RuneCountInString(one) <= wide {
		t.line("%s", strings.TrimRight(head+"  "+one, " "))
		told = nil
	} else {
		t.line("%s", head)
	}
	if c.Live != nil || c.Desired == nil || c.Action != Create && c.Action != Publish {
		t.fields(c)
	}
	for _, s := range told {
		t.line(indent+"%s", s)
	}
	t.why(c)
}

// cause is told where it is not what the reader takes for granted.
func (t *text) cause(c Cause) string {
	if c != Drift && c != Both {
		return ""
	}
	return "  " + t.paint(magenta, "("+string(c)+")")
}

func (t *text) fields(c Change) {
	traits := t.traits(c)
	for _, f := range c.Fields {
		cause := ""
		if f.Cause != c.Cause { // else the line above says it
			cause = t.cause(f.Cause)
			if f.Cause == Changed {
				cause = "  (change)"
			}
		}
		name := plain(strings.TrimPrefix(f.Path, "/"))
		switch old, desired := value(f.Live), value(f.Desired); {
		case f.Hidden:
			t.line(indent+"%s: (secret) is %s%s", name, t.written(c, f), cause)
		case setDiff(f, traits) != "":
			t.line(indent+"%s: %s%s", name, setDiff(f, traits), cause)
		case utf8.RuneCountInString(indent+name+old+desired+cause)+5 <= wide:
			t.line(indent+"%s: %s → %s%s", name, old, desired, cause)
		default:
			t.line(indent+"%s:%s", name, cause)
			for _, s := range longDiff(f) {
				t.line(indent+"    %s", s)
			}
		}
	}
}

// traits returns those of what a change is about.
func (t *text) traits(c Change) Traits {
	traits := t.o.Traits[c.Key.Kind]
	if c.Desired == nil {
		return traits
	}
	spec, err := decode(c.Desired.Spec)
	if err != nil {
		return traits
	}
	return traits.of(spec)
}

// written says what becomes of a secret: it is written or, where Qlik makes it, put
// where the spec says.
func (t *text) written(c Change, f Field) string {
	spec, err := decode(c.Desired.Spec)
	if err != nil || !matchesAny(t.o.Traits[c.Key.Kind].Issued, f.Path) {
		return "written"
	}
	to, _ := lookup(spec, f.Path)
	return "issued: " + value(encode(to))
}

// told lists what the key does not say already of a resource that is created,
// and the inputs of one whose content is sent again.
func (t *text) told(c Change) []string {
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
		if empty(spec[k]) || said(p, spec[k], c.Key, traits) || isDigest(spec[k]) || matchesAny(traits.Secret, p) || matchesAny(traits.Issued, p) {
			continue
		}
		switch c.Action {
		case Create, Publish:
			if matchesAny(traits.Renewal, p) {
				continue
			}
		case Republish, Replace:
			if !matchesAny(traits.Input, p) {
				continue
			}
		default:
			continue
		}
		out = append(out, plain(k)+": "+value(encode(spec[k])))
	}
	if c.Action == Create || c.Action == Publish {
		for _, f := range c.Fields {
			name := plain(strings.TrimPrefix(f.Path, "/")) + ": (secret)"
			if matchesAny(traits.Issued, f.Path) {
				name += " is " + t.written(c, f)
			}
			out = append(out, name)
		}
	}
	return out
}

// said reports whether a field only repeats what the key says: the name, or what
// the resource lives in or is about.
func said(path string, v any, k Key, t Traits) bool {
	s, ok := v.(string)
	if !ok {
		return false
	}
	if path == "/name" {
		return s == k.Name || strings.HasSuffix(k.Name, "/"+s)
	}
	if strings.HasSuffix(k.Name, "/"+s) && matchesAny(t.Immutable, path) {
		return true
	}
	_, ref, _ := strings.Cut(s, "/")
	isRef := slices.ContainsFunc(t.Refs, func(r Ref) bool { return r.Path == path })
	return isRef && (strings.HasPrefix(k.Name, ref+"/") || strings.HasSuffix(k.Name, ":"+ref))
}

// isDigest reports whether v tells people nothing: the digest of a file.
func isDigest(v any) bool {
	s, ok := v.(string)
	return ok && strings.HasPrefix(s, "sha256:")
}

func (t *text) why(c Change) {
	if c.Reason != "" && !(c.Action == Adopted && c.Reason == foreign) { // adopt says so
		t.line(indent+"because: %s", plain(c.Reason))
	}
	if c.Blocked != "" {
		t.line(indent+"%s %s", t.paint(red, "blocked:"), plain(c.Blocked))
	}
	if c.Hint != "" {
		t.line(indent+"hint: %s", plain(c.Hint))
	}
}
