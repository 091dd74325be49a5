package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// longDiff shows what becomes of a field whose values take lines of their own.
func longDiff(f Field) []string {
	if lines := listDiff(f); lines != nil {
		return lines
	}
	old, desired := excerpts(f)
	return []string{"- " + old, "+ " + desired}
}

const (
	longestLists = 10_000 // elements of one list times those of the other that are compared
	shownOfList  = 24     // lines of one list that are printed
)

// listDiff shows, a line each, which elements of a list go and which come, in their order:
// one that moves goes and comes. As few as possible are named. It has nothing to say of
// what is no list, of very long ones, and of those with very long elements.
func listDiff(f Field) (lines []string) {
	var live, desired []json.RawMessage
	if json.Unmarshal(f.Live, &live) != nil || json.Unmarshal(f.Desired, &desired) != nil || len(live)*len(desired) > longestLists {
		return nil
	}
	for _, e := range slices.Concat(live, desired) {
		if len(e) > longest { // two that are cut could look the same
			return nil
		}
	}
	stay, left := 0, 0
	say := func(s string) {
		if len(lines) < shownOfList {
			lines = append(lines, s)
		} else {
			left++
		}
	}
	stayed := func() {
		if stay > 0 {
			say(fmt.Sprintf("  (%s as before)", count(stay)))
		}
		stay = 0
	}
	common := commonTo(live, desired)
	i, j := 0, 0
	for i < len(live) || j < len(desired) {
		switch {
		case i < len(live) && j < len(desired) && bytes.Equal(live[i], desired[j]):
			stay, i, j = stay+1, i+1, j+1
		case i < len(live) && (j == len(desired) || common[i+1][j] >= common[i][j+1]):
			stayed()
			say("- " + value(live[i]))
			i++
		default:
			stayed()
			say("+ " + value(desired[j]))
			j++
		}
	}
	stayed()
	if left > 0 {
		lines = append(lines, fmt.Sprintf("  (%s more)", count(left)))
	}
	return lines
}

// commonTo returns how long the longest common subsequence of a[i:] and b[j:] is.
func commonTo(a, b []json.RawMessage) [][]int {
	n := make([][]int, len(a)+1)
	for i := range n {
		n[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if bytes.Equal(a[i], b[j]) {
				n[i][j] = n[i+1][j+1] + 1
			} else {
				n[i][j] = max(n[i+1][j], n[i][j+1])
			}
		}
	}
	return n
}
