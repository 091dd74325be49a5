package qlik

import (
	"context"
	"errors"
	"net/http"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// NotesSettings says whether people may write notes.
type NotesSettings struct {
	Enabled bool `json:"enabled"`
}

const notesSettingsPath = "/api/v1/notes/settings"

// What is asked for is the switch; what is answered is whether notes are available, and
// why not. Qlik has deprecated both, and no date is known.
//
// https://qlik.dev/apis/rest/notes
var _ = register(notesSettings())

func notesSettings() Kind[NotesSettings] {
	k := singleton("notes-settings",
		calls("GET "+notesSettingsPath, "PUT "+notesSettingsPath),
		readNotesSettings, writeNotesSettings,
	)
	k.Lacks = func(t *Tenant, _ plan.Resource, _ func(plan.Key) bool) string {
		t.mu.Lock()
		defer t.mu.Unlock()
		return t.noNotes
	}
	return k
}

// readNotesSettings remembers why the switch cannot be changed, if it cannot.
//
// assumed: the reason is "toggle" where it is the switch that is off, and nothing else.
func readNotesSettings(ctx context.Context, t *Tenant) (NotesSettings, error) {
	var b struct {
		Available bool   `json:"available"`
		Reason    string `json:"reason"`
	}
	err := t.call(ctx, http.MethodGet, notesSettingsPath, nil, nil, &b)
	var e *Error
	why := ""
	switch {
	case errors.As(err, &e) && (e.Status == http.StatusNotFound || e.Status == http.StatusGone):
		why, err = "the tenant has no such settings any more: Qlik has taken them away, so take them out of the estate", nil
	case err == nil && !b.Available && b.Reason != "" && b.Reason != "toggle":
		why = "Qlik says that there are no notes in this tenant whatever the switch says: " + b.Reason
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.noNotes = why
	return NotesSettings{b.Available}, err
}

func writeNotesSettings(ctx context.Context, t *Tenant, live, desired NotesSettings) error {
	if live == desired {
		return nil
	}
	return t.call(ctx, http.MethodPut, notesSettingsPath, nil, map[string]bool{"toggledOn": desired.Enabled}, nil)
}
