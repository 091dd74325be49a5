package plan

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"html"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pageTags are the elements of the page with the attributes that they may have.
var pageTags = map[string]string{
	"html": "lang", "head": "", "meta": "charset http-equiv content name", "title": "", "style": "", "body": "", "main": "",
	"ul": "class", "li": "data-find", "header": "", "h1": "", "h2": "", "p": "class id hidden", "span": "role", "a": "href rel", "b": "class",
	"code": "", "div": "class", "table": "class", "thead": "", "tbody": "", "tr": "class data-find", "th": "", "td": "class",
	"label": "", "input": "type autocomplete", "button": "type data-fold", "section": "",
	"details": "class id data-find open", "summary": "", "pre": "", "script": "",
}

// readPage returns the text of a page, and fails if it is not one that the
// template made: another element or attribute, or an address that is not ours.
func readPage(t *testing.T, page, link string) string {
	t.Helper()
	page = regexp.MustCompile(`(?s)<(style|script)>.*?</(style|script)>`).ReplaceAllString(page, "")
	page = strings.Replace(page, "<!DOCTYPE html>", "", 1)
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta", "input"}, xml.HTMLEntity
	var text strings.Builder
	var open []string
	for {
		token, err := d.Token()
		if err == io.EOF {
			require.Empty(t, open)
			return text.String()
		}
		require.NoError(t, err)
		switch x := token.(type) {
		case xml.StartElement:
			open = append(open, x.Name.Local)
			allowed, ok := pageTags[x.Name.Local]
			require.True(t, ok, x.Name.Local)
			for _, a := range x.Attr {
				require.Contains(t, strings.Fields(allowed), a.Name.Local, x.Name.Local)
				if a.Name.Local == "href" {
					require.True(t, a.Value == link || regexp.MustCompile(`^#(drift-)?class-[A-Z]+$`).MatchString(a.Value), a.Value)
				}
			}
		case xml.EndElement:
			require.Equal(t, open[len(open)-1], x.Name.Local)
			open = open[:len(open)-1]
		case xml.CharData:
			text.Write(x)
			text.WriteByte(' ')
		default:
			t.Fatalf("%T in the page", x)
		}
	}
}

// whole checks a page: it is ours, and it tells everything.
func whole(t *testing.T, f *Fleet, o MarkdownOptions) {
	t.Helper()
	out := html1(t, f, o)
	text := readPage(t, out, webAddress(o.Link))
	tells := func(s string) { t.Helper(); require.Contains(t, text, s) }
	for _, p := range f.Plans {
		tells(quiet(p.Tenant.Name))
		if p.Error != "" {
			tells(plain(p.Error))
		}
		for _, n := range p.Notes {
			tells(plain(n))
		}
		for _, names := range p.Unmanaged {
			for _, n := range names {
				tells(quiet(n))
			}
		}
	}
	for _, c := range f.Classes() {
		for _, ch := range c.Changes {
			tells(quietKey(ch.Key))
			tells(plain(ch.Blocked))
		}
	}
	for _, list := range [][]string{o.Banners, o.Lints, o.Merge, o.Next} {
		for _, s := range list {
			tells(plain(s))
		}
	}
}

func TestHTMLTellsEverythingAndNothingElseRuns(t *testing.T) {
	for seed := range uint64(16) {
		h := hostile{rand.New(rand.NewPCG(seed, 5))}
		whole(t, h.fleet([]int{1, 3, 30}[seed%3], 8), h.options())
	}
}

func TestHTMLPolicy(t *testing.T) {
	out := html1(t, one(t, input(some(space), nil, nil)), MarkdownOptions{})
	policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(out)
	require.NotNil(t, policy)
	want := "default-src 'none'; style-src 'sha256-STYLE'; script-src 'sha256-SCRIPT'; base-uri 'none'; form-action 'none'"
	for _, tag := range []string{"style", "script"} {
		_, rest, _ := strings.Cut(out, "<"+tag+">")
		inner, _, ok := strings.Cut(rest, "</"+tag+">")
		require.True(t, ok)
		sum := sha256.Sum256([]byte(inner))
		want = strings.Replace(want, strings.ToUpper(tag), base64.StdEncoding.EncodeToString(sum[:]), 1)
	}
	require.Equal(t, want, html.UnescapeString(policy[1]))
	require.NotContains(t, pageStyle, "url(")
	require.NotContains(t, pageStyle, "@import")
}

func FuzzHTML(f *testing.F) {
	for i, s := range evil {
		f.Add(uint64(i), s, s)
	}
	f.Fuzz(func(t *testing.T, seed uint64, name, value string) {
		h := hostile{rand.New(rand.NewPCG(seed, 3))}
		fl, o := h.fleet(3, 4), h.options()
		for _, p := range fl.Plans {
			p.Tenant.Name += name
			p.Tenant.Region = value
			for i := range p.Changes {
				p.Changes[i].Key.Name, p.Changes[i].Blocked = name, value
			}
		}
		o.Title, o.State, o.Link = name, value, value
		whole(t, NewFleet(name, "all", fl.Plans), o)
	})
}
