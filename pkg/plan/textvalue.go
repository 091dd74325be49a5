package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

const longest = 160 // runes of one value that are printed; JSON output has it all

// value prints JSON on one line.
func value(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "(none)"
	}
	return cut([]rune(plain(string(raw))), 0, longest)
}

// cut returns at most most runes of r, from one on, and says what is left out.
func cut(r []rune, from, most int) string {
	out := ""
	if from > 0 {
		out = fmt.Sprintf("(%s characters) … ", count(from))
	}
	if n := len(r) - from - most; n > 0 {
		return out + string(r[from:from+most]) + fmt.Sprintf(" … (%s more characters)", count(n))
	}
	return out + string(r[from:])
}

const (
	excerpt = 56 // runes of each of two long values
	before  = 16 // of them, before the first difference
)

// excerpts returns both values of a field, cut where they begin to differ, so
// that two long ones never look the same.
func excerpts(f Field) (live, desired string) {
	if len(f.Live) == 0 || len(f.Desired) == 0 {
		return value(f.Live), value(f.Desired)
	}
	l, d := []rune(plain(string(f.Live))), []rune(plain(string(f.Desired)))
	same := 0
	for same < min(len(l), len(d)) && l[same] == d[same] {
		same++
	}
	from := 0
	if same > before && max(len(l), len(d)) > excerpt {
		from = same - before
	}
	return cut(l, from, excerpt), cut(d, from, excerpt)
}

// setDiff shows what comes into a set and what goes; "" if a field is no set.
func setDiff(f Field, t Traits) string {
	include := matchesAny(t.Include, f.Path)
	if !include && !matchesAny(t.Set, f.Path) {
		return ""
	}
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
		if !include && !slices.Contains(want, e) {
			parts = append(parts, "-"+plain(e))
		}
	}
	return strings.Join(parts, " ")
}
