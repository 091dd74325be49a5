package main

import (
	"fmt"
)

// openContent looks for the way back of what is no app, unless it has gone it already.
func (b *retreat) openContent(key string) error {
	pin, ok := b.env.Content[key]
	if !ok {
		return fail("what no environment pins follows the branch: git revert", "%s does not pin %s", b.env.Name, key)
	}
	if h, held := b.env.Holds[key]; held && b.f.to == "" && h.Version != pin.Sum() {
		b.left = append(b.left, fmt.Sprintf("%s: %s is rolled back already, from %s", key, short(pin.Sum()), short(h.Version)))
		return nil
	}
	b.content[key] = pin
	return nil
}

// compareContent takes what is no app and was pinned to another content. These have no
// order: what was there before is the way back.
func (b *retreat) compareContent(then *declared, all bool) {
	for _, key := range sortedKeys(b.content) {
		now, was := b.content[key], contentPin(then, b.env.Name, key)
		switch {
		case was.Sum() == "" && all:
			b.left = append(b.left, fmt.Sprintf("%s: %s did not pin it then", key, b.env.Name))
		case was.Sum() != "" && was.Sum() != now.Sum():
			b.steps = append(b.steps, step{App: key, From: short(now.Sum()), To: short(was.Sum()), Content: &was, left: now.Sum()})
			delete(b.content, key)
		}
	}
}
