package lint

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// version is L5.
func (c *check) version() {
	v, want := c.facts.Version, c.ctx.Version
	plain, _, _ := strings.Cut(v, "+")
	switch {
	case v == "" && want == "":
		c.add(L5, Warning, Place{}, "the description notes no version", "write the version into the description, in braces: {v1.0.0}")
	case v == "":
		c.add(L5, Info, Place{}, "the description notes no version; "+want+" is pinned", "")
	case !semver.MatchString(v):
		c.add(L5, Warning, Place{}, fmt.Sprintf("version %q in the description is not a semantic version", v), "write three numbers: {v1.0.0}")
	case want != "" && plain != want:
		c.add(L5, Warning, Place{}, fmt.Sprintf("the description says version %q, and %q is pinned", v, want), "pin the version that the file has, or pin another file")
	}
	if c.ctx.Previous == nil || qvf.Digest(c.ctx.Previous) == c.facts.Digest {
		return
	}
	old := version(describe(c.ctx.Previous))
	if v != "" && old != "" && compareVersions(v, old) <= 0 {
		c.add(L5, Warning, Place{}, fmt.Sprintf("the content changed, but the version went from %q to %q", old, v), "raise the version in the description")
	}
}

// compareVersions orders semantic versions; what is none is compared as text. What follows + does not count.
func compareVersions(a, b string) int {
	a, _, _ = strings.Cut(a, "+")
	b, _, _ = strings.Cut(b, "+")
	if !semver.MatchString(a) || !semver.MatchString(b) {
		return strings.Compare(a, b)
	}
	a, preA, _ := strings.Cut(a, "-")
	b, preB, _ := strings.Cut(b, "-")
	if n := compareParts(a, b); n != 0 || preA == preB {
		return n
	}
	switch {
	case preA == "":
		return 1
	case preB == "":
		return -1
	}
	return compareParts(preA, preB)
}

// compareParts orders what is between dots: numbers as numbers and before words, words as text.
func compareParts(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(x, y string) int {
		n, errX := strconv.Atoi(x)
		m, errY := strconv.Atoi(y)
		switch {
		case errX == nil && errY == nil:
			return cmp.Compare(n, m)
		case errX == nil:
			return -1
		case errY == nil:
			return 1
		}
		return strings.Compare(x, y)
	})
}

// environments are the words for environments that a name ends or begins with.
var environments = []string{"dev", "development", "test", "acceptance", "uat", "qa", "staging", "prod", "production"}

var numbered = regexp.MustCompile(`(?i)(^|[\s_(\[-])v?\d+(\.\d+)+([\s_)\]-]|$)`)

// name is L6.
func (c *check) name() {
	title := c.facts.Title
	if want := c.ctx.Name; want != "" && title != want {
		c.add(L6, Warning, Place{}, fmt.Sprintf("the app in the file is called %q, and is declared as %q", title, want), "is it the right file? if it is, rename the app")
	} else if want == "" && c.ctx.File != "" && !fileFits(c.ctx.File, title) {
		c.add(L6, Info, Place{}, fmt.Sprintf("the app is called %q, unlike its file and its folder", title), "call the file and the folder like the app")
	}
	name := cmp.Or(c.ctx.Name, title)
	const hint = "an app has one name in every space, tenant and environment: what differs belongs elsewhere"
	if m := numbered.FindString(name); m != "" {
		c.add(L6, Warning, Place{}, fmt.Sprintf("the name %q carries a version, %q", name, strings.TrimSpace(m)), hint)
	}
	parts := wordsOf(name)
	for _, w := range c.ctx.Words {
		if within(parts, wordsOf(w)) {
			c.add(L6, Warning, Place{}, fmt.Sprintf("the name %q carries %q", name, w), hint)
		}
	}
	if c.ctx.Words != nil || len(parts) < 2 {
		return
	}
	for _, w := range []string{parts[0], parts[len(parts)-1]} {
		if slices.Contains(environments, w) {
			c.add(L6, Warning, Place{}, fmt.Sprintf("the name %q carries an environment, %q", name, w), hint)
		}
	}
}

// wordsOf cuts a name into its words, in small letters.
func wordsOf(name string) []string {
	return strings.FieldsFunc(fold(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// within says whether a name of several words has some more words, next to each other, besides others. A name
// that is nothing else is its own; one or two letters are no word.
func within(name, some []string) bool {
	if len(some) == 0 || len(some) >= len(name) || len(some) == 1 && len(some[0]) < 3 {
		return false
	}
	for i := range len(name) - len(some) + 1 {
		if slices.Equal(name[i:i+len(some)], some) {
			return true
		}
	}
	return false
}

var versionSuffix = regexp.MustCompile(`(?i)[\s_-]*v?\d+(\.\d+)*$`)

// fileFits says whether a file or its folder is called like the app, but for case, signs and a version.
func fileFits(file, title string) bool {
	plain := func(s string) string { return strings.Join(wordsOf(versionSuffix.ReplaceAllString(s, "")), "") }
	base := strings.TrimSuffix(path.Base(file), path.Ext(file))
	return plain(base) == plain(title) || plain(path.Base(path.Dir(file))) == plain(title)
}
