package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/schema"
)

// generated stands above each page, so that nobody edits it.
const generated = "<!-- Written by qdeploy kinds --docs docs/kinds: edit schema/*.cue instead. -->\n\n"

// writeKindPages writes a page for each kind and one with them all.
func writeKindPages(dir string, rows []kindRow) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, text := range kindPages(rows) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// kindPages returns the pages by file name.
func kindPages(rows []kindRow) map[string]string {
	pages := map[string]string{"README.md": kindIndex(rows)}
	for _, r := range rows {
		pages[string(r.Kind)+".md"] = kindPage(r, schema.PageOf(r.Kind))
	}
	return pages
}

func kindIndex(rows []kindRow) string {
	var b strings.Builder
	b.WriteString(generated + "# Kinds\n\nWhat an estate can hold. `qdeploy kinds` prints the calls of each, with their rate limits.\n\n")
	b.WriteString("| Kind | What it is | Key | Fixed at creation | Secret |\n| --- | --- | --- | --- | --- |\n")
	for _, r := range rows {
		what, _, _ := strings.Cut(schema.PageOf(r.Kind).Doc, ". ")
		what = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(what, "is "), "are "), ".")
		fmt.Fprintf(&b, "| [%s](%[1]s.md) | %s | `%s` | %s | %s |\n", r.Kind, cell(what), r.Key, codes(r.Immutable), codes(r.Secret))
	}
	return b.String()
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func codes(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return "`" + strings.Join(words, "`, `") + "`"
}

func kindPage(r kindRow, p schema.Page) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s# %s\n\n`%s` %s\n\n", generated, r.Kind, r.Kind, p.Doc)
	fmt.Fprintf(&b, "Its key is `%s`.", r.Key)
	for _, link := range p.Links {
		fmt.Fprintf(&b, " Qlik's reference: <%s>.", link)
	}
	if r.Declared {
		b.WriteString("\n\nIn a tenant or a template:\n")
	} else {
		b.WriteString("\n\nNobody writes it as such; it follows from something else. A plan shows it as:\n")
	}
	fmt.Fprintf(&b, "\n```cue\n%s```\n\n## Fields\n\n", p.Example)
	for _, e := range p.Fields {
		fmt.Fprintf(&b, "- `%s` %s\n  %s\n", e.Name, e.Doc, entryNotes(e))
	}
	b.WriteString("\n## Calls\n\n| Call | Rate limit |\n| --- | --- |\n")
	for _, c := range r.Calls {
		limit := "tier " + c.Tier
		if strings.Contains(c.Tier, "/") {
			limit = c.Tier
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", c.String(), limit)
	}
	return b.String()
}

// entryNotes says of a field what its type, its default and its marks are.
func entryNotes(e schema.Entry) string {
	notes := []string{"`` " + e.Type + " ``"}
	if !strings.Contains(e.Type, "`") {
		notes[0] = "`" + e.Type + "`"
	}
	computed := false
	for _, m := range e.Marks {
		computed = computed || markNote(m) == "computed"
	}
	switch {
	case e.Default != "":
		notes = append(notes, "`"+e.Default+"` if not written")
	case computed, slices.Contains(e.Marks, "shaped"):
	case e.Optional:
		notes = append(notes, "not managed if not written")
	default:
		notes = append(notes, "required")
	}
	for _, m := range e.Marks {
		if s := markNote(m); s != "" {
			notes = append(notes, s)
		}
	}
	return strings.Join(notes, "; ")
}

// markNote says what a mark of the schema means to who writes an estate.
func markNote(mark string) string {
	word, value, _ := strings.Cut(mark, "=")
	switch word {
	case "key":
		return "the name in the key"
	case "immutable":
		return "fixed at creation"
	case "secret":
		return "a secret: written, never read back, never shown"
	case "ref":
		return "refers to a [" + value + "](" + value + ".md)"
	case "named":
		return "names of a [" + value + "](" + value + ".md), which need not be declared"
	case "soft":
		return "need not be declared"
	case "mode":
		return "says what `" + value + "` means"
	case "set":
		return "in any order"
	case "whole":
		return "as a whole: what is not in it goes"
	case "include":
		return "the tenant may hold more"
	case "shaped":
		return "here or in `file`"
	case "md5", "definition", "shape", "size":
		return "computed"
	}
	return ""
}
