package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/qdeploy/qdeploy/pkg/qvf/appdiff"
)

// appChangeText is what changed in an app from one release to the next.
type appChangeText struct {
	app, from, to string
	summary       string // a line
	changes       *appdiff.Changes
}

// changed compares an app of two releases. at and then are the commits that they
// tag, for pins that follow the branch.
func (q *proposing) changed(old, now releasedApp, then, at string) appChangeText {
	out := appChangeText{app: now.App, from: old.To, to: now.To}
	before, err := q.appAt(old, then)
	if err == nil {
		var after *qvf.App
		if after, err = q.appAt(now, at); err == nil {
			out.changes = appdiff.Diff(before, after)
			var b bytes.Buffer
			_ = out.changes.WriteText(&b, appdiff.Options{Detail: appdiff.Summary}) // a buffer takes everything
			out.summary = firstLine(b.String())
			return out
		}
	}
	out.summary = "what changed in it is unknown: " + err.Error()
	return out
}

func (q *proposing) appAt(a releasedApp, revision string) (*qvf.App, error) {
	declared, ok := q.est.App(a.App)
	if !ok {
		return nil, fmt.Errorf("%s is no longer declared", a.App)
	}
	text, err := q.est.Content(cmp.Or(a.Commit, revision) + ":" + declared.FileOf(a.To))
	if err != nil {
		return nil, err
	}
	return qvf.DecodeBytes(text)
}

// mergedPull is a pull request that is part of a release, and its people.
type mergedPull struct {
	Number    int      `json:"number"`
	Title     string   `json:"title"`
	Author    string   `json:"author"`
	Approvals []string `json:"approvals,omitempty"`
}

// mostPulls is how many commits are asked for their pull requests.
const mostPulls = 100

// merged lists the pull requests that were merged since the release before, newest
// first; none for a first release, which would go back for ever.
func (q *proposing) merged(ctx context.Context, m *manifest) (out []mergedPull, err error) {
	if m.before == nil {
		return nil, nil
	}
	commits, err := firstParents(q.p.dir, m.Revision, map[string]bool{m.before.commit: true})
	if err != nil {
		return nil, err
	}
	for _, c := range commits[:min(len(commits), mostPulls)] {
		found, err := q.pullsOf(ctx, c)
		if err != nil {
			return nil, err
		}
		for _, pr := range found {
			if !slices.ContainsFunc(out, func(m mergedPull) bool { return m.Number == pr.Number }) {
				out = append(out, pr)
			}
		}
	}
	return out, nil
}

// pullsOf returns the pull requests that brought a commit to the base, with those who
// approved them.
func (q *proposing) pullsOf(ctx context.Context, commit string) (out []mergedPull, err error) {
	found, err := q.job.client.PullRequestsOf(ctx, commit)
	if err != nil {
		return nil, err
	}
	for _, pr := range found {
		if !pr.Merged || pr.BaseRef != q.base {
			continue
		}
		approvals, err := q.job.client.Approvals(ctx, pr.Number)
		if err != nil {
			return nil, err
		}
		m := mergedPull{Number: pr.Number, Title: pr.Title, Author: pr.Author}
		for _, a := range approvals {
			m.Approvals = append(m.Approvals, a.Login)
		}
		out = append(out, m)
	}
	return out, nil
}

// line tells of a pull request in Markdown.
func (m mergedPull) line() string {
	text := fmt.Sprintf("- #%d %s, by %s", m.Number, github.Text(m.Title), github.Text(m.Author))
	if len(m.Approvals) > 0 {
		text += ", approved by " + github.Text(strings.Join(m.Approvals, ", "))
	}
	return text
}

// publish publishes the release on GitHub. One that is there stays as it is: what it
// says is of the time when it was made.
func (q *proposing) publish(ctx context.Context, m *manifest) error {
	there, err := q.job.client.Releases(ctx, m.Tag)
	if err != nil {
		return err
	}
	for _, r := range there {
		if r.Tag == m.Tag {
			m.URL = r.URL
			return nil
		}
	}
	if m.Merged, err = q.merged(ctx, m); err != nil {
		return err
	}
	asset := *m
	asset.Made = true // the manifest says the same, whoever publishes it
	text, err := json.MarshalIndent(asset, "", "  ")
	if err != nil {
		return err
	}
	m.URL, _, err = q.job.client.PutRelease(ctx, github.Release{
		Tag: m.Tag, Commit: m.Revision, Name: m.Environment + " " + m.Tag, Body: m.notes(q.changes(m)), Assets: map[string][]byte{"manifest.json": append(text, '\n')},
	})
	if err != nil {
		return fmt.Errorf("the tag %s is made, but: %w", m.Tag, err)
	}
	return nil
}

// changes compares the apps of a release with those of the release before.
func (q *proposing) changes(m *manifest) (out []appChangeText) {
	if m.before == nil {
		return nil
	}
	was := map[string]releasedApp{}
	for _, a := range m.before.apps {
		was[a.App] = a
	}
	for _, a := range m.Apps {
		if old, ok := was[a.App]; ok && (old.To != a.To || old.Digest != a.Digest) {
			out = append(out, q.changed(old, a, m.before.commit, m.Revision))
		}
	}
	return out
}

// notesBudget is how much the changes of one app may take in the notes.
const notesBudget = 20_000

// notes are the release for people.
func (m *manifest) notes(changes []appChangeText) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s runs everywhere what it pins: %s", github.Text(m.Environment), many(len(m.Tenants), "tenant"))
	for i, r := range m.Regions {
		sep := ", "
		if i == 0 {
			sep = " ("
		}
		fmt.Fprintf(&b, "%s%s %d", sep, github.Text(r.Region), r.Tenants)
	}
	b.WriteString(")")
	for i, r := range m.Rings {
		sep := ", "
		if i == 0 {
			sep = ", in rings: "
		}
		fmt.Fprintf(&b, "%s%s %d", sep, github.Text(r.Ring), r.Tenants)
	}
	b.WriteString(".\n\n| app | version | runs in | content |\n|---|---|---:|---|\n")
	for _, a := range m.Apps {
		fmt.Fprintf(&b, "| %s | %s | %d | `%.19s` |\n", github.Text(a.App), github.Text(a.step()), a.Places, a.Digest)
	}
	budget := 3 * notesBudget
	for _, c := range changes {
		fmt.Fprintf(&b, "\n**%s: %s → %s**\n\n%s\n", github.Text(c.app), github.Text(c.from), github.Text(c.to), github.Text(c.summary))
		if c.changes == nil || budget < notesBudget/4 {
			continue
		}
		text := c.changes.Markdown(min(budget, notesBudget), appdiff.Options{Detail: appdiff.Full})
		budget -= len(text)
		b.WriteString("\n" + text + "\n")
	}
	if len(m.Merged) > 0 {
		b.WriteString("\n**Pull requests:**\n\n")
	}
	for _, pr := range m.Merged {
		b.WriteString(pr.line() + "\n")
	}
	fmt.Fprintf(&b, "\nEstate `%.12s`, digest `%.19s`", m.Revision, m.Digest)
	if m.Previous != "" {
		fmt.Fprintf(&b, "; before it: %s", github.Text(m.Previous))
	}
	b.WriteString(". What is in it for programs: manifest.json.\n")
	return b.String()
}
