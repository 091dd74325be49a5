package estate

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// spread writes a mapping in braces as lines, with more in it. A comment after it stays in
// its line, before the new ones.
func (y *yamlText) spread(m, more *yaml.Node) error {
	line := []rune(y.lines[m.Line-1]) // columns are runes
	if m.Column-1 > len(line) {
		return errors.New("it is not where it seems to be")
	}
	before := string(line[:m.Column-1])
	from := y.starts[m.Line-1] + len(before)
	to := endOfBraces(y.text, from)
	if to < 0 {
		return errors.New("it has no end")
	}
	if err := together(m, more); err != nil {
		return err
	}
	m.HeadComment, m.LineComment, m.FootComment = "", "", "" // they stay where they are
	comment, _, _ := strings.Cut(string(y.text[to:]), "\n")
	comment = strings.TrimRight(comment, " \r")
	indent, key := m.Column-1, strings.TrimLeft(before, " -")
	if key != "" {
		indent = len(before) - len(key) + 2
	}
	block, err := y.block(m, indent)
	if err != nil {
		return err
	}
	block = strings.TrimSuffix(block, y.eol)
	if key == "" && comment == "" { // an entry of a list, or the whole file
		y.edits = append(y.edits, edit{from, to, strings.TrimLeft(block, " ")})
		return nil
	}
	from -= len(before) - len(strings.TrimRight(before, " "))
	y.edits = append(y.edits, edit{from, to, ""}, edit{to + len(comment), to + len(comment), y.eol + block})
	return nil
}

// together adds the fields of a mapping to one in braces, which is in lines then.
func together(m, more *yaml.Node) error {
	if m.Kind != yaml.MappingNode {
		return errors.New("it is no mapping")
	}
	m.Style &^= yaml.FlowStyle
	for i := 0; i+1 < len(more.Content); i += 2 {
		k, v := more.Content[i], more.Content[i+1]
		if old := yamlField(m, k.Value); old == nil {
			m.Content = append(m.Content, k, v)
		} else if err := together(old, v); err != nil {
			return fmt.Errorf("%s: %w", k.Value, err)
		}
	}
	return nil
}

// endOfBraces is where what begins with a brace ends; -1 if it does not.
func endOfBraces(text []byte, from int) int {
	depth := 0
	before := byte('{') // the last that is no space
	for i := from; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '#' && (i == 0 || strings.IndexByte(" \t\n", text[i-1]) >= 0):
			end := bytes.IndexByte(text[i:], '\n')
			if end < 0 {
				return -1
			}
			i += end
			continue
		case (c == '"' || c == '\'') && strings.IndexByte("{[,:", before) >= 0:
			if i = endOfQuotes(text, i); i < 0 {
				return -1
			}
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		if strings.IndexByte(" \t\r\n", c) < 0 {
			before = c
		}
	}
	return -1
}

// endOfQuotes is where a text in quotes has its last one; -1 if it has none.
func endOfQuotes(text []byte, from int) int {
	for i := from + 1; i < len(text); i++ {
		switch {
		case text[from] == '"' && text[i] == '\\':
			i++
		case text[i] == text[from] && text[from] == '\'' && i+1 < len(text) && text[i+1] == '\'':
			i++
		case text[i] == text[from]:
			return i
		}
	}
	return -1
}
