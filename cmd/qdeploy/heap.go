package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// heapGoal is what the heap is to stay below while less than half of it lives, in bytes:
// with what the program takes besides, a fleet of thousands of tenants fits into 300 MB.
const heapGoal = 200 << 20

// tuneMemory collects garbage less often while little lives, unless GOGC or GOMEMLIMIT
// say otherwise: evaluating CUE makes much that is short-lived, and little stays. It is
// worth a third of the time. Where much lives the heap would be five times that: so how
// often is decided anew after each collection.
func tuneMemory() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	most, _ := garbage(0)
	debug.SetGCPercent(most)
	now := most
	type collected struct{ _ *byte } // what has a finalizer and is not used is found by each collection
	var again func(*collected)
	again = func(c *collected) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		if percent, rough := garbage(live[0].Value.Uint64()); percent < now-rough || percent > now+rough {
			now = percent
			debug.SetGCPercent(now)
		}
		runtime.SetFinalizer(c, again)
	}
	runtime.SetFinalizer(&collected{}, again)
}

// garbage is how much garbage the heap may hold before it is collected, in percent of
// what lives in it, in bytes; and which difference is not worth a change.
func garbage(live uint64) (percent, rough int) {
	const least, most = 100, 400
	if live >= heapGoal {
		return least, 0
	}
	return int(min(most, max(least, (heapGoal-live)*100/max(live, 1)))), 20
}
