package estate

import (
	"cmp"
	"errors"
	"strconv"

	"github.com/qdeploy/qdeploy/pkg/window"
)

// schedule makes out of the windows and freezes of an environment when it may be
// applied to. What is wrong with them is reported; it is then always open.
func (l *load) schedule(name string, env *environment) window.Schedule {
	s, err := window.New(env.Windows, env.Freezes)
	var all window.Errors
	errors.As(err, &all)
	for _, e := range all {
		path := []string{"environments", name, e.List, strconv.Itoa(e.Index)}
		if e.Field != "" {
			path = append(path, e.Field)
		}
		p := Problem{Pos: l.at(path...), Message: e.Message, Hint: e.Hint}
		if e.Field == "zone" {
			list := env.Windows
			if e.List == "freezes" {
				list = env.Freezes
			}
			p.Hint = cmp.Or(didYouMean(list[e.Index].Zone, zones), p.Hint)
		}
		l.report(p)
	}
	return s
}

// zones are time zones that a slip of the pen may mean; there are many more.
var zones = []string{
	"Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "America/Bogota", "America/Chicago", "America/Denver",
	"America/Los_Angeles", "America/Mexico_City", "America/New_York", "America/Sao_Paulo", "America/Toronto",
	"Asia/Dubai", "Asia/Hong_Kong", "Asia/Jakarta", "Asia/Kolkata", "Asia/Seoul", "Asia/Shanghai", "Asia/Singapore",
	"Asia/Tokyo", "Australia/Melbourne", "Australia/Perth", "Australia/Sydney", "Europe/Amsterdam", "Europe/Athens",
	"Europe/Berlin", "Europe/Brussels", "Europe/Copenhagen", "Europe/Dublin", "Europe/Helsinki", "Europe/Istanbul",
	"Europe/Lisbon", "Europe/London", "Europe/Madrid", "Europe/Oslo", "Europe/Paris", "Europe/Prague", "Europe/Rome",
	"Europe/Stockholm", "Europe/Vienna", "Europe/Warsaw", "Europe/Zurich", "Pacific/Auckland", "UTC",
}
