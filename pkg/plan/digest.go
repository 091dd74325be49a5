package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Sum returns the digest of what the plan would do: SHA-256, in hexadecimal,
// over the canonical JSON of the tenant's name and host and of its changes.
// IDs, positions, causes, notes, counts, and whether a change is blocked are not
// in it: they differ without anything else being done. Nor are secrets: of one
// that is written the digest says only that it is. A plan that could not be made
// has no digest.
func (p *Plan) Sum() string {
	if p.Error != "" {
		return ""
	}
	type step struct {
		Action  Action          `json:"action"`
		Key     Key             `json:"key"`
		From    Key             `json:"from"`
		Fields  []Field         `json:"fields"`
		Desired json.RawMessage `json:"desired"`
	}
	steps := make([]step, len(p.Changes))
	for i, c := range p.Changes {
		steps[i] = step{Action: c.Action, Key: c.Key, From: c.From}
		for _, f := range c.Fields {
			f.Cause = Unknown // a lost ledger changes what is known, not what is done
			steps[i].Fields = append(steps[i].Fields, f)
		}
		if c.Desired != nil {
			steps[i].Desired = c.Desired.Spec
		}
	}
	return sum(encode(map[string]any{"tenant": p.Tenant.Name, "host": p.Tenant.Host, "changes": steps}))
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// DesiredSum returns the digest of a tenant's desired resources, in any order.
// It is over the specs as they are given: what names a secret is in it.
func DesiredSum(desired []Resource) (string, error) {
	lines := make([]string, len(desired))
	for i, r := range desired {
		spec, err := Canonical(r.WithSecrets())
		if err != nil {
			return "", fmt.Errorf("%s: %v", r.Key, err)
		}
		lines[i] = string(encode([]any{r.Key.String(), spec}))
	}
	slices.SortFunc(lines, strings.Compare)
	return sum([]byte(strings.Join(lines, "\n"))), nil
}
