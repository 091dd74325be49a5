package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"runtime"
	"slices"
	"sync"
)

// Class is tenants whose changes are the same but for their own names and
// values. What differs in anything else is not in one class.
type Class struct {
	// ID is the same for the same changes, whichever tenants they are in: 16
	// hexadecimal digits.
	ID    string
	Plans []*Plan // sorted by tenant

	// Changes are those of the only tenant; or with {name}s in place of the
	// tenants' own values and without what is live and where it is declared.
	Changes []Change
}

// Classes groups the plans that have changes, largest class first; classes of
// one size come in the order of their first tenants.
func (f *Fleet) Classes() []Class {
	shapes := f.shapes()
	byShape := map[shape]int{}
	var out []Class
	for i, p := range f.Plans {
		if len(p.Changes) == 0 {
			continue
		}
		class, known := byShape[shapes[i]]
		if !known {
			class = len(out)
			byShape[shapes[i]] = class
			out = append(out, Class{ID: hex.EncodeToString(shapes[i][:8])})
		}
		out[class].Plans = append(out[class].Plans, p)
	}
	for i := range out {
		if first := out[i].Plans[0]; len(out[i].Plans) == 1 {
			out[i].Changes = first.Changes
		} else {
			out[i].Changes = generalise(first)
		}
	}
	slices.SortStableFunc(out, func(a, b Class) int { return cmp.Compare(len(b.Plans), len(a.Plans)) })
	return out
}

// shape is a hash over the changes of a plan without the tenant's own values.
type shape [sha256.Size]byte

// shapes returns the shape of each plan, worked out on every core.
func (f *Fleet) shapes() []shape {
	out := make([]shape, len(f.Plans))
	workers := min(runtime.GOMAXPROCS(0), len(f.Plans))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			var buf []byte
			for i := w; i < len(f.Plans); i += workers {
				buf = appendShape(buf[:0], f.Plans[i])
				out[i] = sha256.Sum256(buf)
			}
		})
	}
	wg.Wait()
	return out
}

// appendShape writes everything of the changes that a class shows, or that is
// done, so that no two different ones are written the same: each part after its
// length.
func appendShape(buf []byte, p *Plan) []byte {
	g := generaliser(p.Tenant)
	text := func(parts ...string) {
		for _, s := range parts {
			buf = measured(buf, func(b []byte) []byte { return g.words(b, s) })
		}
	}
	exact := func(s string) { buf = measured(buf, func(b []byte) []byte { return append(b, s...) }) }
	key := func(k Key) { exact(string(k.Kind)); text(k.Name) }
	count := func(n int) { buf = binary.AppendUvarint(buf, uint64(n)) }
	data := func(raw json.RawMessage) { buf = measured(buf, func(b []byte) []byte { return g.json(b, raw) }) }
	for i := range p.Changes {
		c := &p.Changes[i]
		exact(string(c.Action))
		exact(string(c.Cause))
		key(c.Key)
		key(c.From)
		text(c.Reason, c.Blocked, c.Hint)
		count(c.Writes)
		count(len(c.Fields))
		for j := range c.Fields {
			f := &c.Fields[j]
			text(f.Path)
			exact(string(f.Cause))
			data(f.Live)
			data(f.Desired)
			buf = append(buf, bit(f.Hidden))
		}
		count(len(c.After))
		for _, k := range c.After {
			key(k)
		}
		if buf = append(buf, bit(c.Desired != nil)); c.Desired != nil {
			buf = append(buf, bit(c.Desired.Needed))
			data(c.Desired.Spec)
		}
	}
	return buf
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// measured appends what f appends, after its length.
func measured(buf []byte, f func([]byte) []byte) []byte {
	const size = 4
	start := len(buf)
	buf = f(append(buf, 0, 0, 0, 0))
	binary.LittleEndian.PutUint32(buf[start:], uint32(len(buf)-start-size))
	return buf
}

// generalise returns the changes of p as a class shows them.
func generalise(p *Plan) []Change {
	g := generaliser(p.Tenant)
	out := make([]Change, len(p.Changes))
	for i, c := range p.Changes {
		c.Key, c.From = g.key(c.Key), g.key(c.From)
		c.Reason, c.Blocked, c.Hint = g.text(c.Reason), g.text(c.Blocked), g.text(c.Hint)
		if c.Live = nil; c.Desired != nil {
			c.Desired = &Resource{Key: c.Key, Spec: g.show(c.Desired.Spec), Needed: c.Desired.Needed}
		}
		c.Fields = slices.Clone(c.Fields)
		for j := range c.Fields {
			f := &c.Fields[j]
			f.Path, f.Live, f.Desired = g.text(f.Path), g.show(f.Live), g.show(f.Desired)
		}
		c.After = slices.Clone(c.After)
		for j := range c.After {
			c.After[j] = g.key(c.After[j])
		}
		out[i] = c
	}
	return out
}
