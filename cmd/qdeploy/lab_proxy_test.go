package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"

	"github.com/rogpeppe/go-internal/testscript"
)

// proxy DOMAIN... puts the cloud behind HTTPS, with certificates of an authority
// of its own, where only a proxy reaches it: what companies have between their
// runners and Qlik. The environment then has HTTPS_PROXY and QDEPLOY_CA_FILE, and
// no QDEPLOY_ENDPOINT.
func cmdProxy(ts *testscript.TestScript, neg bool, args []string) {
	l := labOf(ts)
	cert, authority, err := selfSigned(args)
	ts.Check(err)
	behind := httptest.NewUnstartedServer(checkedTo(l.cloud, ts.Getenv("QDEPLOY_BREACHES")))
	behind.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	behind.StartTLS()
	ts.Defer(behind.Close)
	tunnel := &tunnels{to: behind.Listener.Addr().String()}
	proxy := httptest.NewServer(tunnel)
	ts.Defer(proxy.Close)
	ts.Defer(func() { ts.Logf("%d tunnels", tunnel.n.Load()) })
	file := ts.MkAbs("authority.pem")
	ts.Check(os.WriteFile(file, authority, 0o600))
	ts.Setenv(caVar, file)
	ts.Setenv(endpointVar, "")
	ts.Setenv("HTTPS_PROXY", proxy.URL)
}

// tunnels is a proxy that knows CONNECT, and leads everybody to one place.
type tunnels struct {
	to string
	n  atomic.Int64
}

func (t *tunnels) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		http.Error(w, "only CONNECT", http.StatusMethodNotAllowed)
		return
	}
	there, err := net.Dial("tcp", t.to)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = there.Close()
		return
	}
	t.n.Add(1)
	_, _ = fmt.Fprint(here, "HTTP/1.1 200 Connection established\r\n\r\n") // a lost client is no error here
	go pipe(there, here)
	pipe(here, there)
}

// pipe copies until either side ends, and closes both.
func pipe(to, from net.Conn) {
	_, _ = io.Copy(to, from) // either side may end as it likes
	_ = to.Close()
	_ = from.Close()
}
