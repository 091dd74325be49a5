package plan

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
)

// Targets returns the keys that a spec of this kind refers to, sorted, and reports
// for each whether the reference is soft.
func (t Traits) Targets(spec json.RawMessage) map[Key]bool {
	m, err := decode(spec)
	if err != nil {
		return nil
	}
	return t.targets(m)
}

func (t Traits) targets(spec map[string]any) map[Key]bool {
	var out map[Key]bool
	for _, r := range t.Refs {
		at(spec, r.Path, func(s string) string {
			if k, err := ParseKey(s); err == nil {
				if out == nil {
					out = map[Key]bool{}
				}
				out[k] = r.Soft
			}
			return s
		})
	}
	return out
}

// Check returns one error for each two resources with one key and each
// reference to nothing, joined, in the order of their positions.
func Check(desired []Resource, traits map[Kind]Traits) error {
	have := make(map[Key]*Resource, len(desired))
	var errs []error
	for i := range desired {
		r := &desired[i]
		if first := have[r.Key]; first != nil {
			errs = append(errs, fmt.Errorf("%s%s is declared twice; the other is at %s", where(r.Pos), r.Key, cmp.Or(first.Pos, "an unknown place")))
			continue
		}
		have[r.Key] = r
	}
	for _, r := range desired {
		targets := traits[r.Key.Kind].Targets(r.Spec)
		for _, k := range sortedKeys(targets) {
			if have[k] == nil && !targets[k] && !r.Needed {
				errs = append(errs, fmt.Errorf("%s%s refers to %s, which is not declared", where(r.Pos), r.Key, k))
			}
		}
	}
	return errors.Join(errs...)
}

func where(pos string) string {
	if pos == "" {
		return ""
	}
	return pos + ": "
}
