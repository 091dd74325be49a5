package estate

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheckRecurrence(t *testing.T) {
	for _, text := range []string{
		"FREQ=DAILY",
		"FREQ=DAILY;BYHOUR=7;BYMINUTE=0",
		"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;WKST=SU",
		"FREQ=MONTHLY;BYDAY=1MO,-1FR",
		"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
		"FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=12",
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
		"FREQ=YEARLY;BYMONTH=2,3;BYMONTHDAY=30",
		"FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
		"FREQ=YEARLY;BYYEARDAY=1,-1",
		"FREQ=YEARLY;BYDAY=+20MO",
		"FREQ=HOURLY;UNTIL=20261231T235959Z",
		"FREQ=SECONDLY;BYSECOND=60;UNTIL=20261231",
	} {
		message, hint := checkRecurrence(text)
		require.Empty(t, message+hint, text)
	}
	for _, c := range []struct{ text, message, hint string }{
		{"FREQ=DAYLY", `FREQ is "DAYLY"`, `did you mean "DAILY"?`},
		{"FREQ=FORTNIGHTLY", `FREQ is "FORTNIGHTLY"`, `it must be "SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY" or "YEARLY"`},
		{"BYHOUR=7", "FREQ is missing", `"FREQ=WEEKLY;BYDAY=MO"`},
		{"FREQ=DAILY;BYHOURS=7", `a rule has no part "BYHOURS"`, `did you mean "BYHOUR"?`},
		{"FREQ=DAILY;DTSTART=20260101", "a rule does not say when it begins or ends", "write startDateTime"},
		{"FREQ=DAILY;BYHOUR=7;BYHOUR=8", "BYHOUR is there twice", "write it once, with commas between its values"},
		{"FREQ=DAILY;BYHOUR=24", `BYHOUR is "24"`, "it must be numbers from 0 to 23, with commas between"},
		{"FREQ=DAILY;BYHOUR=-1", `BYHOUR is "-1"`, "it must be numbers from 0 to 23, with commas between"},
		{"FREQ=DAILY;BYMINUTE=0,60", `BYMINUTE is "0,60"`, "it must be numbers from 0 to 59, with commas between"},
		{"FREQ=DAILY;BYHOUR=7,", `BYHOUR is "7,"`, "it must be numbers from 0 to 23, with commas between"},
		{"FREQ=DAILY;BYHOUR=", `BYHOUR is ""`, "it must be numbers from 0 to 23, with commas between"},
		{"FREQ=DAILY;INTERVAL=0", `INTERVAL is "0"`, "it must be a whole number from 1"},
		{"FREQ=DAILY;COUNT=1,2", `COUNT is "1,2"`, "it must be a whole number from 1"},
		{"FREQ=DAILY;COUNT=99999999999999999999", `COUNT is "99999999999999999999"`, "it must be a whole number from 1"},
		{"FREQ=WEEKLY;WKST=MON", `WKST is "MON"`, `did you mean "MO"?`},
		{"FREQ=WEEKLY;BYDAY=MON", `BYDAY is "MON"`, "it must be days of the week, MO, TU, WE, TH, FR, SA or SU, each with a number before it or without: 1MO,-1FR"},
		{"FREQ=MONTHLY;BYDAY=0MO", `BYDAY is "0MO"`, "it must be days of the week, MO, TU, WE, TH, FR, SA or SU, each with a number before it or without: 1MO,-1FR"},
		{"FREQ=MONTHLY;BYMONTHDAY=0", `BYMONTHDAY is "0"`, "it must be numbers from 1 to 31, or from -31 to -1, with commas between"},
		{"FREQ=YEARLY;BYMONTH=13", `BYMONTH is "13"`, "it must be numbers from 1 to 12, with commas between"},
		{"FREQ=DAILY;UNTIL=20260230", `UNTIL is "20260230"`, "it must be a day that exists, with a time or without: 20261231 or 20261231T235959Z"},
		{"FREQ=DAILY;UNTIL=2026-12-31", `UNTIL is "2026-12-31"`, "it must be a day that exists, with a time or without: 20261231 or 20261231T235959Z"},
		{"FREQ=DAILY;COUNT=1;UNTIL=20261231", "a rule has COUNT or UNTIL, not both", "leave one of them out"},
		{"FREQ=WEEKLY;BYDAY=1MO", "BYDAY=1MO counts the days of a month or a year", "write them without numbers, or FREQ=MONTHLY or FREQ=YEARLY"},
		{"FREQ=YEARLY;BYDAY=1MO;BYWEEKNO=2", "BYDAY has numbers, and they do not go with BYWEEKNO", "write the days without numbers"},
		{"FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY does not go with FREQ=WEEKLY", "write BYDAY, or FREQ=MONTHLY"},
		{"FREQ=MONTHLY;BYYEARDAY=1", "BYYEARDAY does not go with FREQ=MONTHLY", "write FREQ=YEARLY"},
		{"FREQ=MONTHLY;BYWEEKNO=1", "BYWEEKNO does not go with FREQ=MONTHLY", "write FREQ=YEARLY"},
		{"FREQ=DAILY;INTERVAL=2;BYSETPOS=1", "BYSETPOS chooses among what other parts give, and there are none", "write BYDAY or the like beside it"},
		{"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "BYMONTH=2 has no BYMONTHDAY=30 in it", "February has 29 days at most; April, June, September and November have 30"},
		{"FREQ=YEARLY;BYMONTH=4,6;BYMONTHDAY=31,-31", "BYMONTH=4,6 has no BYMONTHDAY=31,-31 in it", "February has 29 days at most; April, June, September and November have 30"},
	} {
		message, hint := checkRecurrence(c.text)
		require.Equal(t, c.message, message, c.text)
		require.Equal(t, c.hint, hint, c.text)
	}
}

// FuzzRecurrence holds that whatever is written in place of a rule is told, once.
func FuzzRecurrence(f *testing.F) {
	f.Add("FREQ=MONTHLY;BYDAY=1MO,-1FR")
	f.Add("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")
	f.Add(";=;")
	f.Fuzz(func(t *testing.T, text string) {
		message, hint := checkRecurrence(text)
		require.Equal(t, message == "", hint == "", "%q: %q: %q", text, message, hint)
	})
}
