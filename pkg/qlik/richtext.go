package qlik

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
)

// paragraph is a block of rich text, as far as plain text has such.
type paragraph struct {
	Type     string `json:"type"`
	Children []run  `json:"children"`
}

type run struct {
	Text string `json:"text"`
}

// richText returns a text as Qlik keeps rich text: a JSON array of blocks, in a string. Each
// line is a paragraph; what is such an array already stays as it is.
//
// https://qlik.dev/apis/rest/glossaries
func richText(s string) (string, error) {
	var blocks []map[string]any
	if strings.HasPrefix(s, "[") && json.Unmarshal([]byte(s), &blocks) == nil && len(blocks) > 0 {
		return s, nil
	}
	out := []paragraph{}
	for line := range strings.SplitSeq(s, "\n") {
		out = append(out, paragraph{"paragraph", []run{{line}}})
	}
	b, err := encoded(out)
	return string(b), err
}

// needlesslyRich says what is wrong with rich text that is read back as plain text, "" if
// nothing: it would differ for ever.
func needlesslyRich(field string, text *string) string {
	if text == nil || plainText(*text) == *text {
		return ""
	}
	return field + " is written as rich text, and is plain: write it as lines"
}

// plainText returns rich text as the estate has it: lines, if it is nothing but paragraphs of
// text, and as it is otherwise. A text that [richText] would take for something else is none.
func plainText(s string) string {
	var blocks []paragraph
	d := json.NewDecoder(bytes.NewReader([]byte(s)))
	d.DisallowUnknownFields()
	if d.Decode(&blocks) != nil || len(blocks) == 0 {
		return s
	}
	if _, err := d.Token(); err != io.EOF {
		return s
	}
	lines := []string{}
	for _, p := range blocks {
		line := ""
		for _, r := range p.Children {
			line += r.Text
		}
		if p.Type != "paragraph" || strings.Contains(line, "\n") {
			return s
		}
		lines = append(lines, line)
	}
	text := strings.Join(lines, "\n")
	if again, err := richText(text); err != nil || again == text {
		return s
	}
	return text
}
