package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// placeGroup is the tenants that run the same in an environment.
type placeGroup struct {
	what    string
	tenants []string
}

// groupPlaces groups places by what they run, most tenants first.
func groupPlaces(places []place) (out []placeGroup) {
	by := map[string][]string{}
	for _, at := range places {
		what := "none"
		if version, _, _ := strings.Cut(at.Release, "+"); version != "" {
			what = short(version)
		}
		by[what] = append(by[what], at.Tenant)
	}
	for _, what := range slices.Sorted(maps.Keys(by)) {
		out = append(out, placeGroup{what, by[what]})
	}
	slices.SortStableFunc(out, func(a, b placeGroup) int { return len(b.tenants) - len(a.tenants) })
	return out
}

func plural(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// someNames lists names, the first of them when there are many.
func someNames(names []string, most int) string {
	if len(names) <= most+1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
