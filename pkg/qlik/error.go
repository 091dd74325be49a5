package qlik

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// What callers act on. They are tested with [errors.Is].
var (
	ErrNotFound  = errors.New("not found")
	ErrConflict  = errors.New("conflict")
	ErrDenied    = errors.New("denied")
	ErrLimited   = errors.New("rate limited")
	ErrGone      = errors.New("gone")
	ErrSuspended = errors.New("tenant suspended")
)

// Error is an answer by which Qlik refuses a call. What the body says is taken
// as far as it makes sense; the status is kept even if it makes none.
type Error struct {
	Method string
	Path   string // without the query, which can name people
	Status int
	Code   string
	Title  string
	Detail string
	Trace  string // Qlik's support asks for it
}

// Error returns "PUT /api/v1/spaces/7: 409 SPACES-1 name taken (trace 4f2a)".
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %d", e.Method, e.Path, e.Status)
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	}
	switch {
	case e.Title != "":
		b.WriteString(" " + e.Title)
	case e.Detail == "" && e.Code == "":
		b.WriteString(" " + strings.ToLower(http.StatusText(e.Status)))
	}
	if e.Detail != "" && e.Detail != e.Title {
		sep := ": "
		if e.Title == "" {
			sep = " "
		}
		b.WriteString(sep + e.Detail)
	}
	if e.Trace != "" {
		b.WriteString(" (trace " + e.Trace + ")")
	}
	return strings.TrimRight(b.String(), " ")
}

// Is reports whether the refusal is of the kind that target names.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrNotFound:
		return e.Status == http.StatusNotFound
	case ErrConflict:
		return e.Status == http.StatusConflict
	case ErrDenied:
		return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
	case ErrLimited:
		return e.Status == http.StatusTooManyRequests
	case ErrGone:
		return e.Status == http.StatusGone
	case ErrSuspended:
		return suspended(e.Status, e.Code, e.Title, e.Detail)
	}
	return false
}

// suspended recognises the answers of a tenant that was deactivated.
// assumed: Qlik documents that every login is blocked, not with which answer.
func suspended(status int, text ...string) bool {
	if status != http.StatusUnauthorized && status != http.StatusForbidden {
		return false
	}
	s := strings.ToLower(strings.Join(text, " "))
	if !strings.Contains(s, "tenant") {
		return false
	}
	for _, word := range []string{"suspended", "disabled", "deactivated", "not active", "inactive"} {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}
