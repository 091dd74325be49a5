package estate

import (
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// outlet is a file that a secret of Qlik's is put into, and whose.
type outlet struct{ file, tenant, pos string }

// outlets are all of an estate.
type outlets struct {
	mu  sync.Mutex
	all []outlet
}

// issuing are the fields that say where an issued secret goes, by kind.
var issuing = sync.OnceValue(func() map[plan.Kind][]string {
	out := map[plan.Kind][]string{}
	for _, k := range schema.Kinds() {
		if fields := schema.Of(k).Traits.Issued; len(fields) > 0 {
			out[k] = fields
		}
	}
	return out
})

func (o *outlets) add(t Tenant, rs []plan.Resource) {
	for _, r := range rs {
		for _, field := range issuing()[r.Key.Kind] {
			name := strings.TrimPrefix(field, "/")
			var spec map[string]any
			if err := decode(r.Spec, &spec); err != nil {
				panic(err) // it was just encoded
			}
			to, _ := spec[name].(map[string]any)
			if file, _ := to["file"].(string); file != "" {
				o.mu.Lock()
				o.all = append(o.all, outlet{path.Clean(file), t.Name + ": " + r.Key.String(), r.Pos})
				o.mu.Unlock()
			}
		}
	}
}

// clashes reports files that two secrets would be put into: the second would take the
// place of the first.
func (o *outlets) clashes() (ps []Problem) {
	slices.SortFunc(o.all, func(a, b outlet) int {
		return strings.Compare(a.file+"\x00"+a.tenant, b.file+"\x00"+b.tenant)
	})
	for i := 1; i < len(o.all); i++ {
		if first, second := o.all[i-1], o.all[i]; first.file == second.file {
			ps = append(ps, Problem{
				Pos: second.pos, Message: second.tenant + ": its secret is put into " + second.file + ", where that of " + first.tenant + " is put too",
				Hint: `a file holds one secret: put the tenant's name in its path, "../secrets/\(tenant.name)-export.txt"`,
			})
		}
	}
	return ps
}
