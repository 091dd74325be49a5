package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"golang.org/x/mod/semver"

	"github.com/qdeploy/qdeploy/pkg/estate"
)

// tagData is what a tag says for programs, in the last line of its message.
type tagData struct {
	V           int           `json:"v"`
	Environment string        `json:"environment"`
	Digest      string        `json:"digest"`
	Apps        []releasedApp `json:"apps"`
}

const tagWord = "qdeploy: "

// releaseTag is a release that was made.
type releaseTag struct {
	name, commit string
	digest       string
	apps         []releasedApp
	when         time.Time
}

// before is the release before this one, nil if it is the first.
func (r releaseTag) before(tags []releaseTag) *releaseTag {
	i := slices.IndexFunc(tags, func(t releaseTag) bool { return t.name == r.name })
	if i < 1 {
		return nil
	}
	return &tags[i-1]
}

// releases lists the releases of an environment, oldest first: the annotated tags
// that say so.
func (q *proposing) releases(env estate.Environment) (out []releaseTag, err error) {
	refs, err := q.git.Tags()
	if err != nil {
		return nil, err
	}
	err = refs.ForEach(func(ref *plumbing.Reference) error {
		t, err := q.git.TagObject(ref.Hash())
		if errors.Is(err, plumbing.ErrObjectNotFound) {
			return nil // a light tag, or one of a shallow clone
		}
		if err != nil {
			return err
		}
		d, ok := dataOf(t.Message)
		if ok && d.Environment == env.Name {
			out = append(out, releaseTag{name: ref.Name().Short(), commit: t.Target.String(), digest: d.Digest, apps: d.Apps, when: t.Tagger.When})
		}
		return nil
	})
	slices.SortFunc(out, func(a, b releaseTag) int {
		if c := a.when.Compare(b.when); c != 0 {
			return c
		}
		return strings.Compare(natural(a.name), natural(b.name))
	})
	return out, err
}

// dataOf reads what a tag says for programs.
func dataOf(message string) (d tagData, ok bool) {
	for line := range strings.Lines(message) {
		text, found := strings.CutPrefix(strings.TrimSpace(line), tagWord)
		if found && json.Unmarshal([]byte(text), &d) == nil && d.V == manifestVersion {
			return d, true
		}
	}
	return tagData{}, false
}

// natural is a name whose numbers are of one length, for sorting.
func natural(name string) string {
	i := strings.LastIndexByte(name, '.') + 1
	return name[:i] + fmt.Sprintf("%09s", name[i:])
}

// nextTag names a release.
func nextTag(env estate.Environment, tags []releaseTag, m *manifest, now time.Time) string {
	if env.Tags == "semver" {
		return nextVersion(tags, m)
	}
	day := "release/" + now.UTC().Format("2006.01.02") + "."
	taken := map[string]bool{}
	for _, t := range tags {
		taken[t.name] = true
	}
	n := 1
	for taken[fmt.Sprint(day, n)] {
		n++
	}
	return fmt.Sprint(day, n)
}

// nextVersion is the last version with the largest step that an app took: a new
// app is a small step, one that is gone a large one.
func nextVersion(tags []releaseTag, m *manifest) string {
	last, at := "", -1
	for i, t := range tags {
		if semver.IsValid(t.name) && (last == "" || semver.Compare(t.name, last) > 0) {
			last, at = t.name, i
		}
	}
	if last == "" {
		return "v1.0.0"
	}
	var x, y, z int
	if _, err := fmt.Sscanf(semver.Canonical(last), "v%d.%d.%d", &x, &y, &z); err != nil {
		return "v1.0.0"
	}
	switch stepOf(tags[at].apps, m.Apps) {
	case 2:
		return fmt.Sprintf("v%d.0.0", x+1)
	case 1:
		return fmt.Sprintf("v%d.%d.0", x, y+1)
	}
	return fmt.Sprintf("v%d.%d.%d", x, y, z+1)
}

// stepOf is how large the step from one set of apps to another is: 0, 1 or 2.
func stepOf(was, is []releasedApp) (step int) {
	old := map[string]string{}
	for _, a := range was {
		old[a.App] = "v" + a.To
	}
	for _, a := range is {
		before, ok := old[a.App]
		delete(old, a.App)
		switch now := "v" + a.To; {
		case !ok:
			step = max(step, 1)
		case semver.Major(before) != semver.Major(now):
			step = 2
		case semver.MajorMinor(before) != semver.MajorMinor(now):
			step = max(step, 1)
		}
	}
	if len(old) > 0 {
		return 2
	}
	return step
}
