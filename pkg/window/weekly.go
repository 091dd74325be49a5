package window

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are known on a bare machine too
)

// weekly is a range of the day on some days of the week.
type weekly struct {
	days     [7]bool // by time.Weekday
	from, to int     // minutes since midnight; to may be of the next day
	zone     *time.Location
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

const wholeDay = 24 * 60

func newWeekly(days []string, from, to string, zone *time.Location) (recurrence, *Error) {
	w := weekly{zone: zone, to: wholeDay}
	for _, day := range days {
		i := slices.Index(weekdays, day)
		if i < 0 {
			return nil, wrong("days", fmt.Sprintf("%q is no day of the week", day), "mon, tue, wed, thu, fri, sat, sun")
		}
		w.days[i] = true
	}
	if len(days) == 0 {
		w.days = [7]bool{true, true, true, true, true, true, true}
	}
	for _, end := range []struct {
		field, text string
		minutes     *int
		most        int
	}{{"from", from, &w.from, wholeDay - 1}, {"to", to, &w.to, wholeDay}} {
		if end.text == "" {
			continue
		}
		n, ok := timeOfDay(end.text)
		if !ok || n > end.most {
			return nil, wrong(end.field, fmt.Sprintf("%q is no time of the day", end.text), `"08:00"; "24:00" is the end of the day`)
		}
		*end.minutes = n
	}
	if w.from == w.to {
		return nil, wrong("to", "the window ends when it begins", `a whole day is from: "00:00", to: "24:00"`)
	}
	if w.to < w.from {
		w.to += wholeDay
	}
	return w, nil
}

// timeOfDay reads hh:mm as minutes since midnight, up to 24:00.
func timeOfDay(s string) (minutes int, ok bool) {
	if s == "24:00" {
		return wholeDay, true
	}
	t, err := time.Parse("15:04", s)
	return t.Hour()*60 + t.Minute(), err == nil && len(s) == len("15:04")
}

func (w weekly) between(in span) (out []span) {
	year, month, day := in.from.In(w.zone).Date()
	for day -= 2; ; day++ { // one that began before may still last
		from := time.Date(year, month, day, 0, w.from, 0, 0, w.zone)
		if !from.Before(in.to) {
			return out
		}
		if !w.days[time.Date(year, month, day, 12, 0, 0, 0, time.UTC).Weekday()] {
			continue
		}
		to := time.Date(year, month, day, 0, w.to, 0, 0, w.zone)
		if in.from.Before(to) {
			out = append(out, span{from, to})
		}
	}
}

// Location returns a time zone by its IANA name, the same on every machine; UTC for "".
func Location(name string) (*time.Location, *Error) {
	if name == "" {
		return time.UTC, nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil || strings.EqualFold(name, "local") {
		return nil, wrong("zone", fmt.Sprintf("there is no time zone %q", name), "an IANA name, such as Europe/Berlin")
	}
	return loc, nil
}
