package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// secret reads a secret from where the estate says it is.
func secret(ref estate.SecretRef, dir string) (string, error) {
	from, ok := sources[ref.Source]
	if !ok {
		return "", fmt.Errorf("this qdeploy knows no secrets in %q", ref.Source)
	}
	return from(dir, ref.Name)
}

// secret is what clients ask when a call is about to send one.
func (c *connections) secret(s qlik.Secret) (string, error) {
	return secret(estate.SecretRef{Source: s.Source, Name: s.Name}, c.dir)
}

// secretsKeyVar holds the key of the hashes by which secrets are compared with what
// was applied.
const secretsKeyVar = "QDEPLOY_SECRETS_KEY"

// shortestKey is how many bytes such a key has at least, so that nobody who sees
// the ledger can find it by trying.
const shortestKey = 32

// vault hashes secrets. The zero vault has no key.
type vault struct {
	dir string
	key []byte
	id  string // of the key: says which one a hash was made with, and nothing else
}

func openVault(dir string) (*vault, error) {
	v := &vault{dir: dir, key: []byte(os.Getenv(secretsKeyVar))}
	if n := len(v.key); n > 0 && n < shortestKey {
		return nil, fail("make one with: openssl rand -hex 32", "%s has %d characters: a key has at least %d", secretsKeyVar, n, shortestKey)
	}
	v.id = hex.EncodeToString(v.mac("id")[:4])
	return v, nil
}

// mac is a keyed hash over texts, each with its length before it.
func (v *vault) mac(texts ...string) []byte {
	h := hmac.New(sha256.New, v.key)
	for _, t := range texts {
		fmt.Fprintf(h, "%d:%s", len(t), t)
	}
	return h.Sum(nil)
}

// sums adds to resources of a tenant what is known of the values of their secrets.
// The resource's name is not in the hash: it may be renamed.
func (v *vault) sums(tenant string, rs []plan.Resource, traits map[plan.Kind]plan.Traits) []plan.Resource {
	out := slices.Clone(rs)
	for i, r := range out {
		refs := traits[r.Key.Kind].SecretRefs(r.Spec)
		if len(refs) == 0 {
			continue
		}
		out[i].Sums = map[string]plan.Sum{}
		for path, raw := range refs {
			out[i].Sums[path] = v.sum(tenant, r.Key.Kind, path, raw)
		}
	}
	return out
}

func (v *vault) sum(tenant string, k plan.Kind, path string, raw json.RawMessage) plan.Sum {
	if len(v.key) == 0 {
		return plan.Sum{Why: secretsKeyVar + " is not set"}
	}
	value, err := v.read(raw)
	if err != nil {
		return plan.Sum{Why: err.Error()}
	}
	return plan.Sum{Hash: v.id + ":" + hex.EncodeToString(v.mac(tenant, string(k), path, value))}
}

// read returns the value of a secret of a spec.
func (v *vault) read(raw json.RawMessage) (string, error) {
	var ref estate.SecretRef
	if err := json.Unmarshal(raw, &ref); err != nil {
		return "", errors.New("where it is cannot be read")
	}
	return secret(ref, v.dir)
}

// absent returns what a change is to write and is not at hand, for people.
func (v *vault) absent(c plan.Change, traits plan.Traits) (missing []string) {
	if c.Desired == nil {
		return nil
	}
	refs := traits.SecretRefs(c.Desired.WithSecrets())
	for _, f := range c.Fields {
		raw, ok := refs[f.Path]
		if !f.Hidden || !ok {
			continue
		}
		if _, err := v.read(raw); err != nil {
			missing = append(missing, fmt.Sprintf("%s: %v", strings.TrimPrefix(f.Path, "/"), err))
		}
	}
	return missing
}

// demand says which secrets applying a plan needs and are not at hand. A plan goes
// on without them; what is applied is blocked, before anything is sent.
func (v *vault) demand(p *plan.Plan, traits map[plan.Kind]plan.Traits, applying bool) {
	for i := range p.Changes {
		c := &p.Changes[i]
		missing := v.absent(*c, traits[c.Key.Kind])
		switch {
		case len(missing) == 0:
		case !applying:
			for _, m := range missing {
				p.Notes = append(p.Notes, fmt.Sprintf("%s: %s; applying needs it", c.Key, m))
			}
		case c.Blocked == "":
			c.Blocked, c.Hint = strings.Join(missing, ", "), "set it, or write another place into the estate"
		}
	}
	slices.Sort(p.Notes)
}

// hashes are the keyed hashes to remember of the secrets that are in place: of what
// this run wrote the new ones, of everything else the old ones.
func hashes(old map[string]string, written *plan.Change) map[string]string {
	out := maps.Clone(old)
	if out == nil {
		out = map[string]string{}
	}
	if written == nil || written.Desired == nil {
		return out
	}
	for _, f := range written.Fields {
		if !f.Hidden {
			continue
		}
		if out[f.Path] = written.Desired.Sums[f.Path].Hash; out[f.Path] == "" {
			delete(out, f.Path)
		}
	}
	return out
}
