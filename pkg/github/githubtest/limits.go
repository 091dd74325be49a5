package githubtest

import (
	"net/http"
	"strconv"
	"time"
)

// Secondary limits on making content: comments, statuses, pull requests,
// issues, releases and the like.
//
// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
const (
	contentPerMinute = 80
	contentPerHour   = 500
)

const limitDocs = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"

// A meter counts what one token did.
type meter struct {
	used  int
	reset time.Time   // when used begins anew
	made  []time.Time // content, of the last hour
}

// meterOf is the meter of the caller. GITHUB_TOKENs of one repository share one.
func (c *call) meterOf() *meter {
	name := c.token.text
	if c.token.Kind == Actions && c.args["owner"] != "" {
		name = c.args["owner"] + "/" + c.args["repo"]
	}
	m := c.hub.meters[name]
	if m == nil {
		m = &meter{}
		c.hub.meters[name] = m
	}
	if !c.now.Before(m.reset) {
		m.used, m.reset = 0, c.now.Add(time.Hour)
	}
	return m
}

func (c *call) hourly() int {
	switch {
	case c.hub.opts.Hourly > 0:
		return c.hub.opts.Hourly
	case c.token.Kind == Actions:
		return 1000
	}
	return 5000
}

// admit counts the call against the limits.
func (c *call) admit() {
	if c.hub.opts.NoLimits || c.token == nil {
		return
	}
	m := c.meterOf()
	if m.used >= c.hourly() {
		panic(refusal{primary(http.StatusForbidden)})
	}
	m.used++
	if !c.route.create {
		return
	}
	for len(m.made) > 0 && c.now.Sub(m.made[0]) >= time.Hour {
		m.made = m.made[1:]
	}
	minute := 0
	for _, at := range m.made {
		if c.now.Sub(at) < time.Minute {
			minute++
		}
	}
	if minute >= contentPerMinute || len(m.made) >= contentPerHour {
		panic(refusal{secondary(http.StatusForbidden).with("Retry-After", "60")})
	}
	m.made = append(m.made, c.now)
}

// refund takes back what admit counted.
func (c *call) refund() {
	if !c.hub.opts.NoLimits && c.token != nil {
		c.meterOf().used--
	}
}

// limitHeaders tells the caller where it stands, unless the reply does.
func (c *call) limitHeaders(rep *reply) {
	if c.hub.opts.NoLimits || c.token == nil || rep.header.Get("X-Ratelimit-Limit") != "" {
		return
	}
	m := c.meterOf()
	*rep = limited(*rep, c.hourly(), m.used, m.reset)
}

func limited(rep reply, limit, used int, reset time.Time) reply {
	return rep.with("X-Ratelimit-Limit", strconv.Itoa(limit)).with("X-Ratelimit-Used", strconv.Itoa(used)).
		with("X-Ratelimit-Remaining", strconv.Itoa(max(0, limit-used))).with("X-Ratelimit-Reset", strconv.FormatInt(reset.Unix(), 10)).
		with("X-Ratelimit-Resource", "core")
}

func primary(status int) reply {
	r := problem(status, "API rate limit exceeded for installation.")
	r.body.(object)["documentation_url"] = limitDocs
	return r
}

func secondary(status int) reply {
	r := problem(status, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
	r.body.(object)["documentation_url"] = limitDocs + "#about-secondary-rate-limits"
	return r
}
