package plan

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Sum is what is known of the value of a secret. The zero Sum knows nothing, and
// nobody asked.
type Sum struct {
	Hash string // keyed, so that nobody can try values; "" when there is none
	Why  string // why a desired secret has no Hash, for people
}

// Held is the member that the spec of [Resource.WithSecrets] has in each secret
// that a change does not write: the one that the tenant holds is the declared one.
const Held = "held"

// SecretRefs returns where the secrets of a spec are, by path: {"env": "NAME"}. A
// spec that cannot be read has none.
func (t Traits) SecretRefs(spec json.RawMessage) map[string]json.RawMessage {
	if len(t.Secret) == 0 {
		return nil
	}
	m, err := decode(spec)
	if err != nil {
		return nil
	}
	out := map[string]json.RawMessage{}
	for p, ref := range t.takeSecrets(m) {
		out[p] = encode(ref)
	}
	return out
}

// everySecret returns a field for each secret of what is created.
func everySecret(d *object) []Field { return withSecrets(nil, d) }

// withSecrets adds a field for each secret that has none yet: those that are
// written, and those that Qlik issues.
func withSecrets(fields []Field, d *object) []Field {
	for _, p := range slices.Concat(slices.Sorted(maps.Keys(d.secrets)), slices.Sorted(maps.Keys(d.issued))) {
		if !slices.ContainsFunc(fields, func(f Field) bool { return f.Path == p }) {
			fields = append(fields, Field{Path: p, Hidden: true})
		}
	}
	slices.SortStableFunc(fields, func(a, b Field) int { return cmp.Compare(a.Path, b.Path) })
	return fields
}

// unwritten returns a field for each secret that is to be written to what exists:
// all of what was never applied, those that the tenant has not, those that are
// asked for, and those that are not what was applied last. Where that cannot be
// told it notes why, and leaves the secret alone.
func (b *builder) unwritten(d, live, was *object) []Field {
	again := b.Rotate != nil && b.Rotate(d.Key)
	if was == nil {
		return slices.DeleteFunc(everySecret(d), func(f Field) bool {
			_, issued := d.issued[f.Path]
			if issued && !again {
				b.note("%s: the secret that it has is not known; --rotate %s issues another", d.Key, d.Key)
			}
			return issued && !again
		})
	}
	changed := secretsMoved(d, was)
	var out []Field
	for _, f := range everySecret(d) {
		_, there := live.secrets[f.Path]
		if _, issued := d.issued[f.Path]; issued {
			_, there = live.issued[f.Path]
			_, known := was.issued[f.Path]
			changed[f.Path] = !known
		}
		switch {
		case !there && changed[f.Path]:
			f.Cause = Both
		case !there:
			f.Cause = Drift
		case changed[f.Path]:
			f.Cause = Changed
		case again:
		default:
			if why := untold(d.Sums[f.Path], was.Sums[f.Path]); why != "" {
				b.note("%s: cannot tell whether %s changed: %s; --rotate %s writes it again",
					d.Key, strings.TrimPrefix(f.Path, "/"), why, d.Key)
			}
			continue
		}
		out = append(out, f)
	}
	return out
}

// secretsMoved returns the paths of the secrets that are known not to be what was
// applied: by their hashes or, without those, because they are somewhere else.
func secretsMoved(d, was *object) map[string]bool {
	out := map[string]bool{}
	for p, ref := range d.secrets {
		old, known := was.secrets[p]
		is, had := d.Sums[p], was.Sums[p]
		switch {
		case !known:
			out[p] = true
		case oneKey(is.Hash, had.Hash):
			out[p] = SumsDiffer(is.Hash, had.Hash)
		default:
			out[p] = !bytes.Equal(encode(ref), encode(old))
		}
	}
	maps.DeleteFunc(out, func(_ string, moved bool) bool { return !moved })
	return out
}

// oneKey reports whether two hashes are of one key, which is what they begin
// with, up to a colon.
func oneKey(a, b string) bool {
	x, _, xok := strings.Cut(a, ":")
	y, _, yok := strings.Cut(b, ":")
	return xok && yok && x == y
}

// SumsDiffer reports whether two hashes are known to be of different values: they
// were made with one key.
func SumsDiffer(a, b string) bool { return oneKey(a, b) && a != b }

// untold returns why it cannot be told whether a secret changed; "" if it can, or
// nobody asked.
func untold(is, was Sum) string {
	switch {
	case is.Hash == "":
		return is.Why
	case was.Hash == "":
		return "no hash of it was kept when it was applied"
	case !oneKey(is.Hash, was.Hash):
		return "its hash was made with another key"
	}
	return ""
}

// hold marks the secrets that none of the fields is about.
func (t Traits) hold(spec map[string]any, written []Field) {
	for _, p := range slices.Concat(t.Secret, t.Issued) {
		edit(spec, p, func(path string, v any) any {
			ref, ok := v.(map[string]any)
			if ok && !slices.ContainsFunc(written, func(f Field) bool { return f.Path == path }) {
				ref[Held] = true
			}
			return v
		})
	}
}
