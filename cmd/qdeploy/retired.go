package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// idle is how long an automation did not run before it is told of.
const idle = 60 * 24 * time.Hour

// leftovers collects what is retired, while tenants are read at once.
type leftovers struct {
	mu      sync.Mutex
	list    []leftover
	unknown []string // what could not be looked for, and why
}

// leftover is something in a tenant that nobody seems to need any more, and what would
// clean it up.
type leftover struct {
	Tenant string   `json:"tenant"`
	Key    plan.Key `json:"key"`
	Why    string   `json:"why"`
	Mend   []string `json:"mend,omitempty"` // commands, or what to do with the estate
}

// lookRetired looks for what is retired in a tenant that was read. Nothing that is found,
// and nothing that cannot be looked for, is an error.
func (e *engine) lookRetired(ctx context.Context, s *study, read *qlik.Snapshot, applied []plan.Resource) error {
	declared := byKey(s.desired)
	found, unknown, err := s.live.Retired(ctx, read, qlik.Needed{
		Declared: slices.Concat(applied, s.desired), Busy: s.slots.tries, Since: e.now().Add(-idle),
	})
	if err != nil {
		return err
	}
	e.retired.mu.Lock()
	defer e.retired.mu.Unlock()
	for _, r := range found {
		if _, tried := s.slots[r.Key]; tried || len(e.kinds) > 0 && !slices.Contains(e.kinds, r.Key.Kind) {
			continue
		}
		l := leftover{Tenant: s.tenant.Name, Key: r.Key, Why: r.Why}
		if d, ok := declared[r.Key]; ok {
			l.Mend = []string{"delete what is at " + d.Pos + ", and apply"}
		} else {
			l.Mend = rawCommands(s.tenant.Host, r.Mend)
		}
		e.retired.list = append(e.retired.list, l)
	}
	for _, what := range unknown {
		e.retired.unknown = append(e.retired.unknown, s.tenant.Name+": "+firstLine(what))
	}
	return nil
}

// tries reports whether an app of this name is in a tenant for a pull request.
func (h heldKeys) tries(app string) bool {
	for k := range h {
		if k.Kind == "app" && strings.HasSuffix(k.Name, "/"+app) {
			return true
		}
	}
	return false
}

// harmless is what a shell takes as it is, in the path and in the quoted body of a call: IDs
// are the tenant's words.
var harmless = regexp.MustCompile(`^[\w/.-]+ [\w/"{}:,\[\]-]*$`)

// rawCommands are calls in the words of qlik-cli; none if one could do something else in a
// shell.
//
// https://qlik.dev/toolkits/qlik-cli/raw/raw
// assumed: its paths are those below /api, for other namespaces than v1 too.
func rawCommands(host string, calls []qlik.Request) (out []string) {
	for _, q := range calls {
		path := strings.TrimPrefix(q.Path, "/api/")
		if !harmless.MatchString(path + " " + q.Body) {
			return nil
		}
		line := fmt.Sprintf("qlik raw %s %s --server https://%s", strings.ToLower(q.Method), path, host)
		if q.Body != "" {
			line += " --body '" + q.Body + "'"
		}
		out = append(out, line)
	}
	return out
}

// sorted returns what was found by tenant, and then by key.
func (l *leftovers) sorted() []leftover {
	if l == nil {
		return nil
	}
	slices.SortFunc(l.list, func(a, b leftover) int { return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), a.Key.Compare(b.Key)) })
	return l.list
}

// text says what is retired, and what nobody could look for; "" if it was not asked for.
func (l *leftovers) text() string {
	if l == nil {
		return ""
	}
	var b strings.Builder
	list := l.sorted()
	if len(list) == 0 {
		b.WriteString("\nRetired: nothing was found.\n")
	} else {
		b.WriteString("\nRetired, as far as qdeploy sees, which deletes none of it:\n")
	}
	for i, r := range list {
		if i == 0 || list[i-1].Tenant != r.Tenant {
			fmt.Fprintf(&b, "  %s\n", r.Tenant)
		}
		fmt.Fprintf(&b, "    %s: %s\n", printable(r.Key.String()), printable(r.Why))
		for _, do := range r.Mend {
			fmt.Fprintf(&b, "        %s\n", do)
		}
	}
	slices.Sort(l.unknown)
	for _, what := range l.unknown {
		fmt.Fprintf(&b, "  not known in %s\n", printable(what))
	}
	return b.String()
}

// MarshalJSON writes what was found, and what is not known.
func (l *leftovers) MarshalJSON() ([]byte, error) {
	slices.Sort(l.unknown)
	return json.Marshal(struct {
		Found   []leftover `json:"found"`
		Unknown []string   `json:"unknown,omitempty"`
	}{append([]leftover{}, l.sorted()...), l.unknown})
}
