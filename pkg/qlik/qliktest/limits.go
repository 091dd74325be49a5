package qliktest

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// slotTime is the resolution of a rate window.
const slotTime = 10 * time.Second

// A meter counts requests in a sliding window of slots. Buckets are small: a
// cloud has one per tenant, user and tier that was ever used.
type meter struct {
	slots []uint16
	slot  int64 // number of the newest slot since 1970
	total int
	until stamp // blocked until then
}

// allow counts one request, or says how long to wait. A request that has to
// wait is not counted.
func (m *meter) allow(now stamp, limit, minutes int) (wait time.Duration) {
	if m.slots == nil {
		m.slots = make([]uint16, int(time.Duration(minutes)*time.Minute/slotTime))
		m.slot = int64(now) / slotTime.Milliseconds()
	}
	m.advance(int64(now) / slotTime.Milliseconds())
	if now < m.until {
		return time.Duration(m.until-now) * time.Millisecond
	}
	n := int64(len(m.slots))
	if m.total < limit {
		m.slots[m.slot%n]++
		m.total++
		return 0
	}
	// The limit is lifted when enough of the oldest slots have left the window.
	left := m.total
	for age := n - 1; age >= 0; age-- {
		at := m.slot - age
		left -= int(m.slots[at%n])
		if left < limit {
			m.until = stamp((at + n) * slotTime.Milliseconds())
			break
		}
	}
	return time.Duration(m.until-now) * time.Millisecond
}

func (m *meter) advance(slot int64) {
	n := int64(len(m.slots))
	if slot-m.slot >= n {
		clear(m.slots)
		m.total, m.slot = 0, slot
		return
	}
	for m.slot < slot {
		m.slot++
		m.total -= int(m.slots[m.slot%n])
		m.slots[m.slot%n] = 0
	}
}

type meterKey struct{ user, tier string }

// meters are the rate windows of one host. The user "" stands for the whole
// tenant.
type meters map[meterKey]*meter

func (m *meters) at(user, tier string) *meter {
	if *m == nil {
		*m = meters{}
	}
	k := meterKey{user, tier}
	if (*m)[k] == nil {
		(*m)[k] = &meter{}
	}
	return (*m)[k]
}

// wait counts a request of a user and tier against the user's limit and, on a
// tenant, against the limit of all its users together, which is half a user's
// limit times their number. users is 0 where there is no such rule.
func (m *meters) wait(now stamp, user string, tr tier, users int) time.Duration {
	limit := tr.perMinute * tr.minutes
	// assumed: the tenant rule holds for tiers 1 and 2 only, and has no floor.
	if users > 0 && tr.minutes > 1 {
		if w := m.at("", tr.name).allow(now, limit*users/2, tr.minutes); w > 0 {
			return w
		}
	}
	return m.at(user, tr.name).allow(now, limit, tr.minutes)
}

// tooMany is the platform's answer, whatever the service.
func tooMany(wait time.Duration) reply {
	s := max(1, int((wait+time.Second-1)/time.Second))
	body := errorBody{Errors: []errorEntry{{
		Code: "HTTP-429", Title: "API rate limit reached.",
		Detail: fmt.Sprintf("You need to wait %d seconds until limit is lifted.", s),
	}}}
	return reply{status: http.StatusTooManyRequests, body: body}.with("retry-after", strconv.Itoa(s))
}
