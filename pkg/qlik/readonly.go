package qlik

import (
	"fmt"
	"net/http"
)

// readonly refuses everything that could change a tenant, so that planning is
// harmless by construction and not by care.
type readonly struct{ next http.RoundTripper }

func (t readonly) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodGet || req.Method == http.MethodHead {
		return t.next.RoundTrip(req)
	}
	discard(req)
	return nil, fmt.Errorf("%w: this client only reads", errRefused)
}

// discard closes the body of a request that is not sent, as a RoundTripper must.
func discard(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}
