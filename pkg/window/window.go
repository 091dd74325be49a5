// Package window says when something may be done and when not: in windows that
// come again and again, and outside of freezes. It knows no clock; whoever asks
// says what time it is.
//
// A window is a range of the week, {days, from, to}, or a recurrence rule with a
// length, {rrule, lasts}, both in a time zone. A time of the day that does not
// exist on some day, or that exists twice, because clocks are changed, is what
// [time.Date] makes of it. A range that is empty on such a day is left out.
package window

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Window is a time that comes again and again. It has either a range of the week
// or a rule.
type Window struct {
	Days []string `json:"days,omitempty"` // "mon" to "sun", on which it begins; none means every day
	From string   `json:"from,omitempty"` // "08:00"; the beginning of the day when empty
	To   string   `json:"to,omitempty"`   // "24:00" when empty; before From it is of the next day

	RRule string `json:"rrule,omitempty"` // DTSTART and RRULE, a line each, see [New]
	Lasts string `json:"lasts,omitempty"` // "30m", "48h", "7d"; days are those of the calendar

	Zone string `json:"zone,omitempty"` // as IANA names it; UTC when empty
}

// Schedule says when something may be done. The zero value is always open. It may
// be used by several goroutines.
type Schedule struct {
	windows, freezes []recurrence
}

// recurrence is a window that was understood.
type recurrence interface {
	// between returns its spans that overlap one, in any order.
	between(span) []span
}

// Horizon is how far ahead [Schedule.Next] and [Schedule.Closes] look.
const Horizon = 5 * 366 * 24 * time.Hour

// Most is how many windows, and how many freezes, a schedule may have.
const Most = 100

// New returns the schedule that is open in the windows, or always if there are
// none, except in the freezes. The error is [Errors], all that is wrong.
//
// Of recurrence rules (RFC 5545) it takes what repeats yearly to daily and up to
// 24 times a day: FREQ, INTERVAL, COUNT, UNTIL, WKST, BYMONTH, BYWEEKNO, BYYEARDAY,
// BYMONTHDAY, BYDAY, BYHOUR, BYMINUTE and BYSETPOS. DTSTART and UNTIL are in the
// window's zone. DTSTART is one of its times only if the rule has it. EXDATE and
// RDATE are for other windows and freezes to say.
func New(windows, freezes []Window) (Schedule, error) {
	var s Schedule
	var wrong Errors
	s.windows = compile("windows", windows, &wrong)
	s.freezes = compile("freezes", freezes, &wrong)
	if len(wrong) > 0 {
		return Schedule{}, wrong
	}
	return s, nil
}

func compile(list string, ws []Window, wrong *Errors) (out []recurrence) {
	if len(ws) > Most {
		*wrong = append(*wrong, Error{List: list, Index: Most, Message: fmt.Sprintf("there are %d, and may be %d", len(ws), Most), Hint: "one recurrence rule may say what several do"})
		return nil
	}
	for i, w := range ws {
		r, err := w.compile()
		if err != nil {
			err.List, err.Index = list, i
			*wrong = append(*wrong, *err)
			continue
		}
		out = append(out, r)
	}
	return out
}

func (w Window) compile() (recurrence, *Error) {
	zone, err := Location(w.Zone)
	if err != nil {
		return nil, err
	}
	ranged := len(w.Days) > 0 || w.From != "" || w.To != ""
	switch {
	case w.RRule != "" && ranged:
		return nil, wrong("rrule", "a window has days, from or to, and a rule too", "remove one of them: BYDAY, BYHOUR and lasts say the same in a rule")
	case w.RRule != "" && w.Lasts == "":
		return nil, wrong("rrule", "a rule says when the window begins, and lasts is missing", `write lasts: "4h"`)
	case w.RRule != "":
		return newRule(w.RRule, w.Lasts, zone)
	case w.Lasts != "":
		return nil, wrong("lasts", "lasts goes with rrule", "a range of the week ends at to")
	case !ranged:
		return nil, wrong("", "a window says no time", `write days: ["mon"], from: "08:00", to: "17:00", or rrule and lasts`)
	}
	return newWeekly(w.Days, w.From, w.To, zone)
}

// Open reports whether it is open at a time.
func (s Schedule) Open(at time.Time) bool { return len(s.open(span{at, at.Add(1)})) > 0 }

// Next returns the next time at which it is open: at, if it is open then. It is
// false if it stays closed as far as [Horizon]. The time is in the zone of what
// made it.
func (s Schedule) Next(at time.Time) (opens time.Time, ok bool) {
	for ahead := range further() {
		if open := s.open(span{at, at.Add(ahead)}); len(open) > 0 {
			return open[0].from, true
		}
	}
	return time.Time{}, false
}

// Closes returns when it closes. It is false if it is not open at that time, or
// stays open as far as [Horizon].
func (s Schedule) Closes(at time.Time) (time.Time, bool) {
	for ahead := range further() {
		open := s.open(span{at, at.Add(ahead)})
		if len(open) == 0 || open[0].from.After(at) {
			return time.Time{}, false
		}
		if open[0].to.Before(at.Add(ahead)) {
			return open[0].to, true
		}
	}
	return time.Time{}, false
}

// further yields longer and longer times up to the horizon: most often the answer
// is near.
func further() func(func(time.Duration) bool) {
	return func(yield func(time.Duration) bool) {
		for ahead := 8 * 24 * time.Hour; ahead < Horizon; ahead *= 5 {
			if !yield(ahead) {
				return
			}
		}
		yield(Horizon)
	}
}

// open returns the parts of a span in which it is open, in order, not touching.
func (s Schedule) open(in span) []span {
	out := []span{in}
	if len(s.windows) > 0 {
		out = union(s.windows, in)
	}
	return without(out, union(s.freezes, in))
}

// span is from a time until before another.
type span struct{ from, to time.Time }

// union returns the parts of a span that any of the recurrences covers.
func union(rs []recurrence, in span) (out []span) {
	var all []span
	for _, r := range rs {
		all = append(all, r.between(in)...)
	}
	slices.SortStableFunc(all, func(a, b span) int { return a.from.Compare(b.from) })
	for _, s := range all {
		if s.from.Before(in.from) {
			s.from = in.from
		}
		if s.to.After(in.to) {
			s.to = in.to
		}
		last := len(out) - 1
		switch {
		case !s.from.Before(s.to):
		case last < 0 || s.from.After(out[last].to):
			out = append(out, s)
		case s.to.After(out[last].to):
			out[last].to = s.to
		}
	}
	return out
}

// without takes spans out of others. Both are in order and do not overlap.
func without(from, taken []span) (out []span) {
	for _, s := range from {
		for len(taken) > 0 && !s.from.Before(taken[0].to) {
			taken = taken[1:]
		}
		for _, t := range taken {
			if !t.from.Before(s.to) {
				break
			}
			if s.from.Before(t.from) {
				out = append(out, span{s.from, t.from})
			}
			s.from = t.to
		}
		if s.from.Before(s.to) {
			out = append(out, s)
		}
	}
	return out
}

// Error is what is wrong with one window.
type Error struct {
	List    string // "windows" or "freezes"
	Index   int    // in the list
	Field   string // "days", "from", "to", "rrule", "lasts", "zone"; "" for the whole
	Message string
	Hint    string // what to do about it
}

func (e Error) Error() string {
	s := fmt.Sprintf("%s[%d]", e.List, e.Index)
	if e.Field != "" {
		s += "." + e.Field
	}
	return s + ": " + e.Message
}

// Errors is everything that is wrong, in order.
type Errors []Error

func (es Errors) Error() string {
	var lines []string
	for _, e := range es {
		lines = append(lines, e.Error())
	}
	return strings.Join(lines, "\n")
}

func wrong(field, message, hint string) *Error {
	return &Error{Field: field, Message: message, Hint: hint}
}
