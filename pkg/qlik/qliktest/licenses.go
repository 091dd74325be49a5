package qliktest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

// Seats are those of a subscription, which all tenants of a region share.
type seats struct {
	Of map[string]seat // by subject
}

// A seat is what one person has.
type seat struct {
	Type    string
	Created stamp
}

var seatRoutes = []route{
	{method: "GET", path: "/api/v1/licenses/assignments", tier: tier1, query: "filter limit orphans page sort", handle: listSeats},
	{method: "POST", path: "/api/v1/licenses/assignments/actions/add", tier: tier2, handle: seatAction("add", "subject*", "type*", "name", "userId")},
	{method: "POST", path: "/api/v1/licenses/assignments/actions/update", tier: tier2, handle: seatAction("update", "subject*", "type", "sourceType", "sourceSubject")},
	{method: "POST", path: "/api/v1/licenses/assignments/actions/delete", tier: tier2, handle: seatAction("delete", "subject*", "type*")},
}

// units returns how many seats there are of each type.
func (c *Cloud) units() map[string]int {
	if c.opts.Seats != nil {
		return c.opts.Seats
	}
	return map[string]int{"professional": 100, "analyzer": 1000}
}

// used counts the seats of a region that somebody has, by type. The cloud is locked.
func (c *Cloud) used(region string) map[string]int {
	n := map[string]int{}
	for _, s := range c.seats[region].Of {
		n[s.Type]++
	}
	return n
}

// Seat gives somebody a seat in the subscription of a region.
func (c *Cloud) Seat(region, subject, kind string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.give(region, subject, seat{kind, c.now()})
}

func (c *Cloud) give(region, subject string, s seat) {
	if c.seats[region].Of == nil {
		c.seats[region] = seats{map[string]seat{}}
	}
	c.seats[region].Of[subject] = s
}

type seatView struct {
	Subject string `json:"subject"`
	Type    string `json:"type"`
	Excess  bool   `json:"excess"`
	Created stamp  `json:"created"`
}

// assumed: one can filter by subject and type, and the list is sorted by subject.
var seatAttrs = attrs{"subject": "eq co", "type": "eq"}

func listSeats(c *call) reply {
	var rows []*seatView
	c.cloud.mu.RLock()
	of := maps.Clone(c.cloud.seats[c.tenant.Region].Of)
	c.cloud.mu.RUnlock()
	for _, subject := range slices.Sorted(maps.Keys(of)) {
		if c.query.Get("orphans") == "true" && c.tenant.userBySubject(subject) != nil {
			continue
		}
		rows = append(rows, &seatView{Subject: subject, Type: of[subject].Type, Created: of[subject].Created})
	}
	rows, _, err := filtered(rows, c.query.Get("filter"), seatAttrs, func(s *seatView, name string) []string {
		return []string{map[string]string{"subject": s.Subject, "type": s.Type}[name]}
	})
	if err != nil {
		return c.badRequest("filter: %v", err)
	}
	o, bad := sortBy(c, "+subject", map[string]func(*seatView) string{
		"subject": func(s *seatView) string { return s.Subject },
		"type":    func(s *seatView) string { return s.Type + "\x00" + s.Subject },
	})
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	p := byPage(c, rows, o, 20, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(viewPage(c, p, func(s *seatView) seatView { return *s }))
}

type seatOutcome struct {
	Subject string `json:"subject"`
	Type    string `json:"type,omitempty"`
	Status  int    `json:"status"`
	Code    string `json:"code,omitempty"`
	Title   string `json:"title,omitempty"`
}

// seatAction does something to several seats, and answers 207 with what became of each.
func seatAction(action string, names ...string) func(*call) reply {
	return func(c *call) reply {
		f := c.object(action + "*")
		var items []json.RawMessage
		f.decode(action, &items, "a list")
		out := struct {
			Data []seatOutcome `json:"data"`
		}{[]seatOutcome{}}
		if f.err != "" {
			return c.badRequest("%s", f.err)
		}
		if !c.isAdmin() {
			return c.fail(http.StatusForbidden, "HTTP-403", "only a TenantAdmin may assign licences")
		}
		c.cloud.mu.Lock()
		defer c.cloud.mu.Unlock()
		for _, raw := range items {
			item := c.members(raw, names...)
			if item.err != "" {
				return c.badRequest("%s", item.err)
			}
			o := seatOutcome{Subject: item.str("subject"), Type: item.str("type")}
			o.Status, o.Code, o.Title = c.cloud.seatDone(c.tenant.Region, action, o.Subject, o.Type, item.str("sourceType"))
			out.Data = append(out.Data, o)
		}
		return reply{status: http.StatusMultiStatus, body: out}
	}
}

// seatDone does something to one seat, and says what became of it.
//
// assumed: 200 for what is changed, 204 for what is gone, and 409 for who has a seat
// already.
func (c *Cloud) seatDone(region, action, subject, kind, from string) (status int, code, title string) {
	has, found := c.seats[region].Of[subject]
	free := c.units()[kind] - c.used(region)[kind]
	switch {
	case action == "add" && found:
		return http.StatusConflict, "LICENSES-409", "assigned already"
	case action != "add" && (!found || from != "" && has.Type != from || action == "delete" && has.Type != kind):
		return http.StatusNotFound, "LICENSES-016", "assignment not found"
	case action == "delete":
		delete(c.seats[region].Of, subject)
		return http.StatusNoContent, "", ""
	case free <= 0:
		return http.StatusForbidden, "LICENSES-011", "no available allotment"
	}
	c.give(region, subject, seat{kind, c.now()})
	if action == "add" {
		return http.StatusCreated, "", ""
	}
	return http.StatusOK, "", ""
}
