package qlik

import (
	"math"
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// callTime is what a write is expected to take.
//
// assumed: Qlik publishes no figures; creates and patches answer in some 300 ms.
const callTime = 300 * time.Millisecond

// WriteTime returns how long n write calls to one tenant are expected to take,
// within of them at a time: until the tenant's burst is used up as fast as it
// answers, from then on as its rate limit refills.
//
// https://qlik.dev/apis/rest/rate-limiting
func WriteTime(n, within int) time.Duration {
	if n <= 0 {
		return 0
	}
	burst, perSecond := tier2.bucket()
	answered := callTime * time.Duration(math.Ceil(float64(n)/float64(max(within, 1))))
	if n <= burst {
		return answered
	}
	limited := time.Duration(float64(n-burst) / perSecond * float64(time.Second))
	return max(answered, limited)
}

// ReadTime returns how long reading what it takes to plan for some resources is expected
// to take: one call for each listing, several at a time.
func ReadTime(want []plan.Resource) time.Duration {
	rounds := (Reads(want) - 1 + atOnce - 1) / atOnce
	return callTime * time.Duration(rounds+1) // the token is first
}

// Reads returns how many calls it is expected to take at least to plan for some resources:
// one for each listing, and one for the token.
func Reads(want []plan.Resource) int {
	lists := map[listing]bool{}
	for _, r := range want {
		lists[listingOf(r.Key)] = true
	}
	return len(lists) + 1
}
