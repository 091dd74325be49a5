package qliktest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options say how a cloud behaves. The zero value is Qlik Cloud as documented,
// on the real clock, without delays between its services.
type Options struct {
	// Now is the clock of rate windows, tokens and lags; nil is time.Now.
	Now func() time.Time
	// HostNow is the clock of the requests to one host, where each goes by its own;
	// nil is Now.
	HostNow func(host string) time.Time
	// Seed goes into every id: two clouds of one seed give equal ids.
	Seed string

	ItemsLag       time.Duration // how far the items index is behind the apps
	PublishLag     time.Duration // how long a newly published app answers 403
	SpaceLag       time.Duration // how long publishing into a new space fails
	ReloadTime     time.Duration // how long a reload takes
	EvaluationTime time.Duration // how long an evaluation of an app takes

	PageSize    int           // caps every page, whatever the caller asks for; 0 caps nothing
	NoLimits    bool          // no rate limits
	ImportQuota int           // app imports per tenant and day (UTC); 0 = 2000
	TokenTTL    time.Duration // 0 = 6 h
	MaxTokens   int           // live tokens per client and host; 0 = 1000

	DataFileSize int // bytes of a data file in one request; 0 = 500 MiB

	Seats map[string]int // of each type in each region; nil = 100 professional, 1000 analyzer

	// RelativeRedirects makes the Location of users/me and tenants/me a path
	// instead of a URL.
	RelativeRedirects bool
	// Lenient ignores unknown body fields and query parameters, as Qlik does,
	// instead of answering 400.
	Lenient bool

	// Calls is told of every request when its answer is ready, before the
	// caller has it. Requests that run at the same time call it at the same
	// time.
	Calls func(Call)
}

// A Call is one request as the cloud saw it.
type Call struct {
	Tenant string // permanent host, or the host of a register or console host
	Method string
	Path   string
	Query  string
	Status int // 0 when the connection was cut
}

// A Cloud is an http.Handler with any number of tenants.
type Cloud struct {
	opts Options

	mu      sync.RWMutex
	hosts   map[string]*Tenant     // by permanent host and alias
	clients map[string]*authClient // by id
	offices map[string]*office     // register and console hosts
	license map[string]string      // licence key by region
	seats   map[string]seats       // by region
	made    map[string]int         // tenants created per region
	mood    atomic.Pointer[Mood]

	blobs blobStore
}

// An authClient is an OAuth client of a region or of the organization.
type authClient struct {
	id, secret string
	region     string // "" for an organization client
	scopes     []string
}

// An office is a host that is not a tenant: the register host of a region or
// the console of the organization.
type office struct {
	host   string
	mu     sync.Mutex
	tokens tokenStore
	meters meters
}

const consoleHost = "console.qlikcloud.com"

// New returns an empty cloud.
func New(o Options) *Cloud {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.ImportQuota == 0 {
		o.ImportQuota = 2000
	}
	if o.TokenTTL == 0 {
		o.TokenTTL = 6 * time.Hour
	}
	if o.MaxTokens == 0 {
		o.MaxTokens = 1000
	}
	return &Cloud{
		opts:    o,
		hosts:   map[string]*Tenant{},
		clients: map[string]*authClient{},
		offices: map[string]*office{consoleHost: {host: consoleHost}},
		license: map[string]string{},
		seats:   map[string]seats{},
		made:    map[string]int{},
	}
}

func (c *Cloud) now() stamp { return stampOf(c.opts.Now()) }

// nowAt is the time at which a request to a host comes.
func (c *Cloud) nowAt(host string) stamp {
	if c.opts.HostNow == nil {
		return c.now()
	}
	return stampOf(c.opts.HostNow(host))
}

// AddRegionClient adds a region-level OAuth client: it is valid on every
// tenant of the region, where it acts as a bot that is TenantAdmin, and on the
// register host. Without scopes it gets admin_classic; admin.apps lets its bot
// read apps of personal and managed spaces.
func (c *Cloud) AddRegionClient(region, id, secret string, scopes ...string) {
	if len(scopes) == 0 {
		scopes = []string{"admin_classic"}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clients[id] = &authClient{id: id, secret: secret, region: region, scopes: scopes}
	c.openRegion(region)
}

// AddOrgClient adds an organization-level OAuth client: it may list tenants on
// the console host, and nothing else.
func (c *Cloud) AddOrgClient(id, secret string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clients[id] = &authClient{id: id, secret: secret, scopes: []string{"cloud-console.tenants:read"}}
}

// openRegion makes the register host of a region answer. It needs c.mu.
func (c *Cloud) openRegion(region string) {
	host := "register." + region + ".qlikcloud.com"
	if c.offices[host] == nil {
		c.offices[host] = &office{host: host}
		c.license[region] = "license-" + hex32(digest(c.opts.Seed, "license", region))
	}
}

// A TenantSpec names a new tenant. Only Host is needed.
type TenantSpec struct {
	Host   string // permanent host, "acme.eu.qlikcloud.com"
	Alias  string // second host, "" for none
	Name   string // default: the first label of Host
	Region string // default: the second label of Host
}

// AddTenant adds a tenant, and panics if one of its hosts is taken.
func (c *Cloud) AddTenant(s TenantSpec) *Tenant {
	label, rest, _ := strings.Cut(s.Host, ".")
	if s.Name == "" {
		s.Name = label
	}
	if s.Region == "" {
		s.Region, _, _ = strings.Cut(rest, ".")
	}
	t := &Tenant{
		cloud: c, ID: url32(digest(c.opts.Seed, "tenant", s.Host)), Host: s.Host, Alias: s.Alias, Name: s.Name, Region: s.Region,
		Status: "active", Created: c.now(), License: licenseSettings{AutoAssignAnalyzer: true, AutoAssignProfessional: true},
		AutoSpaces: true, AutoPrivate: true, AutoData: true,
	}
	t.addDefaultRoles()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.openRegion(s.Region)
	c.mustHost(t)
	return t
}

// mustHost makes the tenant answer on its hosts. It needs c.mu.
func (c *Cloud) mustHost(t *Tenant) {
	for _, host := range t.hostnames() {
		if c.hosts[host] != nil || c.offices[host] != nil || host == "" {
			panic(fmt.Sprintf("qliktest: host %q is taken or empty", host))
		}
		c.hosts[host] = t
	}
}

// Tenant returns the tenant of a permanent host or alias, nil if there is none.
func (c *Cloud) Tenant(host string) *Tenant {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.hosts[host]
}

// Tenants returns all tenants, sorted by permanent host.
func (c *Cloud) Tenants() []*Tenant {
	c.mu.RLock()
	defer c.mu.RUnlock()
	list := make([]*Tenant, 0, len(c.hosts))
	for host, t := range c.hosts {
		if host == t.Host {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b *Tenant) int { return strings.Compare(a.Host, b.Host) })
	return list
}

var _ http.Handler = (*Cloud)(nil)
