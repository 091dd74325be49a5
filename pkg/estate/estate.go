package estate

import (
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// Estate is an estate that was read and whose common part is sound. It may be
// used by several goroutines.
type Estate struct {
	src    *source
	text   *index // where things are declared in its CUE files
	kinds  []schema.Kind
	traits map[plan.Kind]plan.Traits

	regions      map[string]Region
	organization *Organization

	subscriptions map[string]Subscription
	claims        claims // to seats; complete when all tenants were evaluated

	apps         map[string]App
	environments []Environment
	templates    []string
	adopt        plan.Adopt
	guards       plan.Guards
	runsFrom     []netip.Prefix
	captures     []Capture

	tenants []*tenant // sorted by name
	byName  map[string]*tenant

	sums     sync.Map          // of files, see sum and [File.Is]
	spool    spool             // of files that are open
	commits  commits           // that pins name
	pins     map[[2]string]Pin // environment and app, with the digests that were found
	reread   reread            // for positions
	warnings Problems
	remarks  bool

	keeper    *keeper      // of resources; nil for none
	checked   atomic.Int64 // tenants of data files
	evaluated atomic.Int64
	forgets   bool // nobody asks for a tenant twice

	mu   sync.Mutex
	idle []*worker // that [Estate.Resources] left behind
}

// Close removes what was kept to be sent, see [Estate.Open]: nothing may be open.
func (e *Estate) Close() error { return e.spool.close() }

// Tenants returns all tenants, ignored ones too, sorted by name.
func (e *Estate) Tenants() []Tenant {
	out := make([]Tenant, len(e.tenants))
	for i, t := range e.tenants {
		out[i] = t.Tenant
	}
	return out
}

// Tenant returns a tenant by name, and whether there is one.
func (e *Estate) Tenant(name string) (Tenant, bool) {
	t := e.byName[name]
	if t == nil {
		return Tenant{}, false
	}
	return t.Tenant, true
}

// Warnings returns what is suspicious but not wrong.
func (e *Estate) Warnings() Problems { return e.warnings }
