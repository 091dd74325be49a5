//go:build unix

package estate

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"runtime/metrics"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/estate/estatetest"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// BenchmarkEvaluateMany evaluates 1,000, 5,000 and 25,000 tenants with 20 spaces and 60
// members each, all of them kept on disk; then 25,000 of which one in a hundred has
// changed. It tells how straight the line through processor time against tenants is, how
// 5,000 compare with CUE alone (see BenchmarkEvaluate), and how large the heap of 25,000 was.
func BenchmarkEvaluateMany(b *testing.B) {
	sizes := []float64{1000, 5000, 25000}
	for b.Loop() {
		var took []float64
		var peak uint64
		var cache string
		var files fstest.MapFS
		for _, n := range sizes {
			files, cache = estatetest.Fleet{Tenants: int(n), Spaces: 20, Members: 3}.Files(), b.TempDir()
			stop, heap := make(chan struct{}), make(chan uint64)
			go func() { heap <- peakHeap(stop) }()
			_, cpu := evaluateAll(b, files, cache, int(n))
			close(stop)
			took, peak = append(took, cpu.Seconds()), <-heap
		}
		many := int(sizes[2])
		for i := 0; i < many; i += 100 {
			name := fmt.Sprintf("tenants/customer-%05d.yaml", i)
			files[name] = &fstest.MapFile{Data: bytes.Replace(files[name].Data, []byte("title: Customer"), []byte("title: Client"), 1)}
		}
		again, _ := evaluateAll(b, files, cache, many/100)
		cpu := processorTime()
		bareLoop(b, estatetest.Fleet{Tenants: int(sizes[1]), Spaces: 20, Members: 3}.Files(), runtime.GOMAXPROCS(0))
		bare := processorTime() - cpu

		b.ReportMetric(straight(sizes, took), "R²")
		b.ReportMetric(took[2]/took[0]/sizes[2]*sizes[0], "x-cpu/tenant")
		b.ReportMetric(took[1]/bare.Seconds(), "x-bare-cpu")
		b.ReportMetric(took[2], "cpu-s/25000-tenants")
		b.ReportMetric(float64(peak)/1e6, "MB-heap")
		b.ReportMetric(again.Seconds(), "s/1%-changed")
		b.ReportMetric(0, "ns/op")
	}
}

// evaluateAll loads an estate and evaluates all of it: so many tenants anew, and the
// others from the cache.
func evaluateAll(b *testing.B, files fstest.MapFS, cache string, anew int) (wall, cpu time.Duration) {
	start, used := time.Now(), processorTime()
	e, err := Load("", Options{Files: files, Cache: cache})
	require.NoError(b, err)
	require.NoError(b, e.Each(context.Background(), 0, nil, func(Tenant, []plan.Resource) error { return nil }))
	require.EqualValues(b, anew, e.evaluated.Load())
	return time.Since(start), processorTime() - used
}

// straight is the coefficient of determination of the line through points.
func straight(x, y []float64) float64 {
	n := float64(len(x))
	var sx, sy, sxx, sxy, syy float64
	for i := range x {
		sx, sy = sx+x[i], sy+y[i]
		sxx, sxy, syy = sxx+x[i]*x[i], sxy+x[i]*y[i], syy+y[i]*y[i]
	}
	top := n*sxy - sx*sy
	return top * top / ((n*sxx - sx*sx) * (n*syy - sy*sy))
}

// peakHeap returns the largest heap until stop.
func peakHeap(stop <-chan struct{}) (peak uint64) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		metrics.Read(sample)
		peak = max(peak, sample[0].Value.Uint64())
		select {
		case <-stop:
			return peak
		case <-tick.C:
		}
	}
}
