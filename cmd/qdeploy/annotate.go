package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/estate"
)

// annotate prints a workflow command of GitHub Actions, which shows a message at
// a line of a file in the pull request; elsewhere it prints nothing. It goes to
// stderr: the runner reads commands from both outputs, and stdout is the answer.
// Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands and
// https://github.com/actions/runner/blob/main/src/Runner.Worker/Handlers/ScriptHandler.cs
func (p *program) annotate(severity, file string, line, col int, title, message string) {
	if os.Getenv("GITHUB_ACTIONS") != "true" {
		return
	}
	level, ok := map[string]string{"error": "error", "warning": "warning", "info": "notice"}[severity]
	if !ok {
		level = "error"
	}
	var properties []string
	add := func(name, value string) {
		if value != "" && value != "0" {
			properties = append(properties, name+"="+escapeProperty.Replace(value))
		}
	}
	add("file", fromWorkspace(file))
	add("line", strconv.Itoa(line))
	add("col", strconv.Itoa(col))
	add("title", title)
	space := ""
	if len(properties) > 0 {
		space = " "
	}
	fmt.Fprintf(p.err, "::%s%s%s::%s\n", level, space, strings.Join(properties, ","), escapeMessage.Replace(message))
}

// How GitHub's own toolkit escapes.
// Source: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
var (
	escapeMessage  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	escapeProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// fromWorkspace returns a file as seen from the top of the repository that the
// workflow checked out; what lies elsewhere stays as it is.
func fromWorkspace(file string) string {
	top := os.Getenv("GITHUB_WORKSPACE")
	abs, err := filepath.Abs(file)
	if file == "" || top == "" || err != nil {
		return filepath.ToSlash(file)
	}
	inside, err := filepath.Rel(top, abs)
	if err != nil || inside == ".." || strings.HasPrefix(inside, ".."+string(filepath.Separator)) {
		return filepath.ToSlash(file)
	}
	return filepath.ToSlash(inside)
}

// annotateProblem annotates a problem of the estate in a folder.
func (p *program) annotateProblem(dir string, q estate.Problem) {
	file, line, col := q.Place()
	if file != "" {
		file = filepath.Join(dir, filepath.FromSlash(file))
	}
	text := q
	text.Pos, text.Code, text.Severity = "", "", ""
	p.annotate(string(q.Severity), file, line, col, q.Code, strings.Replace(text.String(), "\n\t", "\n", 1))
}
