package estate

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Select returns the tenants that any of the selectors fits, sorted by name;
// all of them when there is no selector. A selector is the name of a tenant, a
// pattern of names ("acme-*"), a label and its value ("tier=gold"), or a region
// ("region=eu"). Joined by commas all of them must fit: "tier=gold,region=eu".
//
// A selector that fits no tenant is an error: a misspelt name must not look like
// an estate in which there is nothing to do.
func (e *Estate) Select(selectors []string) ([]Tenant, error) {
	if len(selectors) == 0 {
		return e.Tenants(), nil
	}
	chosen := map[string]bool{}
	for _, s := range selectors {
		fits, err := e.selector(s)
		if err != nil {
			return nil, err
		}
		n := len(chosen)
		any := false
		for _, t := range e.tenants {
			if fits(t.Tenant) {
				chosen[t.Name], any = true, true
			}
		}
		if !any && n == len(chosen) {
			return nil, fmt.Errorf("no tenant fits %q", s)
		}
	}
	return slices.DeleteFunc(e.Tenants(), func(t Tenant) bool { return !chosen[t.Name] }), nil
}

// selector parses one selector; each of its terms fits some tenant.
func (e *Estate) selector(s string) (func(Tenant) bool, error) {
	var terms []func(Tenant) bool
	for term := range strings.SplitSeq(s, ",") {
		fits, err := e.term(strings.TrimSpace(term))
		if err != nil {
			return nil, err
		}
		terms = append(terms, fits)
	}
	return func(t Tenant) bool {
		return !slices.ContainsFunc(terms, func(fits func(Tenant) bool) bool { return !fits(t) })
	}, nil
}

func (e *Estate) term(s string) (func(Tenant) bool, error) {
	name, value, labelled := strings.Cut(s, "=")
	switch {
	case !labelled:
		return e.nameTerm(s)
	case name == "region":
		if _, ok := e.regions[value]; !ok {
			return nil, unknown("region", value, sorted(e.regions))
		}
		return func(t Tenant) bool { return t.Region == value }, nil
	}
	values := e.labelValues(name)
	if len(values) == 0 {
		return nil, unknown("label", name, append(e.labelNames(), "region"))
	}
	if !slices.Contains(values, value) {
		return nil, unknown("label "+name+":", value, values)
	}
	return func(t Tenant) bool { return t.Labels[name] == value }, nil
}

func (e *Estate) nameTerm(pattern string) (func(Tenant) bool, error) {
	if !strings.ContainsAny(pattern, `*?[\`) {
		if e.byName[pattern] == nil {
			return nil, unknown("tenant", pattern, sorted(e.byName))
		}
		return func(t Tenant) bool { return t.Name == pattern }, nil
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fmt.Errorf("%q is not a pattern of names", pattern)
	}
	fits := func(t Tenant) bool {
		ok, _ := path.Match(pattern, t.Name)
		return ok
	}
	if !slices.ContainsFunc(e.Tenants(), fits) {
		return nil, fmt.Errorf("no tenant is called %q", pattern)
	}
	return fits, nil
}

// unknown says that there is no such thing, and what was perhaps meant.
func unknown(what, name string, known []string) error {
	if hint := orKnown(didYouMean(name, known), known); hint != "" {
		return fmt.Errorf("there is no %s %q; %s", what, name, hint)
	}
	return fmt.Errorf("there is no %s %q", what, name)
}
