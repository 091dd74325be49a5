package plan

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	_ "embed" // the page, its style and its script
	"encoding/base64"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
)

var (
	//go:embed html.tmpl
	pageText string
	//go:embed html.css
	pageStyle string
	//go:embed html.js
	pageScript string

	page = template.Must(template.New("page").Parse(pageText))
)

// WriteHTML writes the plan as one page that needs nothing else: all of what
// [Fleet.Markdown] tells with no budget, every tenant of each class, and a list
// of all tenants to search. It can be read without its script, and its policy
// lets nothing else run or load. o.Budget and o.Rest mean nothing here.
func (f *Fleet) WriteHTML(w io.Writer, o MarkdownOptions) error {
	m := &markdown{f: f, o: o}
	m.split()
	b := bufio.NewWriterSize(w, piece)
	if err := page.Execute(b, &report{m: m}); err != nil {
		return err
	}
	return b.Flush()
}

// report is what the page asks for. It makes each part when it is asked for it: a
// page of thousands of classes is never in memory as a whole.
type report struct{ m *markdown }

// pageMark is one of the words of the page's top: text, or code, or a link.
type pageMark struct{ Text, Code, Link string }

func (r *report) Style() template.CSS { return template.CSS(pageStyle) }
func (r *report) Script() template.JS { return template.JS(pageScript) }

// Policy allows the page's own style and script by their hashes and nothing else.
//
// https://www.w3.org/TR/CSP3/
func (r *report) Policy() string {
	hash := func(s string) string {
		h := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(h[:]) + "'"
	}
	return "default-src 'none'; style-src " + hash(pageStyle) + "; script-src " + hash(pageScript) +
		"; base-uri 'none'; form-action 'none'"
}

func (r *report) Title() string { return cmp.Or(plain(r.m.o.Title), "Plan") }

// What is what is to be done, in counts.
func (r *report) What() string { return r.m.what() }
func (r *report) Who() string {
	if r.m.f.Empty() {
		return (&text{}).nothing(r.m.f)
	}
	return r.m.where() + "."
}

func (r *report) Marks() []pageMark {
	var marks []pageMark
	if s := plain(r.m.o.State); s != "" {
		marks = append(marks, pageMark{Text: s})
	}
	switch from, to := r.m.revisions(); {
	case to == "":
	case from == "":
		marks = append(marks, pageMark{Text: "revision ", Code: plain(to)})
	default:
		marks = append(marks, pageMark{Text: "revision ", Code: plain(from + " → " + to)})
	}
	marks = append(marks, pageMark{Text: "digest ", Code: plain(r.m.f.Digest)})
	if address := webAddress(r.m.o.Link); address != "" {
		marks = append(marks, pageMark{Text: "run", Link: address})
	}
	return marks
}

func (r *report) Refresh() string { return r.m.refresh() }

// Grave reports whether the banner is about something that is lost or refused.
func (r *report) Grave() bool {
	_, grave := r.m.warnings()
	return grave
}

func (r *report) Banner() []string {
	lines, _ := r.m.warnings()
	return plainly(append(slices.Clone(r.m.o.Banners), lines...))
}

func plainly(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = plain(s)
	}
	return out
}

func (r *report) Heads() (heads []string) {
	total, _ := r.m.rows()
	for _, c := range columns {
		if c.of(total) > 0 {
			heads = append(heads, strings.ReplaceAll(c.head, "`", ""))
		}
	}
	return heads
}

// pageRow is a row of the table of regions.
type pageRow struct {
	Name  string
	Cells []string
	Total bool
}

func (r *report) Rows() (out []pageRow) {
	total, rows := r.m.rows()
	add := func(name string, one *row, all bool) {
		p := pageRow{name, []string{count(one.tenants), count(one.changed)}, all}
		for _, c := range columns {
			if c.of(total) > 0 {
				p.Cells = append(p.Cells, count(c.of(one)))
			}
		}
		out = append(out, p)
	}
	for _, region := range slices.Sorted(maps.Keys(rows)) {
		name := "(none)"
		if region != "" {
			name = quiet(region)
		}
		add(name, rows[region], false)
	}
	if len(rows) > 1 {
		add("all "+count(len(rows)), total, true)
	}
	return out
}

func (r *report) Lints() []string  { return plainly(r.m.o.Lints) }
func (r *report) Cost() []string   { return plainly(r.m.o.Cost) }
func (r *report) Merge() []string  { return plainly(r.m.o.Merge) }
func (r *report) Next() string     { return strings.Join(plainly(r.m.o.Next), "\n") }
func (r *report) Forecast() string { return strings.TrimSpace(r.m.forecast()) }
