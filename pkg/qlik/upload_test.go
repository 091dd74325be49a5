package qlik

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// drain is a tenant that takes what is uploaded and keeps nothing, so that what memory is
// used is the client's.
type drain struct {
	bytes    atomic.Int64 // of bodies that came whole
	requests sync.Map     // "METHOD path" that came whole
}

func (d *drain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		return
	}
	d.bytes.Add(n)
	d.requests.Store(r.Method+" "+r.URL.Path, true)
	switch {
	case r.URL.Path == "/api/v1/temp-contents/files":
		w.Header().Set("Location", "/api/v1/temp-contents/files/x")
		w.WriteHeader(http.StatusCreated)
	case r.Method == http.MethodPatch:
		w.WriteHeader(http.StatusNoContent)
	case strings.HasSuffix(r.URL.Path, "/connections"):
		_ = json.NewEncoder(w).Encode(map[string]any{"data": []map[string]string{{"id": "c", "spaceId": "s"}}})
	default:
		_ = json.NewEncoder(w).Encode(map[string]any{"id": "x", "attributes": map[string]string{"id": "x"}})
	}
}

func (d *drain) took(request string) bool {
	_, ok := d.requests.Load(request)
	return ok
}

// pattern is a file that takes no memory.
type pattern struct {
	size    int64
	changes bool // once half of it was read
	read    *atomic.Int64
}

var blank [64 << 10]byte

func (p pattern) ReadAt(b []byte, at int64) (n int, err error) {
	if at >= p.size {
		return 0, io.EOF
	}
	b = b[:min(int64(len(b)), p.size-at)]
	for n < len(b) {
		n += copy(b[n:], blank[:])
	}
	p.read.Add(int64(n))
	return n, nil
}

func (p pattern) Size() int64                 { return p.size }
func (p pattern) Close() error                { return nil }
func (p pattern) Is(sum string) (bool, error) { return !p.changes || p.read.Load() < p.size/2, nil }

// uploader is a client of a drain, where a file called "f" is.
func uploader(t *testing.T, s *httptest.Server, f pattern) *Tenant {
	u, err := url.Parse(s.URL)
	require.NoError(t, err)
	base := s.Client().Transport.(*http.Transport)
	c, err := New(Options{Host: "example.com", Endpoint: u, Transport: base, Token: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t"})})
	require.NoError(t, err)
	tenant := NewTenant(c, TenantOptions{Files: func(string) (File, error) { return f, nil }})
	tenant.sizes.chunk = 4 << 20
	tenant.learn(plan.Key{Kind: "space", Name: "S"}, "s")
	return tenant
}

// uploading are the ways in which a file comes to a tenant.
var uploading = map[string]struct {
	body int64 // the length up to which it goes in one request
	do   func(ctx context.Context, t *Tenant) error
	ends string // the request that makes it count
}{
	"a data file in chunks": {0, putFile, "POST /api/v1/data-files"},
	"a data file at once":   {1 << 40, putFile, "POST /api/v1/data-files"},
	"an app in chunks":      {0, importApp, "POST /api/v1/apps/import"},
	"an app at once":        {1 << 40, importApp, "POST /api/v1/apps/import"},
	"an archive":            {0, putTheme, "POST /api/v1/themes"},
}

func putFile(ctx context.Context, t *Tenant) error {
	_, err := t.putDataFile(ctx, http.MethodPost, dataFilesPath, DataFile{Name: "f.csv", Space: "space/S", File: "f", MD5: "m"}, true)
	return err
}

func importApp(ctx context.Context, t *Tenant) error {
	_, err := t.importFile(ctx, "s", App{Name: "A", File: "f", Digest: "sha256:d"})
	return err
}

func putTheme(ctx context.Context, t *Tenant) error {
	_, err := t.upload(ctx, http.MethodPost, "/api/v1/themes", Archive{Name: "T", File: "f", MD5: "m"})
	return err
}

func TestUploadsTakeNoMemory(t *testing.T) {
	const tenants, size = 4, 32 << 20
	for name, way := range uploading {
		t.Run(name, func(t *testing.T) {
			d := &drain{}
			s := httptest.NewServer(d)
			defer s.Close()
			all := make([]*Tenant, tenants)
			for i := range all {
				all[i] = uploader(t, s, pattern{size: size, read: &atomic.Int64{}})
				all[i].sizes.body = way.body
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var g sync.WaitGroup
			errs := make([]error, tenants)
			for i := range all {
				g.Go(func() { errs[i] = way.do(t.Context(), all[i]) })
			}
			g.Wait()
			runtime.ReadMemStats(&after)
			require.NoError(t, errors.Join(errs...))
			require.GreaterOrEqual(t, d.bytes.Load(), int64(tenants*size))
			taken := after.TotalAlloc - before.TotalAlloc // all that was ever allocated, by the server too
			require.Less(t, taken, uint64(tenants*size/32), "of %d bytes that were sent", tenants*size)
		})
	}
}

func TestFileThatChangesWhileItIsSent(t *testing.T) {
	for name, way := range uploading {
		for _, wire := range []string{"http/1.1", "h2"} {
			t.Run(fmt.Sprintf("%s over %s", name, wire), func(t *testing.T) {
				d := &drain{}
				s := httptest.NewUnstartedServer(d)
				s.EnableHTTP2 = wire == "h2"
				s.StartTLS()
				defer s.Close()
				f := pattern{size: 1 << 20, changes: true, read: &atomic.Int64{}}
				tenant := uploader(t, s, f)
				tenant.sizes.body = way.body
				err := way.do(t.Context(), tenant)
				require.ErrorIs(t, err, errChanged)
				require.Equal(t, "change", Class(err))
				require.False(t, lost(err))
				require.ErrorContains(t, err, "f: the file changed since it was planned")
				require.False(t, d.took(way.ends))
				require.LessOrEqual(t, f.read.Load(), f.size, "it was sent once")
			})
		}
	}
}
