package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// breakage is what is wrong with the change in a rehearsal: what Qlik refuses in a share
// of the tenants, whoever tries it, and however often.
type breakage struct {
	service      string // writes to it; "" for an app
	app, version string // publishing it
	share        float64
	refused      atomic.Int64
}

// breakageOf reads "apps=10%" and "Shipments@1.1.0=10%"; without a share it is all tenants.
func breakageOf(text string) (*breakage, error) {
	b := &breakage{share: 1}
	name, rest, ofApp := cutLast(text, "@")
	if !ofApp {
		rest = text
	}
	what, share, some := strings.Cut(rest, "=")
	if ofApp {
		b.app, b.version = name, what
	} else {
		b.service = what
	}
	if what == "" || ofApp && name == "" || strings.Contains(b.service, "/") {
		return nil, fail("write SERVICE=SHARE or APP@VERSION=SHARE, such as apps=10% or Shipments@1.1.0=10%; without =SHARE it is all tenants",
			"--break: %q names neither a service of Qlik's API nor a version of an app", text)
	}
	if b.service != "" {
		if _, err := qliktest.ParseMood("refuse-writes=" + b.service); err != nil {
			return nil, fail("docs/emulator.md lists the services", "--break: there is no service %q", b.service)
		}
	}
	if !some {
		return b, nil
	}
	var err error
	b.share, err = shareOf("--break", share)
	return b, err
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+len(sep):], true
}

// check reports an app that the estate does not have, and a version that no environment
// runs: publishing it is not rehearsed.
func (b *breakage) check(est *declared) error {
	if b == nil || b.app == "" {
		return nil
	}
	if _, ok := est.App(b.app); !ok {
		var names []string
		for _, a := range est.Apps() {
			names = append(names, a.Name)
		}
		return fail("apps: "+strings.Join(names, ", "), "--break: the estate has no app %q", b.app)
	}
	var pins []string
	for _, env := range est.Environments() {
		pin, ok := env.Apps[b.app]
		if ok && pin.Version == b.version {
			return nil
		}
		if ok {
			pins = append(pins, env.Name+" "+pin.Version)
		}
	}
	return fail("pins: "+strings.Join(pins, ", "), "--break: no environment runs %s at version %s", b.app, b.version)
}

// meets reports whether a request is what Qlik refuses.
func (b *breakage) meets(req *http.Request, body []byte) bool {
	switch {
	case req.Method == http.MethodGet || req.Method == http.MethodHead:
		return false
	case b.app == "":
		return strings.HasPrefix(req.URL.Path+"/", "/api/v1/"+b.service+"/")
	case !strings.HasPrefix(req.URL.Path, "/api/v1/apps/") || !strings.HasSuffix(req.URL.Path, "/publish"):
		return false
	}
	var p struct {
		Attributes struct{ Name, Description string }
	}
	if json.Unmarshal(body, &p) != nil || p.Attributes.Name != b.app {
		return false
	}
	_, release, _ := strings.Cut(p.Attributes.Description, "{v") // see docs/promotion.md
	return strings.HasPrefix(release, b.version+"+") || strings.HasPrefix(release, b.version+"}")
}

func (b *breakage) String() string {
	what := "writes to " + b.service
	if b.app != "" {
		what = "publishing " + b.app + "@" + b.version
	}
	return fmt.Sprintf("%s, in %.4g%% of the tenants: %d refused", what, b.share*100, b.refused.Load())
}

// hit notes which tenants of a ring met what is broken, and how many did not begin.
func (g *playedRing) hit(v *wave) {
	g.Hit = v.standing.In[apply.Fell]
	g.Spared = v.Tenants - v.Have - len(g.Hit)
}

// struck tells of the tenants of a ring, or of those in none, that were hit.
func struck(names []string) string {
	if len(names) == 0 {
		return "0 hit"
	}
	return fmt.Sprintf("%d hit (%s)", len(names), firstNames(names, 5))
}
