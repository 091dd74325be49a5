package estate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// complete checks one tenant against the estate, and adds it. Fields of its
// declaration are found with at.
func (l *load) complete(t *tenant, d declaration, at func(path ...string) string) {
	region := l.e.regions[d.Region]
	if !l.declared["regions"][d.Region] {
		l.report(Problem{
			Pos: at("region"), Tenant: d.Name,
			Message: fmt.Sprintf("region %q is not declared", d.Region),
			Hint:    hintFrom(d.Region, sorted(l.declared["regions"])),
		})
	}
	t.Subscription = l.subscription(d, at)
	host := d.Host
	switch {
	case d.Alias != "" && d.Host != "":
		l.report(Problem{Pos: at("host"), Tenant: d.Name, Message: "the tenant has both an alias and a host", Hint: "remove one of them"})
	case d.Alias != "":
		host = d.Alias + "." + region.Domain
	case d.Host == "":
		l.report(Problem{Pos: at(), Tenant: d.Name, Message: "the tenant has neither an alias nor a host",
			Hint: `write alias: "acme" for acme.` + d.Region + `.qlikcloud.com`})
	}
	switch names := d.Template.(type) {
	case string:
		t.templates = []string{names}
	case []any:
		for _, n := range names {
			t.templates = append(t.templates, fmt.Sprint(n))
		}
	}
	for i, name := range t.templates {
		if !slices.Contains(l.e.templates, name) {
			t.broken = true
			l.report(Problem{
				Pos: at("template", strconv.Itoa(i)), Tenant: d.Name,
				Message: fmt.Sprintf("template %q is not declared", name),
				Hint:    hintFrom(name, l.e.templates),
			})
		}
	}
	t.Name, t.Title, t.Region, t.Host, t.State = d.Name, d.Title, d.Region, strings.ToLower(host), d.State
	t.Labels, t.Create, t.Deactivate = d.Labels, d.Create, d.Deactivate
	l.life(t, d, region, at)
	t.setFacts(d)
	l.e.tenants = append(l.e.tenants, t)
}

// setFacts notes what a template sees of the tenant, as JSON and name by name.
func (t *tenant) setFacts(d declaration) {
	if d.Labels == nil {
		d.Labels = map[string]string{}
	}
	if d.Variables == nil {
		d.Variables = json.RawMessage("{}")
	}
	facts := struct {
		Name      string            `json:"name"`
		Title     string            `json:"title"`
		Region    string            `json:"region"`
		Host      string            `json:"host"`
		Labels    map[string]string `json:"labels"`
		Variables json.RawMessage   `json:"variables"`
	}{t.Name, t.Title, t.Region, t.Host, d.Labels, d.Variables}
	var err error
	if t.facts, err = json.Marshal(facts); err != nil {
		panic(err) // it was JSON before
	}
	t.Values = map[string]string{}
	d2 := json.NewDecoder(strings.NewReader(string(t.facts)))
	d2.UseNumber()
	var all map[string]any
	if err := d2.Decode(&all); err != nil {
		panic(err)
	}
	flatten(t.Values, "", all)
}

// flatten puts the scalars in v into values: {"variables": {"a": [1]}} is
// "variables.a.0": "1".
func flatten(values map[string]string, name string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			flatten(values, join(name, k), e)
		}
	case []any:
		for i, e := range v {
			flatten(values, join(name, strconv.Itoa(i)), e)
		}
	case nil:
	default:
		values[name] = fmt.Sprint(v)
	}
}

func join(name, field string) string {
	if name == "" {
		return field
	}
	return name + "." + field
}

// checkTenants sorts the tenants and says which of them clash.
func (l *load) checkTenants() {
	slices.SortFunc(l.e.tenants, func(a, b *tenant) int {
		if a.Name == b.Name {
			return Problem{Pos: a.Pos}.compare(Problem{Pos: b.Pos})
		}
		return strings.Compare(a.Name, b.Name)
	})
	hosts := map[string]*tenant{}
	for _, t := range l.e.tenants {
		if first := l.e.byName[t.Name]; first != nil {
			l.report(Problem{
				Pos:     t.Pos,
				Message: fmt.Sprintf("two tenants are called %q", t.Name),
				Hint:    "the other is at " + first.Pos,
			})
			continue
		}
		l.e.byName[t.Name] = t
		if t.Host == "" {
			continue
		}
		if first := hosts[t.Host]; first != nil {
			l.report(Problem{
				Pos:     t.Pos,
				Message: fmt.Sprintf("%s and %s have one host, %s", first.Name, t.Name, t.Host),
				Hint:    "the other is at " + first.Pos,
			})
			continue
		}
		hosts[t.Host] = t
	}
}
