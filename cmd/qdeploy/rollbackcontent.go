package main

import (
	"fmt"
)

// openContent looks for the way back of a theme or an extension, unless it has gone it
// already.
func (b *retreat) openContent(key string) error {
	pin, ok := b.env.Content[key]
	if !ok {
		return fail("what no environment pins follows the branch: git revert", "%s does not pin %s", b.env.Name, key)
	}
	if h, held := b.env.Holds[key]; held && b.f.to == "" && h.Version != pin.MD5 {
		b.left = append(b.left, fmt.Sprintf("%s: %s is rolled back already, from %s", key, short(pin.MD5), short(h.Version)))
		return nil
	}
	b.content[key] = pin
	return nil
}

// compareContent takes the themes and extensions of which an estate pinned another
// archive. Archives have no order: what was there before is the way back.
func (b *retreat) compareContent(then *declared, all bool) {
	for _, key := range sortedKeys(b.content) {
		now, was := b.content[key], contentPin(then, b.env.Name, key)
		switch {
		case was.MD5 == "" && all:
			b.left = append(b.left, fmt.Sprintf("%s: %s did not pin it then", key, b.env.Name))
		case was.MD5 != "" && was.MD5 != now.MD5:
			b.steps = append(b.steps, step{App: key, From: short(now.MD5), To: short(was.MD5), Content: &was, left: now.MD5})
			delete(b.content, key)
		}
	}
}
