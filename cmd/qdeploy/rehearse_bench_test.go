package main

import (
	"context"
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sample "github.com/qdeploy/qdeploy/estate"
)

// BenchmarkRehearse rolls the sample estate out over 500 tenants and over 8,500, and
// tells what a tenant of the many costs against one of the few, measured in one run.
func BenchmarkRehearse(b *testing.B) {
	dir := b.TempDir()
	require.NoError(b, os.CopyFS(dir, sample.Files))
	p := &program{out: io.Discard, err: io.Discard, dir: dir, now: time.Now}
	f := rehearseFlags{parallelism: 32}
	play := func(tenants int) (*rehearsal, time.Duration) {
		cpu := cpuTime()
		r, err := p.rehearseOne(context.Background(), f, &theatre{latency: 80 * time.Millisecond, seed: 1}, tenants)
		require.NoError(b, err)
		require.Equal(b, tenants, r.Done)
		return r, cpuTime() - cpu
	}
	for b.Loop() {
		few, fewCPU := play(500)
		many, manyCPU := play(8500)
		b.ReportMetric(manyCPU.Seconds()/fewCPU.Seconds()/17, "x-cpu/tenant")
		b.ReportMetric(many.Wall.Seconds()/few.Wall.Seconds()/17, "x-wall/tenant")
		b.ReportMetric(float64(many.Heap)/float64(few.Heap)/17, "x-heap/tenant")
		b.ReportMetric(float64(many.Calls)/float64(few.Calls)/17, "x-calls/tenant")
		b.ReportMetric(float64(many.Calls)/8500, "calls/tenant")
		b.ReportMetric(manyCPU.Seconds()*1000/8500, "cpu-ms/tenant")
	}
}
