package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// later returns the deletes that a later run makes, with a note for each app: of apps that
// Qlik could not bring back, of those whose place another app takes in this run, and of
// what comes after them.
//
// https://qlik.dev/manage/analytics-applications/restore-deleted-app
func (s *study) later(now time.Time) (waits map[plan.Key]bool, notes []string) {
	waits = map[plan.Key]bool{}
	made := s.madeApps()
	for _, c := range s.plan.Changes { // each comes after those that it waits for
		if c.Action != plan.Delete {
			continue
		}
		if why := s.stays(c, made, now); why != "" {
			waits[c.Key] = true
			notes = append(notes, fmt.Sprintf("%s is deleted by a later run: %s", c.Key, why))
		}
		if slices.ContainsFunc(c.After, func(k plan.Key) bool { return waits[k] }) {
			waits[c.Key] = true
		}
	}
	return waits, notes
}

// madeApps are the apps that the plan makes, by their names.
func (s *study) madeApps() map[string]plan.Key {
	made := map[string]plan.Key{}
	for _, c := range s.plan.Changes {
		if c.Key.Kind == "app" && c.Live == nil && c.Desired != nil {
			if _, one := made[appName(c.Key)]; !one {
				made[appName(c.Key)] = c.Key
			}
		}
	}
	return made
}

// stays says why an app that is to be deleted outlives this run, "" if it does not.
func (s *study) stays(c plan.Change, made map[string]plan.Key, now time.Time) string {
	if c.Key.Kind != "app" || c.Live == nil {
		return ""
	}
	if now.Before(s.live.Restorable(c.Live.ID)) {
		return fmt.Sprintf("it is younger than %.0f minutes, and Qlik could not bring it back", qlik.SafeAge.Minutes())
	}
	if other, ok := made[appName(c.Key)]; ok {
		return other.String() + " takes its place first"
	}
	return ""
}

// appName is the name of an app without the space that it is in.
func appName(k plan.Key) string { return k.Name[strings.LastIndex(k.Name, "/")+1:] }
