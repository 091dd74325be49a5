package qliktest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// populate adds tenants of 20 spaces, 60 users and 60 assignments.
func populate(c *qliktest.Cloud, tenants int) {
	for i := range tenants {
		t := c.AddTenant(qliktest.TenantSpec{Host: fmt.Sprintf("t%05d.eu.qlikcloud.com", i)})
		for j := range 60 {
			t.AddUser(qliktest.UserSpec{Subject: fmt.Sprintf("user %02d", j)})
		}
		for j := range 20 {
			name := fmt.Sprintf("space %02d", j)
			t.AddSpace(qliktest.SpaceSpec{Name: name, Owner: "user 00"})
			for k := range 3 {
				t.AddAssignment(name, "user", fmt.Sprintf("user %02d", 3*(j%19)+k+1), "consumer")
			}
		}
	}
}

// BenchmarkServe measures the emulator alone: one page of a list.
func BenchmarkServe(b *testing.B) {
	for _, path := range []string{"/api/v1/spaces?limit=100", "/api/v1/users?limit=100", "/api/v1/tenants/none"} {
		b.Run(path, func(b *testing.B) {
			c := qliktest.New(qliktest.Options{NoLimits: true})
			populate(c, 50)
			key := make([]string, 50)
			for i, t := range c.Tenants() {
				key[i] = t.AddAPIKey("user 00")
			}
			b.ReportAllocs()
			b.RunParallel(func(p *testing.PB) {
				for i := 0; p.Next(); i++ {
					req := httptest.NewRequest("GET", fmt.Sprintf("http://t%05d.eu.qlikcloud.com%s", i%50, path), nil)
					req.Header.Set("Authorization", "Bearer "+key[i%50])
					c.ServeHTTP(httptest.NewRecorder(), req)
				}
			})
		})
	}
}

// BenchmarkTenant measures what a tenant of 20 spaces and 60 members costs.
func BenchmarkTenant(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	c := qliktest.New(qliktest.Options{})
	b.ResetTimer()
	populate(c, b.N)
	b.StopTimer()
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(b.N)/1024, "KiB/tenant")
	require.Len(b, c.Tenants(), b.N)
}

// BenchmarkWire measures requests over connections, client included.
func BenchmarkWire(b *testing.B) {
	c := qliktest.New(qliktest.Options{NoLimits: true})
	populate(c, 50)
	server := httptest.NewServer(c)
	defer server.Close()
	key := make([]string, 50)
	for i, t := range c.Tenants() {
		key[i] = t.AddAPIKey("user 00")
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.SetParallelism(16)
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for i := 0; p.Next(); i++ {
			req, err := http.NewRequest("GET", fmt.Sprintf("%s/t%05d.eu.qlikcloud.com/api/v1/spaces?limit=20", server.URL, i%50), nil)
			if err != nil {
				b.Error(err)
				return
			}
			req.Header.Set("Authorization", "Bearer "+key[i%50])
			resp, err := client.Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}
