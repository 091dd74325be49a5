package qliktest

import "sync"

// A Tenant is one Qlik Cloud tenant. Its exported fields are its saved state
// and belong to mu; callers use the methods.
type Tenant struct {
	cloud *Cloud
	mu    sync.Mutex

	ID, Host, Alias, Name, Region string
	Status                        string // active or disabled
	Created, Updated, PurgeAt     stamp

	AutoSpaces, AutoPrivate, AutoData bool // what professionals get by themselves
	AnalyticCreation, AppFeedback     bool

	Users      table[*user]
	Groups     table[*group]
	Roles      table[*role]
	Everyone   []string // ids of the roles of the Everyone group
	AutoGroups bool
	SyncGroups bool

	Spaces      table[*space]
	Apps        table[*app]
	Trash       table[*app] // soft-deleted apps
	Items       itemIndex
	Themes      archives
	Extensions  archives
	Reloads     []*reload     // oldest first
	Evaluations []*evaluation // oldest first
	Keys        table[*apiKey]
	KeyConfig   keyConfig
	License     licenseSettings
	NotesOff    bool
	Off         featuresOff
	Quotas      map[string]float64 // limits by id, where they are not the usual ones
	Auth        *authSettings
	Plain       map[string]*table[*plain] // by name of the kind
	Settings    *tenantSettings
	Banner      *banner
	Pinned      []pinnedLink

	Connections table[*connection]
	DataFiles   table[*dataFile]
	Webhooks    table[*webhook]
	Collections table[*collection]

	Brands      table[*brand]
	ActiveBrand string // its id; "" for Qlik's own look
	Tasks       table[*task]
	ReloadTasks table[*reloadTask]
	Sharing     table[*sharingTask]
	Alerts      table[*alert]
	Conditions  table[*condition]

	Glossaries         table[*glossary]
	GlossaryCategories table[*category]
	GlossaryTerms      table[*term]

	Automations      table[*automation]
	AutomationLinks  table[*automationLink]
	AutomationsAwake bool

	OAuthClients table[*oauthClient]
	IDPs         table[*idp]

	Made    map[string]int // per kind and natural name: how many were made, once more than one
	Imports importCount

	// What is not saved: it belongs to one run of the emulator.
	events []*auditEvent // oldest first
	temps  map[string]*temp
	tokens tokenStore
	meters meters
	mood   *Mood // nil: that of the cloud
	fate   fate
}

// hostnames lists the permanent host and, if there is one, the alias.
func (t *Tenant) hostnames() []string {
	if t.Alias == "" {
		return []string{t.Host}
	}
	return []string{t.Host, t.Alias}
}

// URL is where the tenant would be found on the real network.
func (t *Tenant) URL() string { return "https://" + t.Host }
