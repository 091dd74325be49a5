package plan

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Targets returns the keys that a spec of this kind refers to, each with whether
// the reference is soft.
func (t Traits) Targets(spec json.RawMessage) map[Key]bool {
	m, err := decode(spec)
	if err != nil {
		return nil
	}
	return t.targets(m)
}

// TargetsOf is [Traits.Targets] for a spec that is decoded.
func (t Traits) TargetsOf(spec map[string]any) map[Key]bool { return t.targets(spec) }

func (t Traits) targets(spec map[string]any) map[Key]bool {
	var out map[Key]bool
	for _, r := range t.Refs {
		at(spec, r.Path, func(s string) string {
			k := r.key(s)
			if k.IsZero() {
				return s
			}
			if out == nil {
				out = map[Key]bool{}
			}
			soft, before := out[k]
			out[k] = r.Soft && (soft || !before)
			return s
		})
	}
	return out
}

// Check returns one error for each spec that cannot be read, each resource whose
// key another has, each reference to nothing, and each former name that two
// claim, joined, in the order of their positions.
func Check(desired []Resource, traits map[Kind]Traits) error {
	var found problems
	objects := index(desired, nil, found.declared)
	found.check(objects, traits)
	return found.join()
}

type problem struct {
	pos  string
	text string
}

type problems []problem

func (p *problems) add(r Resource, format string, args ...any) {
	*p = append(*p, problem{r.Pos, where(r.Pos) + r.Key.String() + " " + fmt.Sprintf(format, args...)})
}

func (p *problems) declared(first, r Resource, err error) {
	if err != nil {
		p.add(r, "cannot be read: %v", err)
		return
	}
	p.add(r, "is declared twice; the other is at %s", cmp.Or(first.Pos, "an unknown place"))
}

func (p *problems) check(desired map[Key]*object, traits map[Kind]Traits) {
	claims := map[Key]Key{}
	for _, k := range sortedKeys(desired) {
		o := desired[k]
		for _, was := range o.Was {
			old := Key{k.Kind, was}
			if first, taken := claims[old]; taken && first != k {
				p.add(o.Resource, "says that it was %s before, and so does %s", old, first)
				continue
			}
			claims[old] = k
		}
		if o.Needed {
			continue
		}
		targets := traits[k.Kind].targets(o.spec)
		for _, target := range sortedKeys(targets) {
			if desired[target] == nil && !targets[target] {
				p.add(o.Resource, "refers to %s, which is not declared", target)
			}
		}
		p.malformed(o, traits[k.Kind])
	}
}

// malformed finds what stands where a reference must and is none.
func (p *problems) malformed(o *object, t Traits) {
	for _, r := range t.Refs {
		at(o.spec, r.Path, func(s string) string {
			if s != "" && !r.Soft && r.key(s).IsZero() {
				p.add(o.Resource, "refers to %q, which is not kind/name", s)
			}
			return s
		})
	}
}

func (p problems) join() error {
	slices.SortFunc(p, func(a, b problem) int { return cmp.Or(comparePos(a.pos, b.pos), cmp.Compare(a.text, b.text)) })
	errs := make([]error, len(p))
	for i, e := range p {
		errs[i] = errors.New(e.text)
	}
	return errors.Join(errs...)
}

func where(pos string) string {
	if pos == "" {
		return ""
	}
	return pos + ": "
}

// comparePos orders file:line:column by file, then by number.
func comparePos(a, b string) int {
	aFile, aLine, aColumn := splitPos(a)
	bFile, bLine, bColumn := splitPos(b)
	return cmp.Or(cmp.Compare(aFile, bFile), cmp.Compare(aLine, bLine), cmp.Compare(aColumn, bColumn), cmp.Compare(a, b))
}

func splitPos(pos string) (file string, line, column int) {
	file, last := cutNumber(pos)
	file, line = cutNumber(file)
	if line == 0 {
		return file, last, 0
	}
	return file, line, last
}

func cutNumber(s string) (string, int) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, 0
	}
	n, err := strconv.Atoi(s[i+1:])
	if err != nil {
		return s, 0
	}
	return s[:i], n
}
