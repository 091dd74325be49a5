package qlik

import (
	"net/http"
	"strings"
	"time"
)

// tierOf returns the bucket a request is counted in, and its name.
func tierOf(method, path string) (string, tier) {
	for _, s := range specials {
		if s.method == method && match(s.path, path) {
			return s.method + " " + s.path, s.tier
		}
	}
	if method == http.MethodGet || method == http.MethodHead {
		return "1", tier1
	}
	return "2", tier2
}

func match(pattern, path string) bool {
	if stem, ok := strings.CutSuffix(pattern, "/**"); ok {
		return path == stem || strings.HasPrefix(path, stem+"/")
	}
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return false
	}
	for i := range want {
		if want[i] != "*" && want[i] != have[i] {
			return false
		}
	}
	return true
}

// budget is the part of a limit that we use, in requests per window: four
// fifths, because other clients of the same user share it.
func (t tier) budget() float64 {
	return float64(t.perMinute) * t.window.Minutes() * 4 / 5
}

// bucket returns burst and refill of a token bucket that never lets more than
// the budget through in any window: half of it at once, half evenly.
func (t tier) bucket() (burst int, perSecond float64) {
	half := t.budget() / 2
	return max(1, int(half)), half / t.window.Seconds()
}

// Forecast returns how long pacing alone makes that many reads and writes of
// one tenant take, if they begin with full buckets.
func Forecast(reads, writes int) time.Duration {
	return max(tier1.takes(reads), tier2.takes(writes))
}

func (t tier) takes(n int) time.Duration {
	burst, perSecond := t.bucket()
	return time.Duration(float64(max(0, n-burst)) / perSecond * float64(time.Second))
}
