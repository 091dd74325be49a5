package githubtest

import (
	"fmt"
	"slices"
	"strings"
)

// Dump describes what the hub contains as readable text, without ids, times
// and shas: equal work gives equal text. Commits are named by their subject.
func (h *Hub) Dump() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var b strings.Builder
	for _, name := range h.repoNames() {
		h.repos[name].pushed()
		h.repos[name].dump(&b)
	}
	return b.String()
}

// Dump describes one repository.
func (r *Repo) Dump() string {
	defer r.lock()()
	var b strings.Builder
	r.pushed()
	r.dump(&b)
	return b.String()
}

func (r *Repo) dump(b *strings.Builder) {
	line := func(deep int, format string, args ...any) {
		text := strings.TrimRight(fmt.Sprintf(format, args...), " ")
		fmt.Fprintf(b, "%s%s\n", strings.Repeat("  ", deep), text)
	}
	line(0, "%s", r.FullName())
	var refs []string
	for name := range r.git.refs("refs/") {
		if !strings.HasPrefix(name, "refs/pull/") {
			refs = append(refs, name)
		}
	}
	slices.Sort(refs)
	for _, name := range refs {
		line(1, "%s: %s", strings.TrimPrefix(name, "refs/"), r.subject(name))
	}
	for _, i := range r.issues {
		r.dumpIssue(line, i)
	}
	for _, s := range r.statuses {
		if r.lastStatus(s.sha, s.context) == s {
			line(1, "status of %q: %s %s%s", r.subject(s.sha), s.context, s.state, said(s.description))
		}
	}
	for _, x := range r.checks {
		line(1, "check of %q: %s %s%s, %d annotations", r.subject(x.sha), x.name, strings.TrimSpace(x.state+" "+x.conclusion), said(x.title), len(x.annotations))
	}
	for _, d := range r.deployments {
		line(1, "deployment of %q to %s by %s%s", r.subject(d.sha), d.environment, d.login, said(d.description))
		for _, s := range d.statuses {
			line(2, "%s%s", s.state, said(s.description))
		}
	}
	for _, x := range r.releases {
		kind := ""
		if x.prerelease {
			kind = ", a prerelease"
		}
		if x.draft {
			kind = ", a draft"
		}
		line(1, "release %s %q by %s%s", x.tag, x.name, x.by, kind)
		dumpText(line, 2, x.body)
	}
	for _, a := range r.artifacts {
		line(1, "artifact %s of run %d, %s", a.name, a.run.number, a.run.Event)
	}
}

func (r *Repo) dumpIssue(line func(int, string, ...any), i *issue) {
	if p := i.pull; p != nil {
		state := i.state
		if p.merged {
			state = "merged"
		}
		line(1, "#%d pull request, %s: %s (%s:%s into %s, by %s)", i.number, state, i.title, p.head.Owner, p.headRef, p.baseRef, i.author)
	} else {
		line(1, "#%d issue, %s: %s (by %s)", i.number, strings.TrimSpace(i.state+" "+i.reason), i.title, i.author)
	}
	dumpText(line, 2, i.body)
	for _, name := range i.labels {
		line(2, "label %s", name)
	}
	for _, x := range i.comments {
		line(2, "comment by %s%s", x.author, strings.TrimSuffix(" ("+x.minimized+")", " ()"))
		dumpText(line, 3, x.body)
	}
}

// said puts a text, if there is one, behind what says it.
func said(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

func dumpText(line func(int, string, ...any), deep int, text string) {
	for s := range strings.Lines(text) {
		line(deep, "| %s", strings.TrimRight(s, "\r\n"))
	}
}
