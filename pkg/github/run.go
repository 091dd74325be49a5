package github

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

// Run is a job of GitHub Actions: what started it and what it is about.
//
// https://docs.github.com/en/actions/reference/workflows-and-actions/variables
type Run struct {
	Action     string // of the event: opened, synchronize, labeled, …; of a repository_dispatch, its type
	Event      string // pull_request, merge_group, push, schedule, workflow_dispatch, …
	Repository string // owner/name
	SHA        string // checked out; of a pull request, the merge that GitHub made for trying
	Ref        string // refs/heads/main, refs/pull/7/merge, …
	Base       string // the commit before a push, or below a merge group; "" where there is none
	Actor      string
	ID         int64
	Attempt    int
	URL        string // of the run, for people
	Workflow   string // the file of the workflow that was started, without its folder; "" if it is not known

	PullRequest *PullRequest // nil for other events

	server, summary, output string
}

// PullRequest is a pull request as a job knows it.
type PullRequest struct {
	Number           int
	Title, Body      string
	Head, Base       string // commits
	HeadRef, BaseRef string // branches
	Fork             bool   // of another repository
	Author           string
	Merged           bool
	Closed           bool      // merged or not
	MergedAt         time.Time // zero while it is not merged
	MergedBy         string    // "" where GitHub does not say: in its lists
	MergeCommit      string    // while it is not merged, GitHub's trial
	Labels           []string
	URL              string // for people
}

// largestEvent bounds what is read of an event. GitHub sends none above 25 MB.
const largestEvent = 32 << 20

// RunFromEnv reads the environment of a job, and the event that it names.
func RunFromEnv(getenv func(string) string) (*Run, error) {
	if getenv("GITHUB_ACTIONS") != "true" {
		return nil, errors.New("this is not a job of GitHub Actions: GITHUB_ACTIONS is not true")
	}
	r := &Run{
		Event: getenv("GITHUB_EVENT_NAME"), Repository: getenv("GITHUB_REPOSITORY"), SHA: getenv("GITHUB_SHA"),
		Ref: getenv("GITHUB_REF"), Actor: getenv("GITHUB_ACTOR"), server: strings.TrimSuffix(getenv("GITHUB_SERVER_URL"), "/"),
		summary: getenv("GITHUB_STEP_SUMMARY"), output: getenv("GITHUB_OUTPUT"),
	}
	for name, value := range map[string]string{"GITHUB_EVENT_NAME": r.Event, "GITHUB_REPOSITORY": r.Repository, "GITHUB_SERVER_URL": r.server} {
		if value == "" {
			return nil, fmt.Errorf("%s is not set", name)
		}
	}
	ref, _, _ := strings.Cut(getenv("GITHUB_WORKFLOW_REF"), "@") // owner/name/.github/workflows/FILE@REF
	r.Workflow = path.Base("/" + ref)
	r.ID, _ = strconv.ParseInt(getenv("GITHUB_RUN_ID"), 10, 64) // absent: 0
	r.Attempt, _ = strconv.Atoi(getenv("GITHUB_RUN_ATTEMPT"))
	r.URL = fmt.Sprintf("%s/%s/actions/runs/%d", r.server, r.Repository, r.ID)
	name := getenv("GITHUB_EVENT_PATH")
	if name == "" {
		return r, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("GITHUB_EVENT_PATH: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, largestEvent+1))
	if err == nil && len(text) > largestEvent {
		err = errors.New("the event is too large")
	}
	if err == nil {
		err = r.read(text)
	}
	if err != nil {
		return nil, fmt.Errorf("GITHUB_EVENT_PATH: %w", err)
	}
	return r, nil
}

// event is what is read of a payload.
// https://docs.github.com/en/webhooks/webhook-events-and-payloads
type event struct {
	Action      string `json:"action"`
	Number      int    `json:"number"`
	Before      string `json:"before"`
	PullRequest *struct {
		Number      int        `json:"number"`
		Title       string     `json:"title"`
		Body        string     `json:"body"`
		URL         string     `json:"html_url"`
		Merged      bool       `json:"merged"`
		State       string     `json:"state"`
		MergeCommit string     `json:"merge_commit_sha"`
		MergedAt    *time.Time `json:"merged_at"`
		MergedBy    *eventUser `json:"merged_by"`
		User        eventUser  `json:"user"`
		Head        eventSide  `json:"head"`
		Base        eventSide  `json:"base"`
		Labels      []struct {
			Name string `json:"name"`
		} `json:"labels"`
	} `json:"pull_request"`
	MergeGroup *struct {
		Base string `json:"base_sha"`
	} `json:"merge_group"`
}

type eventUser struct {
	Login string `json:"login"`
}

type eventSide struct {
	SHA  string `json:"sha"`
	Ref  string `json:"ref"`
	Repo *struct {
		FullName string `json:"full_name"`
	} `json:"repo"` // null when the fork was deleted
}

func (r *Run) read(text []byte) error {
	var e event
	if err := json.Unmarshal(text, &e); err != nil {
		return fmt.Errorf("the event is not JSON of an event: %w", err)
	}
	r.Action = e.Action
	if r.Event == "push" && strings.Trim(e.Before, "0") != "" {
		r.Base = e.Before
	}
	if e.MergeGroup != nil {
		r.Base = e.MergeGroup.Base
	}
	p := e.PullRequest
	if p == nil {
		return nil
	}
	r.PullRequest = &PullRequest{
		Number: max(p.Number, e.Number), Title: p.Title, Body: p.Body, URL: p.URL, Head: p.Head.SHA, Base: p.Base.SHA, HeadRef: p.Head.Ref, BaseRef: p.Base.Ref,
		Author: p.User.Login, Merged: p.Merged, Closed: p.State == "closed", MergeCommit: p.MergeCommit,
		Fork: p.Head.Repo == nil || !strings.EqualFold(p.Head.Repo.FullName, r.Repository),
	}
	if p.MergedAt != nil {
		r.PullRequest.MergedAt = *p.MergedAt
	}
	if p.MergedBy != nil {
		r.PullRequest.MergedBy = p.MergedBy.Login
	}
	for _, l := range p.Labels {
		r.PullRequest.Labels = append(r.PullRequest.Labels, l.Name)
	}
	if r.PullRequest.Number == 0 || r.PullRequest.Head == "" || r.PullRequest.Base == "" {
		return errors.New("the event does not say which pull request it is about")
	}
	return nil
}

// CloneURL is where git finds the repository.
func (r *Run) CloneURL() string { return r.server + "/" + r.Repository + ".git" }

// OptionsFromEnv reads whom to speak to, and as whom: as the App that
// QDEPLOY_GITHUB_APP_ID and QDEPLOY_GITHUB_APP_KEY name, else with GITHUB_TOKEN.
func OptionsFromEnv(getenv func(string) string) (Options, error) {
	o := Options{
		APIURL: getenv("GITHUB_API_URL"), GraphQLURL: getenv("GITHUB_GRAPHQL_URL"), ServerURL: getenv("GITHUB_SERVER_URL"),
		Repository: getenv("GITHUB_REPOSITORY"), Token: getenv("GITHUB_TOKEN"), Patience: 15 * time.Minute,
	}
	id, key := getenv("QDEPLOY_GITHUB_APP_ID"), getenv("QDEPLOY_GITHUB_APP_KEY")
	if (id == "") != (key == "") {
		return o, errors.New("QDEPLOY_GITHUB_APP_ID and QDEPLOY_GITHUB_APP_KEY go together")
	}
	if id != "" {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return o, errors.New("QDEPLOY_GITHUB_APP_ID is not a number")
		}
		o.App = &App{ID: n, PrivateKey: []byte(key)}
	}
	return o, nil
}
