package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// anybody is why most users are left.
const anybody = "without a role or a custom group of their own: they come with their first login"

// liveSpec is what it takes of a spec to tell whether it is adopted.
type liveSpec struct {
	ProviderType, Type string
	Roles, Groups      []string
	Recipients         []string
	Links              []any
	Disabled           bool
	Owner, Recurrence  string
	Digest             string
	OnReload           bool
	After, Condition   json.RawMessage
}

// notAdopted says why a resource is left: "-" where nobody would miss it. Amiss is what
// the client has against it.
func notAdopted(r plan.Resource, twice []string, amiss string) string {
	if len(twice) > 0 {
		return fmt.Sprintf("there are %d of that name", len(twice))
	}
	var spec liveSpec
	if err := json.Unmarshal(r.Spec, &spec); err != nil {
		return err.Error()
	}
	switch r.Key.Kind {
	case "group":
		if spec.ProviderType == "idp" && len(spec.Roles) == 0 { // it comes by itself
			return "-"
		}
	case "banner":
		if spec.Type == "" { // there is none
			return "-"
		}
	case "pinned-links":
		if len(spec.Links) == 0 {
			return "-"
		}
	case "user":
		if len(spec.Roles)+len(spec.Groups) == 0 && !spec.Disabled {
			return anybody
		}
	}
	switch {
	case !estate.Says(r):
		return "-"
	case r.Key.Kind == "task" && spec.Owner != "bot":
		return "it belongs to another user; qdeploy would take it over, and it would run as qdeploy"
	case r.Key.Kind == "automation" && spec.Digest == "":
		return "it belongs to another user, who alone may read it, or it does nothing yet"
	case amiss != "":
		why, _, _ := strings.Cut(amiss, "; delete it") // that is for whoever declares one of that name
		return why
	}
	return cannotBeSaid(r.Key.Kind, spec)
}

// cannotBeSaid says what of a resource an estate has no words for, "" if nothing.
func cannotBeSaid(kind plan.Kind, spec liveSpec) string {
	starts := spec.Recurrence != "" || spec.OnReload
	other := func(a string) bool { return !strings.HasPrefix(a, "user:") }
	switch kind {
	case "task":
		if !starts && len(spec.After) == 0 {
			return "it starts neither by recurrence nor after another task"
		}
	case "sharing-task":
		if slices.ContainsFunc(spec.Recipients, other) {
			return "it is sent to groups, to addresses, or to somebody who is no more"
		}
	case "data-alert":
		switch {
		case len(spec.Condition) == 0:
			return "its condition is a compound one, or is gone"
		case slices.ContainsFunc(spec.Recipients, other):
			return "it tells somebody who is no more"
		}
	}
	return ""
}

// asWritten is a resource as people would write it: without what may be secret, and what an
// identity provider sets by itself.
func asWritten(r plan.Resource) plan.Resource {
	var spec map[string]any
	if json.Unmarshal(r.Spec, &spec) != nil {
		return r
	}
	switch r.Key.Kind {
	case "data-connection":
		withoutSecrets(spec)
	case "user":
		delete(spec, "name")
		if spec["disabled"] == false {
			delete(spec, "disabled")
		}
	case "identity-provider":
		plainProvider(spec)
	case "task":
		delete(spec, "owner") // it is always the same
	default:
		return r
	}
	if b, err := json.Marshal(spec); err == nil {
		r.Spec = b
	}
	return r
}

// plainProvider takes from an identity provider what follows from its protocol.
func plainProvider(spec map[string]any) {
	switch spec["protocol"] {
	case "jwtAuth":
		delete(spec, "active")
		delete(spec, "provider")
		delete(spec, "interactive")
	case "SAML":
		delete(spec, "interactive")
	case "OIDC":
		if spec["interactive"] == true {
			delete(spec, "interactive")
		}
	}
	if spec["clockToleranceSec"] == 0.0 {
		delete(spec, "clockToleranceSec")
	}
}

// nameProviders gives identity providers, of which Qlik knows no names, short ones of the estate's:
// their protocols and hosts, where these tell one from the others.
func nameProviders(rs []plan.Resource) {
	short := func(r plan.Resource) string {
		protocol, at, _ := strings.Cut(r.Key.Name, " ")
		if u, err := url.Parse(at); err == nil && u.Host != "" {
			at = u.Host
		}
		return protocol + " " + at
	}
	count := map[string]int{}
	for _, r := range rs {
		if r.Key.Kind == "identity-provider" {
			count[short(r)]++
		}
	}
	for i, r := range rs {
		if r.Key.Kind == "identity-provider" && count[short(r)] == 1 {
			rs[i].Key.Name = short(r)
		}
	}
}

// secretWords are in the names of properties that may be secret, or that Qlik masks.
var secretWords = []string{"password", "pwd", "secret", "token", "key", "credential"}

// withoutSecrets takes from a data connection properties that may be secret: Qlik masks them
// in some connectors, and none of them belongs into an estate.
func withoutSecrets(spec map[string]any) {
	properties, _ := spec["connectionProperties"].(map[string]any)
	maps.DeleteFunc(properties, func(name string, v any) bool {
		switch v.(type) {
		case string, bool, float64:
		default:
			return true
		}
		return slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(strings.ToLower(name), w) })
	})
}
