package estate

import (
	"encoding/json"
	"sync/atomic"

	"cuelang.org/go/cue"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// State says whether a tenant is looked after.
type State string

const (
	Active  State = "active"
	Ignored State = "ignored" // neither read nor changed

	// Deactivated is a tenant that nobody may log in to, and that Qlik purges later.
	Deactivated State = "deactivated"
)

// Tenant is a tenant as it is declared.
type Tenant struct {
	plan.Tenant
	Title string
	State State

	// Subscription is the one that it is of; "" if the estate declares none, or several and
	// the tenant does not say.
	Subscription string

	Pos string // file:line:column of the declaration

	Create     *Creation     // nil for a tenant that qdeploy does not make
	Deactivate *Deactivation // nil where it is not confirmed
}

// Creation is how a tenant is made where there is none.
type Creation struct {
	LicenseOf string `json:"licenseOf"` // a tenant of the same subscription, by name
}

// Deactivation is how a tenant is deactivated.
type Deactivation struct {
	Confirm        string `json:"confirm"`        // its host
	PurgeAfterDays int    `json:"purgeAfterDays"` // 10 to 90
}

// tenant is what is kept of a tenant between loading and evaluating: data, no
// CUE value, so that memory stays small and every worker can use it.
type tenant struct {
	Tenant
	templates []string
	facts     []byte          // JSON: what a template sees below "tenant"
	own       string          // the digest of its own resources, if it comes from a file; "" for none
	inCUE     map[string]bool // the kinds that it declares itself, if it is written in CUE
	file      *tenantFile     // that it comes from; nil if it is written in CUE
	nth       int             // of the tenants of file
	targets   []*target       // of environments, that select it
	broken    bool            // it cannot be evaluated, and that was said
	known     atomic.Pointer[known]
}

// declaration is a tenant as the schema has it, decoded.
type declaration struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Region string `json:"region"`

	Subscription string `json:"subscription"`

	Alias     string            `json:"alias"`
	Host      string            `json:"host"`
	Labels    map[string]string `json:"labels"`
	Variables json.RawMessage   `json:"variables"`
	Template  any               `json:"template"`
	State     State             `json:"state"`

	Create     *Creation     `json:"create"`
	Deactivate *Deactivation `json:"deactivate"`
}

// tenantsInCUE decodes the tenants that are written in CUE.
func (l *load) tenantsInCUE(root cue.Value) {
	it, err := root.LookupPath(cue.ParsePath("tenants")).Fields()
	for err == nil && it.Next() {
		name := it.Selector().Unquoted()
		t := &tenant{inCUE: map[string]bool{}}
		d, ps := l.decodeTenant(it.Value(), l.x, func(kind string) { t.inCUE[kind] = true })
		if len(ps) > 0 {
			l.report(ps...)
			continue
		}
		t.Pos = l.at("tenants", name)
		l.complete(t, d, func(path ...string) string {
			return l.at(append([]string{"tenants", name}, path...)...)
		})
	}
}

// decodeTenant decodes the fields of a tenant but for its own resources, whose
// kinds it reports.
func (l *load) decodeTenant(v cue.Value, x *explainer, own func(kind string)) (declaration, []Problem) {
	var d declaration
	var ps []Problem
	fields := map[string]json.RawMessage{}
	for _, name := range tenantFields() {
		f := v.LookupPath(cue.MakePath(cue.Str(name)))
		switch {
		case !f.Exists():
		case schema.Of(plan.Kind(name)).Declared:
			own(name)
		case f.Validate(cue.Concrete(true)) == nil:
			raw, err := f.MarshalJSON()
			if err != nil {
				panic(err) // it is valid and concrete
			}
			fields[name] = raw
		case name == "title" && fields["name"] == nil:
			// the title is the name, and that is missing
		default:
			ps = append(ps, x.explain(f.Validate(cue.Concrete(true)))...)
		}
	}
	if ps != nil {
		return d, ps
	}
	raw, err := json.Marshal(fields)
	if err == nil {
		err = json.Unmarshal(raw, &d)
	}
	if err != nil {
		ps = append(ps, Problem{Message: err.Error()})
	}
	return d, ps
}
