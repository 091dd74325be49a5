package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

const (
	costlyCalls = 1000        // writes; from here on a plan says what applying it costs, asked or not
	costlyTime  = time.Minute // or from here on

	// jobLimit is how long a job of GitHub Actions may run on GitHub's machines.
	//
	// https://docs.github.com/en/actions/reference/limits
	jobLimit = 6 * time.Hour

	// appTokenLife is how long a token lives that a step has made for a GitHub App. A
	// GITHUB_TOKEN lives as long as the job, and those of an App that qdeploy itself is
	// told are renewed.
	//
	// https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-an-installation-access-token-for-a-github-app
	appTokenLife = time.Hour
)

// cost is what applying a fleet is expected to cost.
type cost struct {
	total    qlik.Cost
	tenants  int
	imports  int            // of the tenant that has most of them
	bytes    int64          // to upload, at most: what only its settings change of is not sent
	missing  bool           // a file's size is not known
	births   map[string]int // tenants that are made, ended or brought back, by region
	handed   bool           // qdeploy was handed its token for GitHub, and cannot renew it
	duration time.Duration
	speed    speed
}

// cost forecasts what applying a fleet costs. Each tenant is read again before it is
// touched: that is expected to take as many calls as planning took per tenant.
func (e *engine) cost(f *plan.Fleet, within int) cost {
	reads := e.readsEach(f)
	s := e.speed(within)
	c := cost{speed: s, duration: s.forecast(f, reads), births: births(f)}
	c.handed = e.flags.job != nil && !e.flags.job.client.IsApp()
	sizes := map[string]int64{}
	for _, p := range f.Plans {
		one := costOf(p, reads)
		if one == (qlik.Cost{}) {
			continue
		}
		c.tenants++
		c.total.Reads += one.Reads
		c.total.Writes += one.Writes
		c.total.Imports += one.Imports
		c.imports = max(c.imports, one.Imports)
		for _, ch := range p.Changes {
			c.upload(ch, sizes, e.est.sizeOf)
		}
	}
	return c
}

// readsEach is how many reads planning took per tenant. Of a plan that was not made in this
// run it is what some of its tenants are expected to take, with their tokens.
func (e *engine) readsEach(f *plan.Fleet) int {
	calls, n := int(e.reads.Load()), len(f.Plans)-len(f.Failed())
	if calls == 0 {
		n = 0
		for _, p := range f.Plans {
			rs, err := e.est.Resources(p.Tenant.Name)
			if err == nil && p.Error == "" && !p.Empty() {
				calls, n = calls+qlik.Reads(rs), n+1
			}
			if n == sampled {
				break
			}
		}
	}
	if n == 0 {
		return 0
	}
	return (calls + n - 1) / n
}

// sampled is how many tenants speak for a fleet.
const sampled = 25

// upload counts the bytes of the file that a change brings; each file is looked at once.
func (c *cost) upload(ch plan.Change, sizes map[string]int64, sizeOf func(string) (int64, error)) {
	var spec struct {
		File string `json:"file"`
	}
	if ch.Desired == nil || ch.Action == plan.Adopted || ch.Action == plan.Move || json.Unmarshal(ch.Desired.Spec, &spec) != nil || spec.File == "" {
		return
	}
	size, known := sizes[spec.File]
	if !known {
		var err error
		if size, err = sizeOf(spec.File); err != nil {
			size = -1
		}
		sizes[spec.File] = size
	}
	if size < 0 {
		c.missing = true
		return
	}
	c.bytes += size
}

// sizeOf is how long a file is that the spec of a resource names, in bytes.
func (d *declared) sizeOf(name string) (int64, error) {
	f, err := d.Open(name)
	if err != nil {
		return 0, err
	}
	return f.Size(), f.Close()
}

// costLines tell what applying costs, if that was asked for or is much.
func (e *engine) costLines(f *plan.Fleet, within int) []string {
	if f.Refresh == refreshNone {
		return nil
	}
	if !e.flags.cost && f.Writes() < costlyCalls && e.speed(within).forecast(f, 0) < costlyTime {
		return nil
	}
	return e.cost(f, within).lines()
}

func (c cost) lines() []string {
	reads := "reads (tier 1) as planning took"
	if c.total.Reads > 0 {
		reads = many(c.total.Reads, "read") + " (tier 1)"
	}
	out := []string{fmt.Sprintf("Cost: about %s (tier 2) in %s, and %s",
		many(c.total.Writes, "write"), many(c.tenants, "tenant"), reads)}
	if c.bytes > 0 || c.missing {
		upload := "Upload: at most " + sized(c.bytes)
		if c.missing {
			upload += ", and files whose size is not known"
		}
		out = append(out, upload)
	}
	if c.total.Imports > 0 {
		out = append(out, fmt.Sprintf("Imports: %s, at most %d in one tenant%s", many(c.total.Imports, "app"), c.imports, c.overQuota()))
	}
	out = append(out, c.reloads()...)
	if len(c.births) > 0 {
		out = append(out, "Register hosts: "+c.registers())
	}
	out = append(out, fmt.Sprintf("Time: about %s, %s and %s in each at a time%s",
		c.duration.Round(100*time.Millisecond), many(c.speed.tenants, "tenant"), many(c.speed.within, "change"), c.limited()))
	return append(out, c.tooLong()...)
}

// limited says that --max-rps makes the run as long as it is.
func (c cost) limited() string {
	if c.speed.maxRPS == 0 || c.speed.sends(c.total.Reads+c.total.Writes) < c.duration {
		return ""
	}
	return fmt.Sprintf(", for --max-rps lets %s through a second", many(c.speed.maxRPS, "request"))
}

// overQuota says which subscriptions do not let the imports be made in a day.
func (c cost) overQuota() string {
	var names []string
	for _, q := range qlik.ImportQuota {
		if c.imports > q.PerDay {
			names = append(names, fmt.Sprintf("%s (%d)", q.Subscription, q.PerDay))
		}
	}
	if names == nil {
		return ""
	}
	return ": more than a day's quota of " + strings.Join(names, ", ")
}

func sized(n int64) string {
	switch {
	case n < 1000:
		return many(int(n), "byte")
	case n < 1000*1000:
		return fmt.Sprintf("%.1f kB", float64(n)/1000)
	case n < 1000*1000*1000:
		return fmt.Sprintf("%.1f MB", float64(n)/(1000*1000))
	}
	return fmt.Sprintf("%.1f GB", float64(n)/(1000*1000*1000))
}
