package github

import (
	"cmp"
	"context"
	"slices"
	"strings"

	gh "github.com/google/go-github/v60/github"
)

// Annotation is a message at a line of a file.
type Annotation struct {
	Path           string
	Line, Col      int    // from 1; 0 is unknown
	Level          string // "failure", "warning" or "notice"
	Title, Message string
}

// Bounds of check runs. https://docs.github.com/en/rest/checks/runs
const (
	annotationsAtOnce = 50
	mostSummary       = 65_535
	mostMessage       = 60_000
	mostTitle         = 255
)

var severities = []string{"failure", "warning", "notice"}

// CheckRun tells of a check of a commit, with annotations at the lines that they
// are about, most severe first. It takes the token of an App: a check run that is
// made with a GITHUB_TOKEN turns up below an arbitrary workflow.
func (c *Client) CheckRun(ctx context.Context, sha, name, conclusion, title, summary string, as []Annotation) error {
	list := annotations(as)
	at := func(from int) *gh.CheckRunOutput {
		part := list[from:min(from+annotationsAtOnce, len(list))]
		summary := cut(summary, mostSummary)
		return &gh.CheckRunOutput{Title: &title, Summary: &summary, Annotations: part}
	}
	status := "completed"
	run, _, err := c.api.Checks.CreateCheckRun(ctx, c.owner, c.repo, gh.CreateCheckRunOptions{
		Name: name, HeadSHA: sha, Status: &status, Conclusion: &conclusion, Output: at(0),
	})
	for from := annotationsAtOnce; err == nil && from < len(list); from += annotationsAtOnce {
		_, _, err = c.api.Checks.UpdateCheckRun(ctx, c.owner, c.repo, run.GetID(), gh.UpdateCheckRunOptions{Name: name, Output: at(from)})
	}
	return wrap("check "+name, err)
}

func annotations(as []Annotation) []*gh.CheckRunAnnotation {
	as = slices.Clone(as)
	slices.SortStableFunc(as, func(a, b Annotation) int {
		return cmp.Compare(slices.Index(severities, a.Level), slices.Index(severities, b.Level))
	})
	out := make([]*gh.CheckRunAnnotation, len(as))
	for i, a := range as {
		line := max(a.Line, 1)
		message := cut(a.Message, mostMessage)
		x := &gh.CheckRunAnnotation{Path: &a.Path, StartLine: &line, EndLine: &line, AnnotationLevel: &a.Level, Message: &message}
		if a.Title != "" {
			title := cut(a.Title, mostTitle)
			x.Title = &title
		}
		if a.Col > 0 {
			x.StartColumn, x.EndColumn = &a.Col, &a.Col
		}
		out[i] = x
	}
	return out
}

// cut shortens a text to most bytes, at a rune.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most-len("…")], "") + "…"
}
