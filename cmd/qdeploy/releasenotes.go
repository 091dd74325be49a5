package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/estate"
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
	apps := q.est.Apps()
	i := slices.IndexFunc(apps, func(d estate.App) bool { return d.Name == a.App })
	if i < 0 {
		return nil, fmt.Errorf("%s is no longer declared", a.App)
	}
	text, err := q.est.Content(cmp.Or(a.Commit, revision) + ":" + apps[i].FileOf(a.To))
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
// first: of those that a release is about, for a first release goes back for ever.
func (q *proposing) merged(ctx context.Context, since string) ([]mergedPull, error) {
	if since == "" {
		return nil, nil
	}
	commits, err := firstParents(q.p.dir, q.head, map[string]bool{since: true})
	if err != nil {
		return nil, err
	}
	var out []mergedPull
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

// publish publishes the release on GitHub, if that is where we are.
func (q *proposing) publish(ctx context.Context, env estate.Environment, m *manifest) error {
	if q.job == nil {
		return nil
	}
	var since string
	tags, err := q.releases(env)
	if err != nil {
		return err
	}
	for _, t := range tags {
		if t.name == m.Previous {
			since = t.commit
		}
	}
	if m.Merged, err = q.merged(ctx, since); err != nil {
		return err
	}
	made := m.Made
	m.Made = true // the manifest says the same, whoever publishes it
	asset, err := json.MarshalIndent(m, "", "  ")
	m.Made = made
	if err != nil {
		return err
	}
	m.URL, _, err = q.job.client.PutRelease(ctx, github.Release{
		Tag: m.Tag, Commit: m.Revision, Name: m.Environment + " " + m.Tag, Body: m.notes(), Assets: map[string][]byte{"manifest.json": append(asset, '\n')},
	})
	if err != nil {
		return fmt.Errorf("the tag %s is made, but: %w", m.Tag, err)
	}
	return nil
}

// notesBudget is how much the changes of one app may take in the notes.
const notesBudget = 20_000

// notes are the release for people.
func (m *manifest) notes() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s runs everywhere what it pins: %s", github.Text(m.Environment), many(len(m.Tenants), "tenant"))
	for i, r := range m.Regions {
		sep := ", "
		if i == 0 {
			sep = " ("
		}
		fmt.Fprintf(&b, "%s%s %d", sep, github.Text(r.Region), r.Tenants)
	}
	b.WriteString(").\n\n| app | version | runs in | content |\n|---|---|---:|---|\n")
	for _, a := range m.Apps {
		fmt.Fprintf(&b, "| %s | %s | %d | `%.19s` |\n", github.Text(a.App), github.Text(a.step()), a.Places, a.Digest)
	}
	budget := 3 * notesBudget
	for _, c := range m.changes {
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
