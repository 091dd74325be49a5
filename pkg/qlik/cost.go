package qlik

import "time"

// Cost is what a run costs one tenant.
type Cost struct {
	Reads   int // calls that Qlik counts in tier 1
	Writes  int // calls that it counts in tier 2
	Imports int // of apps; they are among the writes, and have a daily quota besides
}

// Time returns how long the calls are expected to take, with within of them at a time,
// if they begin with full buckets. It uses the numbers that pacing uses.
func (c Cost) Time(within int) time.Duration {
	return max(WriteTime(c.Writes, within), Forecast(c.Reads, c.Writes))
}
