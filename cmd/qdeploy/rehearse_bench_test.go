package main

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkRehearse rolls the sample estate out over 500 tenants and over 8,500, and
// tells what a tenant of the many costs against one of the few, measured in one run.
// Then it does the same with faults, half of them after the work was done, until all is
// done: every tenant has what it had without them, and nothing twice.
func BenchmarkRehearse(b *testing.B) {
	tuneMemory()
	for b.Loop() {
		few := benchRehearsal(b, 500, 0)
		many := benchRehearsal(b, 8500, 0)
		b.ReportMetric(many.CPU.Seconds()/few.CPU.Seconds()/17, "x-cpu/tenant")
		b.ReportMetric(many.Wall.Seconds()/few.Wall.Seconds()/17, "x-wall/tenant")
		b.ReportMetric(float64(many.Heap)/float64(few.Heap)/17, "x-heap/tenant")
		b.ReportMetric(float64(many.Calls)/float64(few.Calls)/17, "x-calls/tenant")
		b.ReportMetric(float64(many.Calls)/8500, "calls/tenant")
		b.ReportMetric(many.CPU.Seconds()*1000/8500, "cpu-ms/tenant")
		b.ReportMetric(float64(many.Heap)/1e6, "MB-heap")

		faulty := benchRehearsal(b, 8500, 0.02)
		require.Equal(b, many.has, faulty.has, "nothing is missing, and nothing twice")
		b.ReportMetric(float64(faulty.Faults), "faults")
		b.ReportMetric(float64(faulty.Runs), "runs-with-faults")
		b.ReportMetric(float64(faulty.Calls)/float64(many.Calls), "x-calls-with-faults")
		b.ReportMetric(float64(faulty.Writes)/float64(many.Writes), "x-writes-with-faults")
		b.ReportMetric(float64(faulty.Virtual)/float64(many.Virtual), "x-virtual-with-faults")
	}
}

type benched struct {
	*rehearsal
	has map[string][sha256.Size]byte // a digest of what each tenant contains
}

func benchRehearsal(b *testing.B, tenants int, faults float64) benched {
	s := &theatre{latency: 80 * time.Millisecond, seed: 1, faults: faults}
	r := rehearsed(b, s, rehearseFlags{parallelism: 32}, tenants)
	out := benched{r, map[string][sha256.Size]byte{}}
	for host, text := range has(b, s) {
		out.has[host] = sha256.Sum256([]byte(text))
	}
	return out
}
