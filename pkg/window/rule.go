package window

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// rule is a recurrence rule whose times last for a while.
type rule struct {
	rule  rrule.RRule
	lasts length
}

// What a rule may ask for, so that following it is a bounded amount of work. The
// library, given less, loops for ever on some rules and reads beyond its tables
// on others.
const (
	longestRule  = 500  // bytes
	mostInterval = 1000 // years, months, weeks or days
	mostTimes    = 24   // in a day
	firstYear    = 1970
	lastYear     = 2199
	longestDays  = 366 // that one time of it lasts
)

// parts are what a rule may have.
var parts = []string{
	"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYWEEKNO", "BYYEARDAY",
	"BYMONTHDAY", "BYDAY", "BYHOUR", "BYMINUTE", "BYSETPOS",
}

func newRule(text, lasts string, zone *time.Location) (recurrence, *Error) {
	l, err := newLength(lasts)
	if err != nil {
		return nil, err
	}
	o, err := options(text, zone)
	if err != nil {
		return nil, err
	}
	r, rerr := rrule.NewRRule(*o)
	if rerr != nil {
		return nil, wrong("rrule", rerr.Error(), ruleHint)
	}
	if _, ok := r.Iterator()(); !ok {
		return nil, wrong("rrule", "the rule never occurs", "no day is all that it asks for")
	}
	return rule{*r, l}, nil
}

const ruleHint = `"DTSTART:20261220T000000\nRRULE:FREQ=YEARLY"`

// options reads the two lines of a rule and refuses what would not end.
func options(text string, zone *time.Location) (*rrule.ROption, *Error) {
	text = strings.ToUpper(strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")))
	start, rest, two := strings.Cut(text, "\n")
	start, isStart := strings.CutPrefix(start, "DTSTART")
	start = strings.TrimPrefix(start, ";VALUE=DATE:")
	rest, isRule := strings.CutPrefix(rest, "RRULE:")
	switch {
	case len(text) > longestRule:
		return nil, wrong("rrule", fmt.Sprintf("the rule has more than %d bytes", longestRule), "")
	case !two || !isStart || !isRule || strings.Contains(rest, "\n"):
		return nil, wrong("rrule", "a rule is a line DTSTART and a line RRULE", ruleHint)
	case strings.HasPrefix(start, ";TZID") || strings.HasSuffix(start, "Z") && zone != time.UTC:
		return nil, wrong("rrule", "DTSTART has a time zone of its own", `write DTSTART:20261220T000000, and zone: "Europe/Berlin" beside it`)
	}
	if err := checkParts(rest); err != nil {
		return nil, err
	}
	o, err := rrule.StrToROptionInLocation("DTSTART:"+strings.TrimPrefix(start, ":")+"\nRRULE:"+rest, zone)
	if err != nil {
		return nil, wrong("rrule", strings.TrimPrefix(err.Error(), "StrToDtStart failed: "), ruleHint)
	}
	if err := checkOptions(o); err != nil {
		return nil, err
	}
	return o, nil
}

// checkParts checks the parts of a rule as they are written.
func checkParts(text string) *Error {
	seen := map[string]bool{}
	for part := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(part, "=")
		if !slices.Contains(parts, name) {
			return wrong("rrule", fmt.Sprintf("a rule has no part %q here", name), "the parts: "+strings.Join(parts, ", "))
		}
		if seen[name] {
			return wrong("rrule", name+" is given twice", "join the values by commas")
		}
		seen[name] = true
		switch n, err := strconv.Atoi(value); {
		case name != "INTERVAL" && name != "COUNT":
		case err != nil || n < 1 || name == "INTERVAL" && n > mostInterval:
			return wrong("rrule", fmt.Sprintf("%s is %q", name, value), fmt.Sprintf("a number from 1; INTERVAL at most %d", mostInterval))
		}
	}
	if seen["COUNT"] && seen["UNTIL"] {
		return wrong("rrule", "a rule has COUNT and UNTIL", "remove one of them")
	}
	return nil
}

// checkOptions checks what the parts mean.
func checkOptions(o *rrule.ROption) *Error {
	if o.Freq > rrule.DAILY {
		return wrong("rrule", "FREQ="+o.Freq.String()+" is too often", "FREQ=DAILY at most, with BYHOUR and BYMINUTE")
	}
	if max(1, len(o.Byhour))*max(1, len(o.Byminute)) > mostTimes {
		return wrong("rrule", fmt.Sprintf("BYHOUR and BYMINUTE make more than %d times a day", mostTimes), "let each last longer")
	}
	if y := o.Dtstart.Year(); y < firstYear || y > lastYear {
		return wrong("rrule", fmt.Sprintf("DTSTART is in the year %d", y), fmt.Sprintf("it is from %d to %d", firstYear, lastYear))
	}
	most := 53
	switch {
	case o.Freq > rrule.MONTHLY:
		most = 0
	case o.Freq == rrule.MONTHLY || len(o.Bymonth) > 0:
		most = 5
	}
	for _, day := range o.Byweekday {
		if n := day.N(); n > most || -n > most {
			return wrong("rrule", "BYDAY="+day.String()+" never is", "a month has at most 5 of each day of the week, a year 53; in a week or a day there is nothing to count")
		}
	}
	return nil
}

func (r rule) between(in span) (out []span) {
	own := r.rule // following a rule writes to it
	for _, from := range own.Between(r.lasts.before(in.from), in.to, true) {
		if to := r.lasts.after(from); from.Before(in.to) && in.from.Before(to) {
			out = append(out, span{from, to})
		}
	}
	return out
}

// length is a length of time; days are those of the calendar, whatever clocks do.
type length struct {
	days int
	time time.Duration
}

func newLength(s string) (l length, err *Error) {
	bad := wrong("lasts", fmt.Sprintf("%q is no length of time", s), fmt.Sprintf(`"30m", "48h" or "7d", at most %d days`, longestDays))
	if len(s) < 2 {
		return l, bad
	}
	n, nerr := strconv.Atoi(s[:len(s)-1])
	unit, ok := map[byte]int{'m': 24 * 60, 'h': 24, 'd': 1}[s[len(s)-1]]
	if nerr != nil || !ok || n < 1 || n/unit > longestDays {
		return l, bad
	}
	if unit == 1 {
		return length{days: n}, nil
	}
	return length{time: time.Duration(n) * 24 * time.Hour / time.Duration(unit)}, nil
}

func (l length) after(t time.Time) time.Time { return t.AddDate(0, 0, l.days).Add(l.time) }

// before is no later than any time after which t would be.
func (l length) before(t time.Time) time.Time { return t.AddDate(0, 0, -l.days-2).Add(-l.time) }
