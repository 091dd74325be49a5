//go:build unix

package estate

import (
	"context"
	"io/fs"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/encoding/yaml"
	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/estate/estatetest"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// BenchmarkEvaluate loads and evaluates 1,000 tenants with 20 spaces and 60
// members each, and does the same with nothing but CUE: every tenant's YAML
// unified with the compiled template and turned into JSON, by as many workers.
// What is told apart is what qdeploy adds. Processor time is compared: who else
// uses the machine hardly matters for it.
func BenchmarkEvaluate(b *testing.B) {
	files := estatetest.Fleet{Tenants: 1000, Spaces: 20, Members: 3}.Files()
	workers := runtime.GOMAXPROCS(0)
	var ours, bare, wall time.Duration
	for b.Loop() {
		start, cpu := time.Now(), processorTime()
		var n atomic.Int64
		e, err := Load("", Options{Files: files})
		require.NoError(b, err)
		require.NoError(b, e.Each(context.Background(), 0, nil, func(_ Tenant, rs []plan.Resource) error {
			n.Add(int64(len(rs)))
			return nil
		}))
		require.EqualValues(b, 1000*80, n.Load())
		ours += processorTime() - cpu
		wall += time.Since(start)
		b.StopTimer()
		cpu = processorTime()
		bareLoop(b, files, workers)
		bare += processorTime() - cpu
		b.StartTimer()
	}
	n := float64(b.N)
	b.ReportMetric(wall.Seconds()/n, "s/1000-tenants")
	b.ReportMetric(ours.Seconds()/n, "cpu-s/1000-tenants")
	b.ReportMetric(bare.Seconds()/n, "cpu-s/bare")
	b.ReportMetric(ours.Seconds()/bare.Seconds(), "x-bare")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkUnchanged evaluates 1,000 tenants of which nothing has changed since the last
// time, and holds that against evaluating them. Loading is part of both.
func BenchmarkUnchanged(b *testing.B) {
	files := estatetest.Fleet{Tenants: 1000, Spaces: 20, Members: 3}.Files()
	run := func(cache string) time.Duration {
		cpu := processorTime()
		e, err := Load("", Options{Files: files, Cache: cache})
		require.NoError(b, err)
		require.NoError(b, e.Each(context.Background(), 0, nil, func(Tenant, []plan.Resource) error { return nil }))
		return processorTime() - cpu
	}
	cache := b.TempDir()
	run(cache)
	var kept, anew time.Duration
	for b.Loop() {
		kept += run(cache)
		b.StopTimer()
		anew += run("")
		b.StartTimer()
	}
	n := float64(b.N)
	b.ReportMetric(kept.Seconds()/n, "cpu-s/1000-tenants")
	b.ReportMetric(anew.Seconds()/n, "cpu-s/evaluated")
	b.ReportMetric(kept.Seconds()/anew.Seconds(), "x-evaluated")
	b.ReportMetric(0, "ns/op")
}

// processorTime returns how long processors have worked for this process.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// bareLoop is what cannot be avoided.
func bareLoop(b *testing.B, files fs.FS, workers int) {
	names, err := fs.Glob(files, "tenants/*.yaml")
	require.NoError(b, err)
	src := newSource(files)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			w := compile(src.parse())
			template := w.root.LookupPath(cue.ParsePath("templates.customer"))
			for {
				i := int(next.Add(1)) - 1
				if i >= len(names) {
					return
				}
				text, err := fs.ReadFile(files, names[i])
				if err != nil {
					panic(err)
				}
				f, err := yaml.Extract(names[i], text)
				if err != nil {
					panic(err)
				}
				v := template.Unify(w.ctx.BuildExpr(ast.NewStruct("tenant", ast.NewStruct(
					"name", ast.NewString("n"), "title", ast.NewString("t"), "region", ast.NewString("r"), "host", ast.NewString("h"),
					"labels", ast.NewStruct(), "variables", valueOf(f, "variables")))))
				if _, err := v.MarshalJSON(); err != nil {
					panic(err)
				}
			}
		})
	}
	wg.Wait()
}

func valueOf(f *ast.File, name string) ast.Expr {
	for _, d := range f.Decls {
		if field, ok := d.(*ast.Field); ok && label(field) == name {
			return field.Value
		}
	}
	panic("no " + name)
}
