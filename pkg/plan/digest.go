package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Sum returns the digest of what the plan would do: SHA-256, in hexadecimal,
// over the canonical JSON of the tenant's name and host and of its changes.
// IDs, positions, notes, counts, and whether a change is blocked are not in it:
// they differ without anything else being done. A plan that could not be made
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
func DesiredSum(desired []Resource) (string, error) {
	h := sha256.New()
	m := make(map[Key]json.RawMessage, len(desired))
	for _, r := range desired {
		spec, err := Canonical(r.Spec)
		if err != nil {
			return "", err
		}
		m[r.Key] = spec
	}
	for _, k := range sortedKeys(m) {
		h.Write(encode([]any{k.String(), m[k]}))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
