package main

import (
	"cmp"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// secretsOf returns the hashes of the secrets of what an entry remembers. What did
// not succeed keeps those of before: then the secret is written again.
func secretsOf(old, e ledger.Entry, t *study, became map[plan.Key]apply.Outcome) map[string]map[string]string {
	before := map[string]string{} // of what lies in something that has another name now
	for name := range old.Secrets {
		if k, err := plan.ParseKey(name); err == nil {
			before[t.renamed(k).String()] = name
		}
	}
	out := map[string]map[string]string{}
	for name := range e.Resources.All() {
		from := cmp.Or(before[name], name)
		var written *plan.Change
		if k, err := plan.ParseKey(name); err == nil {
			if o, ok := became[k]; ok && o.Status == apply.Done {
				written = &o.Change
				if !o.Change.From.IsZero() {
					from = o.Change.From.String()
				}
			}
		}
		if h := hashes(old.Secrets[from], written); len(h) > 0 {
			out[name] = h
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
