package qliktest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// patchTask changes a task, which then belongs to the caller.
func patchTask(c *call) reply {
	x, refused := c.task()
	if refused != nil {
		return *refused
	}
	next := *x
	list, bad := c.patches([]string{"add", "remove", "replace"}, []string{"/name", "/description", "/enabled", "/start", "/events", "/states"})
	for _, op := range list {
		f := &fields{m: map[string]json.RawMessage{"value": op.value}}
		if part := next.part(op.path); part != nil {
			if op.op == "replace" && *part == nil || op.op == "remove" && *part == nil {
				bad = cmp.Or(bad, "nothing at "+op.path)
			}
			if *part = op.value; op.op == "remove" {
				*part = nil
			}
			continue
		}
		if op.op == "remove" {
			bad = cmp.Or(bad, op.path+" cannot be removed") // assumed
		}
		switch op.path {
		case "/name":
			next.Name = f.str("value")
		case "/description":
			next.Description = f.str("value")
		case "/enabled":
			next.Enabled, next.Code = f.bool("value"), ""
			if !next.Enabled {
				next.Code = "MANUALLY"
			}
		}
		if bad == "" {
			bad = f.err
		}
	}
	if bad == "" {
		bad = next.read(func(id string) bool { // a task whose other is gone may still be changed
			return c.tenant.Tasks.has(id) || bytes.Contains(x.Events, []byte(id))
		})
	}
	switch {
	case bad != "":
		return c.badRequest("%s", bad)
	case next.App != x.App:
		return c.badRequest("a task stays with its app") // assumed
	}
	next.Owner, next.Updated = c.caller.ID, c.now
	c.tenant.renamed("tasks", x.App+" "+x.Name, x.App+" "+next.Name)
	c.tenant.Tasks.rename(x, func() { *x = next })
	return ok(c.viewTask(x))
}

// part returns what of a task a path is about, nil if it is no document.
func (x *task) part(path string) *json.RawMessage {
	switch path {
	case "/start":
		return &x.Start
	case "/events":
		return &x.Events
	case "/states":
		return &x.States
	}
	return nil
}

// read reads the app, and says what is wrong with when it is reloaded. known reports
// whether there is a task with an ID.
func (x *task) read(known func(id string) bool) string {
	var states []struct {
		Type     string
		OnEvents []struct {
			EventRefs []string
			Actions   []struct {
				FunctionRef struct {
					RefName   string
					Arguments struct{ AppID string }
				}
			}
		}
	}
	events, bad := taskEvents(x.Events, known)
	switch {
	case bad != "":
		return bad
	case (x.Start == nil) == (len(events) == 0):
		return "a task has either start or events"
	case x.Start != nil && !scheduledStart(x.Start):
		return "start is no schedule with a recurrence"
	case json.Unmarshal(x.States, &states) != nil || len(states) != 1 || states[0].Type != "EVENT" || len(states[0].OnEvents) != 1:
		return "states is not one state of the type EVENT"
	}
	on := states[0].OnEvents[0]
	switch {
	case on.EventRefs == nil:
		return "eventRefs is required"
	case len(events) > 0 && !slices.Equal(on.EventRefs, events): // assumed
		return "eventRefs are not the events"
	case len(on.Actions) != 1 || on.Actions[0].FunctionRef.RefName != "app.reload":
		return "the action is not app.reload"
	}
	x.App = on.Actions[0].FunctionRef.Arguments.AppID
	return ""
}

func scheduledStart(text json.RawMessage) bool {
	var start struct {
		Schedule struct{ Recurrence, StartDateTime, EndDateTime, Timezone string }
	}
	return json.Unmarshal(text, &start) == nil && strings.HasPrefix(strings.TrimPrefix(start.Schedule.Recurrence, "RRULE:"), "FREQ=")
}

// taskEvents returns the names of what a task waits for, or what is wrong with it: that
// is the end of a task of this tenant, or new data of an app.
func taskEvents(text json.RawMessage, known func(id string) bool) (names []string, bad string) {
	var events []struct {
		Name, Source, Type string
		Correlation        []struct{ ContextAttributeName, ContextAttributeValue string }
	}
	if text != nil && json.Unmarshal(text, &events) != nil {
		return nil, "events is no list of events"
	}
	for _, e := range events {
		switch e.Source + " " + e.Type {
		case "dataset.updated com.qlik/active-analytics-orch":
		case "system-events.task com.qlik.v1.task.run.finished":
			found := false
			for _, c := range e.Correlation {
				switch c.ContextAttributeName {
				case "id":
					found = known(c.ContextAttributeValue)
				case "status", "appId", "spaceId", "datasetId":
				default:
					return nil, "correlation has no attribute " + c.ContextAttributeName
				}
			}
			if !found { // assumed: as the short way to create has it, CHO-016
				return nil, "an event is about no task of this tenant"
			}
		default:
			return nil, "no event " + e.Type + " of " + e.Source
		}
		names = append(names, cmp.Or(e.Name, "-"))
	}
	return names, ""
}
