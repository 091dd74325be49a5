package window

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// at reads a time as "2026-11-30 08:00 Europe/Berlin"; UTC without a zone.
func at(t *testing.T, s string) time.Time {
	t.Helper()
	zone := time.UTC
	if parts := strings.SplitN(s, " ", 3); len(parts) == 3 {
		var err error
		zone, err = time.LoadLocation(parts[2])
		require.NoError(t, err)
		s = parts[0] + " " + parts[1]
	}
	out, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
	require.NoError(t, err)
	return out
}

var (
	office = Window{Days: []string{"mon", "tue", "wed", "thu", "fri"}, From: "08:00", To: "17:00", Zone: "Europe/Berlin"}
	nights = Window{From: "22:00", To: "04:00", Zone: "America/New_York"}
	year   = Window{RRule: "DTSTART:20261220T000000\nRRULE:FREQ=YEARLY", Lasts: "14d", Zone: "Europe/Berlin"}
)

func TestSchedule(t *testing.T) {
	const never = ""
	for _, test := range []struct {
		name             string
		windows, freezes []Window
		at, opens        string
		closes           string // after it has opened
	}{
		{"no windows", nil, nil, "2026-11-28 12:00", "2026-11-28 12:00", never},
		{"open now", []Window{office}, nil, "2026-11-27 16:59 Europe/Berlin", "2026-11-27 16:59 Europe/Berlin", "2026-11-27 17:00 Europe/Berlin"},
		{"the end is not of it", []Window{office}, nil, "2026-11-27 17:00 Europe/Berlin", "2026-11-30 08:00 Europe/Berlin", "2026-11-30 17:00 Europe/Berlin"},
		{"over midnight", []Window{nights}, nil, "2026-11-28 03:00 America/New_York", "2026-11-28 03:00 America/New_York", "2026-11-28 04:00 America/New_York"},
		{"over midnight into a day without one", []Window{{Days: []string{"sat"}, From: "22:00", To: "04:00"}}, nil, "2026-11-29 03:00", "2026-11-29 03:00", "2026-11-29 04:00"},
		{"24:00 joins 00:00", []Window{{Days: []string{"sat", "sun"}}}, nil, "2026-11-28 12:00", "2026-11-28 12:00", "2026-11-30 00:00"},
		{"from alone", []Window{{From: "20:00"}}, nil, "2026-11-28 12:00", "2026-11-28 20:00", "2026-11-29 00:00"},
		{"all days for ever", []Window{{From: "00:00", To: "24:00"}}, nil, "2026-11-28 12:00", "2026-11-28 12:00", never},

		{"freeze without windows", nil, []Window{year}, "2026-12-24 12:00 Europe/Berlin", "2027-01-03 00:00 Europe/Berlin", "2027-12-20 00:00 Europe/Berlin"},
		{"freeze inside a window", []Window{office}, []Window{{From: "12:00", To: "13:00", Zone: "Europe/Berlin"}}, "2026-11-30 12:30 Europe/Berlin", "2026-11-30 13:00 Europe/Berlin", "2026-11-30 17:00 Europe/Berlin"},
		{"overlapping freezes", nil, []Window{{From: "08:00", To: "11:00"}, {From: "10:00", To: "12:00"}, {From: "09:00", To: "09:30"}}, "2026-11-30 08:30", "2026-11-30 12:00", "2026-12-01 08:00"},
		{"freezes that touch", nil, []Window{{From: "08:00", To: "10:00"}, {From: "10:00", To: "12:00"}}, "2026-11-30 08:00", "2026-11-30 12:00", "2026-12-01 08:00"},
		{"freeze over the window", []Window{office}, []Window{year}, "2026-12-18 18:00 Europe/Berlin", "2027-01-04 08:00 Europe/Berlin", "2027-01-04 17:00 Europe/Berlin"},
		{"never", []Window{office}, []Window{{From: "00:00", To: "24:00", Zone: "Europe/Berlin"}}, "2026-11-30 12:00", never, never},
		{"the rule has ended", []Window{{RRule: "DTSTART:20200101T000000\nRRULE:FREQ=DAILY;COUNT=3", Lasts: "2h"}}, nil, "2026-11-30 12:00", never, never},
		{"once in five years", []Window{{RRule: "DTSTART:20240229T080000\nRRULE:FREQ=YEARLY", Lasts: "2h"}}, nil, "2026-11-30 12:00", "2028-02-29 08:00", "2028-02-29 10:00"},
		{"last friday of the month", []Window{{RRule: "DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=MONTHLY;BYDAY=-1FR", Lasts: "90m"}}, nil, "2026-11-01 00:00", "2026-11-27 00:00", "2026-11-27 01:30"},

		// 2026-03-29 02:00 in Berlin is 03:00; 2026-10-25 03:00 is 02:00 again.
		{"the hour that is not", []Window{{From: "02:00", To: "04:00", Zone: "Europe/Berlin"}}, nil, "2026-03-29 00:00 UTC", "2026-03-29 01:00 UTC", "2026-03-29 02:00 UTC"},
		{"an hour less of a freeze", nil, []Window{{From: "01:00", To: "04:00", Zone: "Europe/Berlin"}}, "2026-03-29 00:00 UTC", "2026-03-29 02:00 UTC", "2026-03-29 23:00 UTC"},
		{"an hour more", []Window{{From: "01:00", To: "04:00", Zone: "Europe/Berlin"}}, nil, "2026-10-24 23:00 UTC", "2026-10-24 23:00 UTC", "2026-10-25 03:00 UTC"},
		{"summer", []Window{office}, nil, "2026-07-01 00:00 UTC", "2026-07-01 06:00 UTC", "2026-07-01 15:00 UTC"},
		{"winter", []Window{office}, nil, "2026-12-01 00:00 UTC", "2026-12-01 07:00 UTC", "2026-12-01 16:00 UTC"},
		{"a rule keeps its time of day", []Window{{RRule: "DTSTART:20260101T080000\nRRULE:FREQ=DAILY", Lasts: "1h", Zone: "America/New_York"}}, nil, "2026-07-01 00:00 UTC", "2026-07-01 12:00 UTC", "2026-07-01 13:00 UTC"},
		// 2026-03-08 02:00 in New York is 03:00; 2026-11-01 02:00 is 01:00 again.
		{"a night of five hours", []Window{nights}, nil, "2026-03-08 02:00 UTC", "2026-03-08 03:00 UTC", "2026-03-08 08:00 UTC"},
		{"a night of seven hours", []Window{nights}, nil, "2026-11-01 01:00 UTC", "2026-11-01 02:00 UTC", "2026-11-01 09:00 UTC"},
		{"a day of 23 hours", []Window{{RRule: "DTSTART:20260308T000000\nRRULE:FREQ=YEARLY", Lasts: "1d", Zone: "America/New_York"}}, nil, "2026-03-08 05:00 UTC", "2026-03-08 05:00 UTC", "2026-03-09 04:00 UTC"},
		{"a day of 24 hours", []Window{{RRule: "DTSTART:20260308T000000\nRRULE:FREQ=YEARLY", Lasts: "24h", Zone: "America/New_York"}}, nil, "2026-03-08 05:00 UTC", "2026-03-08 05:00 UTC", "2026-03-09 05:00 UTC"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := New(test.windows, test.freezes)
			require.NoError(t, err)
			now := at(t, test.at)
			opens, ok := s.Next(now)
			if test.opens == never {
				require.False(t, ok)
				return
			}
			require.True(t, ok)
			require.Equal(t, at(t, test.opens).UTC(), opens.UTC())
			closes, ok := s.Closes(opens)
			if test.closes == never {
				require.False(t, ok)
				return
			}
			require.Equal(t, at(t, test.closes).UTC(), closes.UTC())
			if opens.After(now) {
				_, ok = s.Closes(now)
				require.False(t, ok, "what is closed does not close")
			}
		})
	}
}

// TestNextIsInItsZone holds that people read the time of the window's zone.
func TestNextIsInItsZone(t *testing.T) {
	s, err := New([]Window{office}, nil)
	require.NoError(t, err)
	opens, _ := s.Next(at(t, "2026-11-28 12:00"))
	require.Equal(t, "Mon 2026-11-30 08:00 CET", opens.Format("Mon 2006-01-02 15:04 MST"))
}

func TestNewSaysWhatIsWrong(t *testing.T) {
	ruled := func(rrule, lasts string) Window { return Window{RRule: rrule, Lasts: lasts} }
	daily := func(parts string) Window { return ruled("DTSTART:20260101T000000\nRRULE:"+parts, "1h") }
	for _, test := range []struct {
		name, want string
		window     Window
	}{
		{"nothing", "windows[0]: a window says no time", Window{Zone: "Europe/Berlin"}},
		{"both", "windows[0].rrule: a window has days, from or to, and a rule too", Window{From: "08:00", RRule: year.RRule, Lasts: "1h"}},
		{"no lasts", "windows[0].rrule: a rule says when the window begins, and lasts is missing", ruled(year.RRule, "")},
		{"no rule", "windows[0].lasts: lasts goes with rrule", Window{From: "08:00", Lasts: "1h"}},
		{"empty", "windows[0].to: the window ends when it begins", Window{From: "08:00", To: "08:00"}},
		{"day", `windows[0].days: "monday" is no day of the week`, Window{Days: []string{"monday"}}},
		{"time", `windows[0].from: "8:00" is no time of the day`, Window{From: "8:00"}},
		{"24:00 is no beginning", `windows[0].from: "24:00" is no time of the day`, Window{From: "24:00"}},
		{"25:00", `windows[0].to: "25:00" is no time of the day`, Window{To: "25:00"}},
		{"zone", `windows[0].zone: there is no time zone "Europe/Munich"`, Window{From: "08:00", Zone: "Europe/Munich"}},
		{"this machine's zone", `windows[0].zone: there is no time zone "Local"`, Window{From: "08:00", Zone: "Local"}},
		{"length", `windows[0].lasts: "1w" is no length of time`, ruled(year.RRule, "1w")},
		{"long length", `windows[0].lasts: "9000h" is no length of time`, ruled(year.RRule, "9000h")},
		{"huge length", `windows[0].lasts: "99999999999999999999d" is no length of time`, ruled(year.RRule, "99999999999999999999d")},

		{"no start", "windows[0].rrule: a rule is a line DTSTART and a line RRULE", ruled("RRULE:FREQ=DAILY", "1h")},
		{"three lines", "windows[0].rrule: a rule is a line DTSTART and a line RRULE", ruled(year.RRule+"\nEXDATE:20270101T000000", "1h")},
		{"a zone of its own", "windows[0].rrule: DTSTART has a time zone of its own", ruled("DTSTART;TZID=Europe/Berlin:20260101T000000\nRRULE:FREQ=DAILY", "1h")},
		{"bad start", `windows[0].rrule: parsing time "2026" as "20060102T150405Z": cannot parse "" as "01"`, ruled("DTSTART:2026\nRRULE:FREQ=DAILY", "1h")},
		{"old start", "windows[0].rrule: DTSTART is in the year 1600", ruled("DTSTART:16000101T000000\nRRULE:FREQ=DAILY", "1h")},
		{"long", "windows[0].rrule: the rule has more than 500 bytes", daily("FREQ=DAILY;BYHOUR=" + strings.Repeat("1,", 300) + "1")},
		{"too often", "windows[0].rrule: FREQ=SECONDLY is too often", daily("FREQ=SECONDLY")},
		{"never matching hours", "windows[0].rrule: FREQ=HOURLY is too often", daily("FREQ=HOURLY;INTERVAL=24;BYHOUR=5")},
		{"too often a day", "windows[0].rrule: BYHOUR and BYMINUTE make more than 24 times a day", daily("FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5")},
		{"never", "windows[0].rrule: the rule never occurs", daily("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")},
		{"sixth monday", "windows[0].rrule: BYDAY=+6MO never is", daily("FREQ=MONTHLY;BYDAY=6MO")},
		{"first monday of the week", "windows[0].rrule: BYDAY=-1MO never is", daily("FREQ=WEEKLY;BYDAY=-1MO")},
		{"easter", `windows[0].rrule: a rule has no part "BYEASTER" here`, daily("FREQ=YEARLY;BYEASTER=400")},
		{"twice", "windows[0].rrule: FREQ is given twice", daily("FREQ=YEARLY;FREQ=DAILY")},
		{"interval", `windows[0].rrule: INTERVAL is "0"`, daily("FREQ=YEARLY;INTERVAL=0")},
		{"count and until", "windows[0].rrule: a rule has COUNT and UNTIL", daily("FREQ=YEARLY;COUNT=1;UNTIL=20270101T000000")},
		{"month", "windows[0].rrule: bymonth must be between 1 and 12", daily("FREQ=YEARLY;BYMONTH=13")},
		{"no freq", "windows[0].rrule: RRULE property FREQ is required", daily("BYMONTH=1")},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := New([]Window{test.window}, nil)
			require.EqualError(t, err, test.want)
		})
	}
}

func TestNewSaysAllThatIsWrong(t *testing.T) {
	_, err := New([]Window{office, {}}, []Window{{To: "x"}, nights})
	require.EqualError(t, err, "windows[1]: a window says no time\nfreezes[0].to: \"x\" is no time of the day")
	var all Errors
	require.True(t, errors.As(err, &all))
	require.Equal(t, `"08:00"; "24:00" is the end of the day`, all[1].Hint)

	_, err = New(make([]Window, Most+1), nil)
	require.EqualError(t, err, "windows[100]: there are 101, and may be 100")
}

// TestNextIsTheFirst holds of any schedule that it is open at Next, and closed
// from the time asked for until just before; and the same of Closes.
func TestNextIsTheFirst(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pool := []Window{
		office, nights, year, {Days: []string{"sat", "sun"}}, {From: "02:30", To: "02:45", Zone: "Europe/Berlin"},
		{From: "01:30", To: "02:30", Zone: "America/New_York"}, {Days: []string{"fri"}, From: "12:00", To: "11:59"},
		{RRule: "DTSTART:20260101T020000\nRRULE:FREQ=MONTHLY;BYDAY=1SU,-1SU", Lasts: "2h", Zone: "Europe/Berlin"},
		{RRule: "DTSTART:20260101T000000\nRRULE:FREQ=DAILY;BYHOUR=0,6,12,18", Lasts: "5h", Zone: "America/New_York"},
	}
	some := func(most int) (out []Window) {
		for range r.IntN(most + 1) {
			out = append(out, pool[r.IntN(len(pool))])
		}
		return out
	}
	for range 300 {
		windows, freezes := some(3), some(2)
		s, err := New(windows, freezes)
		require.NoError(t, err)
		now := at(t, "2026-01-01 00:00").Add(time.Duration(r.Int64N(int64(366 * 24 * time.Hour))))
		opens, ok := s.Next(now)
		if !ok {
			continue
		}
		require.False(t, opens.Before(now))
		require.True(t, s.Open(opens), "%v %v at %v", windows, freezes, now)
		require.Equal(t, opens.Equal(now), s.Open(now))
		if opens.After(now) {
			require.False(t, s.Open(opens.Add(-1)))
			between := now.Add(time.Duration(r.Int64N(int64(opens.Sub(now)))))
			require.False(t, s.Open(between), "%v %v at %v", windows, freezes, between)
		}
		if closes, ok := s.Closes(opens); ok {
			require.False(t, s.Open(closes))
			require.True(t, s.Open(closes.Add(-1)))
			require.True(t, s.Open(opens.Add(time.Duration(r.Int64N(int64(closes.Sub(opens)))))))
		}
	}
}

// FuzzNew holds that no rule makes New or Next panic or go on for ever, and that
// they agree.
func FuzzNew(f *testing.F) {
	for _, rule := range []string{
		"FREQ=YEARLY", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=HOURLY;INTERVAL=24;BYHOUR=5",
		"FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;WKST=SU", "FREQ=YEARLY;BYYEARDAY=-366;BYSETPOS=-1;INTERVAL=1000", "FREQ=WEEKLY;BYSETPOS=366",
		"FREQ=YEARLY;BYDAY=53MO;BYMONTH=12", "FREQ=MONTHLY;BYMONTHDAY=-31;UNTIL=20300101T000000Z;COUNT=9",
	} {
		f.Add("", "", "", "DTSTART:20261220T000000\nRRULE:"+rule, "2h", "Europe/Berlin")
	}
	f.Add("mon", "22:00", "04:00", "", "", "America/New_York")
	f.Add("sun", "02:30", "24:00", "", "", "Europe/Berlin")
	f.Fuzz(func(t *testing.T, day, from, to, rrule, lasts, zone string) {
		w := Window{From: from, To: to, RRule: rrule, Lasts: lasts, Zone: zone}
		if day != "" {
			w.Days = []string{day}
		}
		s, err := New([]Window{w}, nil)
		if err != nil {
			var all Errors
			require.True(t, errors.As(err, &all))
			return
		}
		now := time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC)
		if opens, ok := s.Next(now); ok {
			require.True(t, s.Open(opens))
			require.True(t, opens.Equal(now) || !s.Open(opens.Add(-1)))
		}
	})
}
