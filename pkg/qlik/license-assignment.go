package qlik

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// LicenseAssignment is a seat of the subscription that a person has.
type LicenseAssignment struct {
	Subject string `json:"subject"`
	Type    string `json:"type"` // professional or analyzer
}

const seatsPath = "/api/v1/licenses/assignments"

// Qlik gives them no ID: here it is the type, a slash and the subject. The list is that
// of the whole subscription, so only those that are declared are asked for.
//
// https://qlik.dev/apis/rest/licenses
var _ = register(Kind[LicenseAssignment]{
	Name: "license-assignment",
	Calls: calls("GET /api/v1/licenses/assignments", "GET /api/v1/licenses/overview", "GET /api/v1/users",
		"POST /api/v1/licenses/assignments/actions/add", "POST /api/v1/licenses/assignments/actions/update",
		"POST /api/v1/licenses/assignments/actions/delete"),
	Declare: func(t *Tenant, r plan.Resource) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.seated[r.Key.Name] = true
	},
	Review: reviewSeats,
	List:   listSeats,
	Create: func(ctx context.Context, t *Tenant, desired LicenseAssignment) (string, error) {
		return seatID(desired), t.seat(ctx, "add", map[string]string{"subject": desired.Subject, "type": desired.Type})
	},
	Update: func(ctx context.Context, t *Tenant, _ string, live, desired LicenseAssignment) error {
		if live.Type == desired.Type {
			return nil
		}
		return t.seat(ctx, "update", map[string]string{"subject": desired.Subject, "sourceType": live.Type, "type": desired.Type})
	},
	Delete: func(ctx context.Context, t *Tenant, id string) error {
		kind, subject, _ := strings.Cut(id, "/")
		return t.seat(ctx, "delete", map[string]string{"subject": subject, "type": kind})
	},
})

func seatID(a LicenseAssignment) string { return a.Type + "/" + a.Subject }

// seat does one thing to one seat. Qlik answers 207, and what became of it inside.
func (t *Tenant) seat(ctx context.Context, action string, item map[string]string) error {
	path := seatsPath + "/actions/" + action
	var reply struct {
		Data []struct {
			Status      int
			Code, Title string
		}
	}
	if err := t.call(ctx, http.MethodPost, path, nil, map[string]any{action: []any{item}}, &reply); err != nil {
		return err
	}
	if len(reply.Data) != 1 {
		return fmt.Errorf("POST %s: %w: %d outcomes of 1", path, errReply, len(reply.Data))
	}
	o := reply.Data[0]
	if o.Status >= http.StatusOK && o.Status < http.StatusMultipleChoices {
		return nil
	}
	return &Error{Method: http.MethodPost, Path: path, Status: o.Status, Code: o.Code, Title: o.Title}
}

// listSeats lists the seats of those who are declared to have one, or of all users of the
// tenant.
func listSeats(ctx context.Context, t *Tenant, _ string) iter.Seq2[Item[LicenseAssignment], error] {
	if t.all.Load() {
		return t.seatsHere(ctx)
	}
	return func(yield func(Item[LicenseAssignment], error) bool) {
		t.mu.Lock()
		subjects := slices.Sorted(maps.Keys(t.seated))
		t.mu.Unlock()
		for batch := range slices.Chunk(subjects, usersAtOnce) {
			for a, err := range t.seatsOf(ctx, batch) {
				if err == nil && !slices.Contains(batch, a.Subject) {
					continue
				}
				if !yield(Item[LicenseAssignment]{seatID(a), a.Subject, a}, err) || err != nil {
					return
				}
			}
		}
	}
}

// seatsHere lists the seats of the subscription that users of this tenant have.
func (t *Tenant) seatsHere(ctx context.Context) iter.Seq2[Item[LicenseAssignment], error] {
	return func(yield func(Item[LicenseAssignment], error) bool) {
		here := map[string]bool{}
		for u, err := range list[userBody](ctx, t.Client, usersPath, everything("filter", notDeleted)) {
			if err != nil {
				yield(Item[LicenseAssignment]{}, err)
				return
			}
			here[u.Subject] = !isBot(u.Subject)
		}
		for a, err := range list[LicenseAssignment](ctx, t.Client, seatsPath, everything()) {
			if err == nil && !here[a.Subject] {
				continue
			}
			if !yield(Item[LicenseAssignment]{seatID(a), a.Subject, a}, err) || err != nil {
				return
			}
		}
	}
}

// seatsOf asks for the seats of some, and if Qlik does not understand that, for all.
//
// assumed: the filter, which Qlik does not describe, compares subjects as that of users
// does.
func (t *Tenant) seatsOf(ctx context.Context, subjects []string) iter.Seq2[LicenseAssignment, error] {
	assignees := make([]string, len(subjects))
	for i, s := range subjects {
		assignees[i] = "user:" + s
	}
	return func(yield func(LicenseAssignment, error) bool) {
		for _, q := range []url.Values{everything("filter", strings.Join(terms(assignees), " or ")), everything()} {
			var refused *Error
			for a, err := range list[LicenseAssignment](ctx, t.Client, seatsPath, q) {
				if q.Has("filter") && errors.As(err, &refused) && refused.Status == http.StatusBadRequest {
					break
				}
				if !yield(a, err) || err != nil {
					return
				}
			}
			if refused == nil {
				return
			}
		}
	}
}
