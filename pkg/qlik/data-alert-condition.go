package qlik

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"time"
)

// AlertCondition is when people are told, in Qlik's words. What is absent is not managed; in
// a list, what is absent is absent.
type AlertCondition struct {
	// Data is passed on to an evaluator whose documents are not published.
	Data       json.RawMessage  `json:"conditionData"`
	Measures   []alertMeasure   `json:"measures,omitempty"`
	Dimensions []alertDimension `json:"dimensions,omitempty"`
	Headers    []string         `json:"headers,omitempty"`
	History    *alertHistory    `json:"history,omitempty"`
	Selections []alertSelection `json:"selections,omitempty"`
}

type alertMeasure struct {
	Title   *string         `json:"title,omitempty"`
	Library *string         `json:"qLibraryId,omitempty"`
	Format  json.RawMessage `json:"qNumFormat,omitempty"`
}

type alertDimension struct {
	Title   *string `json:"title,omitempty"`
	Field   *string `json:"field,omitempty"`
	Library *string `json:"qLibraryId,omitempty"`
}

type alertHistory struct {
	Enabled bool `json:"enabled"`
}

type alertSelection struct {
	Field   *string      `json:"field,omitempty"`
	Count   *json.Number `json:"count,omitempty"`
	Summary *[]string    `json:"selectedSummary,omitempty"`
}

const conditionsPath = "/api/v1/conditions"

func conditionPath(id string) string { return conditionsPath + "/" + url.PathEscape(id) }

// tidyTime is how long a condition that nobody needs is worth, also of a run that ends.
const tidyTime = 30 * time.Second

// condition reads a condition, nil if there is no data condition of that ID.
func (t *Tenant) condition(ctx context.Context, id string) (*AlertCondition, error) {
	if id == "" {
		return nil, nil
	}
	var b struct {
		Data AlertCondition `json:"dataCondition"`
	}
	err := t.call(ctx, http.MethodGet, conditionPath(id), nil, nil, &b)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil || len(b.Data.Data) == 0 { // a compound one was made by hand
		return nil, err
	}
	return &b.Data, nil
}

// alertsWith returns the IDs of the alerts with a condition.
func (t *Tenant) alertsWith(ctx context.Context, condition string) (ids []string, err error) {
	for b, err := range list[alertBody](ctx, t.Client, alertsPath, everything("conditionId", condition)) {
		if err != nil {
			return nil, err
		}
		if b.ConditionID == condition {
			ids = append(ids, b.ID)
		}
	}
	return ids, nil
}

// postCondition makes the condition of an alert. Qlik may tell of errors in it with 201.
func (t *Tenant) postCondition(ctx context.Context, appID string, d DataAlert) (string, error) {
	if d.Condition == nil {
		return "", errors.New("no condition")
	}
	base := map[string]any{"type": "data", "appId": appID}
	if d.Bookmark != "" {
		base["bookmarkId"] = d.Bookmark
	}
	var made struct {
		Condition struct {
			Data struct {
				Base struct {
					ID string `json:"id"`
				} `json:"conditionBase"`
			} `json:"dataCondition"`
		} `json:"condition"`
		Errors []struct{ Title, Detail string } `json:"errors"`
	}
	body := map[string]any{"type": "data", "dataCondition": struct {
		*AlertCondition
		Base map[string]any `json:"conditionBase"`
	}{d.Condition, base}}
	if err := t.call(ctx, http.MethodPost, conditionsPath, nil, body, &made); err != nil {
		return "", fmt.Errorf("condition: %w", err)
	}
	id := made.Condition.Data.Base.ID
	switch {
	case id == "" && len(made.Errors) > 0:
		return "", fmt.Errorf("condition: %s: %s", made.Errors[0].Title, made.Errors[0].Detail)
	case id == "":
		return "", fmt.Errorf("POST %s: %w: no id", conditionsPath, errReply)
	}
	return id, nil
}

// updateCondition changes the condition of an alert, or makes one if it has none, and then
// returns the ID of that.
func (t *Tenant) updateCondition(ctx context.Context, id string, live, desired DataAlert) (anew string, err error) {
	if live.Condition == nil {
		appID, err := t.id(ctx, desired.App)
		if err != nil {
			return "", err
		}
		return t.postCondition(ctx, appID, desired)
	}
	steps, err := live.Condition.becomes(desired.Condition)
	if err != nil {
		return "", err
	}
	if desired.Bookmark != "" && live.Bookmark != desired.Bookmark {
		steps = append(steps, patch{"add", "/dataCondition/conditionBase/bookmarkId", desired.Bookmark})
	}
	if len(steps) == 0 {
		return "", nil
	}
	var b alertBody
	if err := t.call(ctx, http.MethodGet, alertPath(id), nil, nil, &b); err != nil {
		return "", err
	}
	return "", t.call(ctx, http.MethodPatch, conditionPath(b.ConditionID), nil, steps, nil)
}

// becomes returns the steps from one condition to another.
func (live *AlertCondition) becomes(desired *AlertCondition) (steps []patch, err error) {
	have, err := members(live)
	if err != nil {
		return nil, err
	}
	want, err := members(desired)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"conditionData", "measures", "dimensions", "headers", "history", "selections"} {
		v, wanted := want[name]
		old, there := have[name]
		switch {
		case !wanted || there && reflect.DeepEqual(old, v):
		case there:
			steps = append(steps, replace("/dataCondition/"+name, v))
		default:
			steps = append(steps, patch{"add", "/dataCondition/" + name, v})
		}
	}
	return steps, nil
}

// members returns what a condition consists of, to compare it.
func members(c *AlertCondition) (map[string]any, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // long ones too are told apart
	return out, d.Decode(&out)
}

// tidy takes a condition away that no alert has, after an error if why is one, and returns
// that. A run that is being stopped does it too.
func (t *Tenant) tidy(ctx context.Context, id string, why error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyTime)
	defer cancel()
	err := t.call(ctx, http.MethodDelete, conditionPath(id), nil, nil, nil)
	if err == nil || errors.Is(err, ErrNotFound) {
		return why
	}
	err = fmt.Errorf("the condition %s is left, and does nothing: %w", id, err)
	if why != nil {
		err = fmt.Errorf("%w; %w", why, err)
	}
	return err
}
