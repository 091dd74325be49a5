package appdiff

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// fieldsBody shows fields one below the other. What says again that the thing was renamed is left out, and
// so is what says the same as the field before: the engine keeps some texts twice.
func fieldsBody(fields []Field, oldTitle, title string, w *work) []bodyLine {
	var body []bodyLine
	type said struct{ label, old, new string }
	seen := map[said]bool{}
	for _, f := range fields {
		old, isOld := valueText(f.Old, f.OldText)
		new, isNew := valueText(f.New, f.NewText)
		if oldTitle != "" && old == oldTitle && new == title {
			continue
		}
		label := f.Label
		if label == "" {
			label = f.Path
		}
		if now := (said{label, old, new}); f.Label == "" || !seen[now] {
			seen[now] = true
			body = append(body, fieldBody(label, old, new, isOld, isNew, w)...)
		}
	}
	return body
}

// valueText is a value as people read it; ok is false if there is none.
func valueText(v json.RawMessage, words string) (text string, ok bool) {
	if words != "" {
		return words, true
	}
	if len(v) == 0 {
		return "", false
	}
	var s string
	if v[0] == '"' && json.Unmarshal(v, &s) == nil {
		return s, true
	}
	return string(v), true
}

// brief is how long two values on one line are at most.
const brief = 60

func fieldBody(label, old, new string, isOld, isNew bool, w *work) []bodyLine {
	short := utf8.RuneCountInString(old)+utf8.RuneCountInString(new) <= brief && !strings.Contains(old+new, "\n")
	switch {
	case !isOld && !isNew:
		return []bodyLine{{'!', label + ": other bytes, same text"}}
	case isOld != isNew && strings.HasSuffix(label, " "+old+new):
		return []bodyLine{{'!', label + ": " + string(came(isNew))}}
	case short && !(isOld && isNew && isExpression(label)):
		if old = quoted(old); !isOld {
			old = "none"
		}
		if new = quoted(new); !isNew {
			new = "none"
		}
		return []bodyLine{{'!', label + ": " + old + " → " + new}}
	}
	body := []bodyLine{{'#', label}}
	switch {
	case !isOld:
		return append(body, textBody('+', new)...)
	case !isNew:
		return append(body, textBody('-', old)...)
	case strings.Contains(old, "\n") && strings.Contains(new, "\n"):
		hunks, ok := unified(ended(old), ended(new), w)
		if !ok {
			return append(body, bodyLine{'!', "too different: " + plural(len(lines(old)), "line") + " → " + plural(len(lines(new)), "line")})
		}
		for _, h := range hunks {
			lines := hunkBody(h)
			if len(hunks) == 1 {
				lines = lines[1:] // the label says where
			}
			body = append(body, lines...)
		}
		if len(hunks) > 0 {
			return body
		}
	}
	if !strings.Contains(old, "\n") && !strings.Contains(new, "\n") {
		old, new = focused(old, new)
	}
	return append(append(body, textBody('-', old)...), textBody('+', new)...)
}

// around is how much of what two long lines share is shown on either side of what they do not.
const around = 60

// focused leaves out most of what two lines share at their begin and end, if that is much.
func focused(old, new string) (string, string) {
	a, b := []rune(old), []rune(new)
	head := 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	show := func(r []rune) string {
		from, to := head-around, len(r)-tail+around
		s := ""
		if from > around {
			s, r, to = "…", r[from:], to-from
		}
		if to < len(r)-around {
			return s + string(r[:to]) + "…"
		}
		return s + string(r)
	}
	return show(a), show(b)
}

func came(is bool) Action {
	if is {
		return Added
	}
	return Removed
}

// isExpression says whether the text of a label deserves a line of its own before and after.
func isExpression(label string) bool {
	return strings.HasSuffix(label, "expression") || strings.HasSuffix(label, "condition") || label == "definition" || strings.HasSuffix(label, "field")
}

// ended is a text with LF at the end of each of its lines.
func ended(s string) string {
	return strings.TrimSuffix(strings.ReplaceAll(s, "\r\n", "\n"), "\n") + "\n"
}

// quoted shows that there is nothing, or a text that looks like nothing.
func quoted(s string) string {
	if strings.TrimSpace(s) == s && s != "" {
		return s
	}
	return `"` + s + `"`
}

// textBody is a text of which all lines came or went.
func textBody(kind byte, text string) []bodyLine {
	var body []bodyLine
	for _, line := range lines(text) {
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		body = append(body, bodyLine{kind, line})
	}
	if body == nil {
		body = []bodyLine{{kind, `""`}}
	}
	return body
}
