package qlik

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// changing makes a plan of "ACTION KEY", each after the keys that follow it.
func changing(t *testing.T, changes ...[]string) *plan.Plan {
	p := &plan.Plan{}
	for _, words := range changes {
		c := plan.Change{Action: plan.Action(words[0])}
		for i, text := range words[1:] {
			k, err := plan.ParseKey(text)
			require.NoError(t, err)
			if i == 0 {
				c.Key = k
			} else {
				c.After = append(c.After, k)
			}
		}
		r := &plan.Resource{Key: c.Key, ID: "id of " + c.Key.String()}
		if c.Action == plan.Create || c.Action == plan.Publish {
			c.Desired = r
		} else {
			c.Live = r
		}
		p.Changes = append(p.Changes, c)
	}
	return p
}

func TestWhichDeletesStay(t *testing.T) {
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	in := func(minutes int) time.Time { return now.Add(time.Duration(minutes) * time.Minute) }
	made := map[string]time.Time{
		"id of app/Live/Young":   in(-10),
		"id of app/Live/Younger": in(-5),
		"id of app/Live/Grown":   in(-45),
		"id of app/Live/Old":     in(-600),
		"id of app/Live/Unknown": {},
	}
	const replaced = "app/Club/Old takes its place first"
	for name, c := range map[string]struct {
		changes [][]string
		want    map[string]Stay
	}{
		"an app that is old enough":     {[][]string{{"delete", "app/Live/Grown"}}, nil},
		"one that is not":               {[][]string{{"delete", "app/Live/Young"}}, map[string]Stay{"app/Live/Young": {in(35), tooYoung}}},
		"one of which Qlik says no age": {[][]string{{"delete", "app/Live/Unknown"}, {"delete", "app/Live/Unlisted"}}, nil},
		"what comes after it waits for the last": {
			[][]string{{"delete", "app/Live/Young"}, {"delete", "app/Live/Younger"}, {"delete", "app/Live/Old"}, {"delete", "space/Live", "app/Live/Young", "app/Live/Younger", "app/Live/Old"}, {"delete", "group/Readers", "space/Live"}, {"delete", "space/Else"}},
			map[string]Stay{"app/Live/Young": {in(35), tooYoung}, "app/Live/Younger": {in(40), tooYoung}, "space/Live": {in(40), ""}, "group/Readers": {in(40), ""}},
		},
		"what is not deleted does not": {[][]string{{"delete", "app/Live/Young"}, {"update", "space/Live", "app/Live/Young"}, {"replace", "app/Live/Younger"}}, map[string]Stay{"app/Live/Young": {in(35), tooYoung}}},
		"one that another replaces": {
			[][]string{{"delete", "app/Live/Old"}, {"publish", "app/Club/Old"}, {"publish", "app/Else/Old"}, {"delete", "space/Live", "app/Live/Old"}},
			map[string]Stay{"app/Live/Old": {time.Time{}, replaced}, "space/Live": {}},
		},
		"it may be too young, too": {
			[][]string{{"publish", "app/Club/Young"}, {"delete", "app/Live/Young"}}, map[string]Stay{"app/Live/Young": {in(35), tooYoung}},
		},
		"another that is there already": {[][]string{{"delete", "app/Live/Old"}, {"republish", "app/Club/Old"}}, nil},
		"another kind of that name":     {[][]string{{"delete", "app/Live/Old"}, {"create", "automation/Club/Old"}}, nil},
		"a kind that keeps nothing":     {[][]string{{"delete", "space/Live"}, {"create", "space/Club"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string]Stay{}
			for k, stay := range (&Tenant{made: made}).Stays(changing(t, c.changes...), now) {
				got[k.String()] = stay
			}
			require.ElementsMatch(t, slices.Collect(maps.Keys(c.want)), slices.Collect(maps.Keys(got)))
			for k, want := range c.want {
				require.Equal(t, want, got[k], k)
			}
		})
	}
}
