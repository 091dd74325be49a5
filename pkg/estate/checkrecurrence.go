package estate

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/window"
	"github.com/qdeploy/qdeploy/schema"
)

// means checks the texts of a resource that mean something, and look as if they did: a
// time zone, and a recurrence.
func (x *expansion) means(k schema.Kind, r plan.Resource, spec map[string]any) {
	for _, field := range sorted(k.Means) {
		text, written := spec[field].(string)
		if !written {
			continue
		}
		p := Problem{Key: r.Key}
		switch k.Means[field] {
		case "zone":
			if _, err := window.Location(text); err != nil {
				p.Message, p.Hint = err.Message, cmp.Or(didYouMean(text, zones), err.Hint)
			}
		case "recurrence":
			if message, hint := checkRecurrence(text); message != "" {
				p.Message, p.Hint = field+": "+message, hint
			}
		}
		if p.Message != "" {
			p.Pos = x.pos(string(k.Name), r.Key.Name, field)
			x.problem(p)
		}
	}
}

// rulePart is what a part of a recurrence rule may be: one of the words, or a list of numbers
// from least to most, and of their negatives if it counts from the end too.
type rulePart struct {
	words       []string
	least, most int
	signed      bool
	single      bool
	days        bool // of the week, with a number before each
}

// ruleParts are those of RFC 5545, section 3.3.10. Qlik documents none that it does not take.
var ruleParts = map[string]rulePart{
	"FREQ":       {words: []string{"SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"}},
	"WKST":       {words: weekdays},
	"UNTIL":      {}, // a time, see isUntil
	"COUNT":      {least: 1, single: true},
	"INTERVAL":   {least: 1, single: true},
	"BYSECOND":   {most: 60},
	"BYMINUTE":   {most: 59},
	"BYHOUR":     {most: 23},
	"BYDAY":      {least: 1, most: 53, signed: true, days: true},
	"BYMONTHDAY": {least: 1, most: 31, signed: true},
	"BYYEARDAY":  {least: 1, most: 366, signed: true},
	"BYWEEKNO":   {least: 1, most: 53, signed: true},
	"BYMONTH":    {least: 1, most: 12},
	"BYSETPOS":   {least: 1, most: 366, signed: true},
}

var weekdays = []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}

// checkRecurrence says what is wrong with a recurrence rule, by RFC 5545, section 3.3.10:
// "FREQ=WEEKLY;BYDAY=MO". It says nothing of one that is right.
func checkRecurrence(text string) (message, hint string) {
	got := map[string]string{}
	for piece := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(piece, "=")
		p, known := ruleParts[name]
		switch {
		case name == "DTSTART" || name == "DTEND":
			return "a rule does not say when it begins or ends", "write startDateTime"
		case !known:
			return fmt.Sprintf("a rule has no part %q", name), hintFrom(name, sorted(ruleParts))
		case got[name] != "":
			return name + " is there twice", "write it once, with commas between its values"
		case name == "UNTIL" && !isUntil(value):
			return fmt.Sprintf("UNTIL is %q", value), "it must be a day that exists, with a time or without: 20261231 or 20261231T235959Z"
		case name != "UNTIL" && !p.allows(value):
			return fmt.Sprintf("%s is %q", name, value), cmp.Or(didYouMean(value, p.words), "it must be "+p.String())
		}
		got[name] = value
	}
	return clashOf(got)
}

var numberedDay = regexp.MustCompile(`^([+-]?[0-9]+)?([A-Z]{2})$`)

// allows reports whether a part may be this.
func (p rulePart) allows(value string) bool {
	if p.words != nil {
		return slices.Contains(p.words, value)
	}
	values := strings.Split(value, ",")
	if p.single && len(values) > 1 {
		return false
	}
	return !slices.ContainsFunc(values, func(v string) bool {
		if p.days {
			m := numberedDay.FindStringSubmatch(v)
			if m == nil || !slices.Contains(weekdays, m[2]) {
				return true
			}
			if v = m[1]; v == "" {
				return false
			}
		}
		n, err := strconv.Atoi(v)
		if err != nil || !p.signed && strings.ContainsAny(v, "+-") {
			return true
		}
		n = max(n, -n)
		return n < p.least || p.most > 0 && n > p.most
	})
}

// String says what a part may be.
func (p rulePart) String() string {
	switch {
	case p.words != nil:
		return oneOf(p.words)
	case p.days:
		return "days of the week, MO, TU, WE, TH, FR, SA or SU, each with a number before it or without: 1MO,-1FR"
	case p.single:
		return fmt.Sprintf("a whole number from %d", p.least)
	case p.signed:
		return fmt.Sprintf("numbers from %d to %d, or from -%d to -%d, with commas between", p.least, p.most, p.most, p.least)
	}
	return fmt.Sprintf("numbers from %d to %d, with commas between", p.least, p.most)
}

// isUntil reports whether this is a day, or a time, as rules write them.
func isUntil(value string) bool {
	return slices.ContainsFunc([]string{"20060102", "20060102T150405", "20060102T150405Z"}, func(layout string) bool {
		_, err := time.Parse(layout, value)
		return err == nil && len(value) == len(layout)
	})
}

// clashOf says which parts of a rule do not go together; nothing if all do.
func clashOf(got map[string]string) (message, hint string) {
	has := func(name string) bool { return got[name] != "" }
	every := func(freqs ...string) bool { return slices.Contains(freqs, got["FREQ"]) }
	counted := strings.ContainsAny(got["BYDAY"], "123456789")
	others := slices.DeleteFunc(sorted(got), func(name string) bool { return !strings.HasPrefix(name, "BY") || name == "BYSETPOS" })
	switch {
	case !has("FREQ"):
		return "FREQ is missing", `"FREQ=WEEKLY;BYDAY=MO"`
	case has("COUNT") && has("UNTIL"):
		return "a rule has COUNT or UNTIL, not both", "leave one of them out"
	case counted && !every("MONTHLY", "YEARLY"):
		return fmt.Sprintf("BYDAY=%s counts the days of a month or a year", got["BYDAY"]), "write them without numbers, or FREQ=MONTHLY or FREQ=YEARLY"
	case counted && has("BYWEEKNO"):
		return "BYDAY has numbers, and they do not go with BYWEEKNO", "write the days without numbers"
	case has("BYMONTHDAY") && every("WEEKLY"):
		return "BYMONTHDAY does not go with FREQ=WEEKLY", "write BYDAY, or FREQ=MONTHLY"
	case has("BYYEARDAY") && every("DAILY", "WEEKLY", "MONTHLY"):
		return "BYYEARDAY does not go with FREQ=" + got["FREQ"], "write FREQ=YEARLY"
	case has("BYWEEKNO") && !every("YEARLY"):
		return "BYWEEKNO does not go with FREQ=" + got["FREQ"], "write FREQ=YEARLY"
	case has("BYSETPOS") && len(others) == 0:
		return "BYSETPOS chooses among what other parts give, and there are none", "write BYDAY or the like beside it"
	case neverADay(got):
		return fmt.Sprintf("BYMONTH=%s has no BYMONTHDAY=%s in it", got["BYMONTH"], got["BYMONTHDAY"]), "February has 29 days at most; April, June, September and November have 30"
	}
	return "", ""
}

// neverADay reports whether none of the days is in any of the months.
func neverADay(got map[string]string) bool {
	if got["BYMONTH"] == "" || got["BYMONTHDAY"] == "" {
		return false
	}
	most := [...]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	for month := range strings.SplitSeq(got["BYMONTH"], ",") {
		for day := range strings.SplitSeq(got["BYMONTHDAY"], ",") {
			m, _ := strconv.Atoi(month)
			d, _ := strconv.Atoi(day)
			if max(d, -d) <= most[m] {
				return false
			}
		}
	}
	return true
}
