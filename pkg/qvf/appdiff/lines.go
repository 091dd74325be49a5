package appdiff

import (
	"math"
	"strings"
)

// budget is how many steps line diffs of one comparison may take in all: well under a second.
const budget = 1 << 26

// context is how many unchanged lines a hunk has around its changes.
const context = 3

// work counts steps down. It is shared by all line diffs of a comparison, so that many texts that are each
// bearable are bearable together.
type work struct{ left int }

func (w *work) spend(n int) bool {
	w.left -= n
	return w.left >= 0
}

// lines cuts a text after its line ends. Nothing has no lines.
func lines(text string) []string {
	if text == "" {
		return nil
	}
	list := strings.SplitAfter(text, "\n")
	if list[len(list)-1] == "" {
		list = list[:len(list)-1]
	}
	return list
}

// unified compares two texts line by line; ok is false if that would take more than w allows.
func unified(old, new string, w *work) (hunks []Hunk, ok bool) {
	a, b := lines(old), lines(new)
	deleted, inserted, ok := compare(a, b, w)
	if !ok {
		return nil, false
	}
	return hunksOf(a, b, deleted, inserted), true
}

// compare says which lines of a are not in b and which of b are not in a, along a shortest edit script.
func compare(a, b []string, w *work) (deleted, inserted []bool, ok bool) {
	deleted, inserted = make([]bool, len(a)), make([]bool, len(b))
	if !w.spend(len(a) + len(b)) {
		return nil, nil, false
	}
	ids := map[string]int{}
	x, y := numbered(a, ids), numbered(b, ids)
	// Lines that the other side does not have are no matches whatever the rest looks like.
	m := myers{work: w, deleted: deleted, inserted: inserted}
	m.a, m.aLine = known(x, y, len(ids), deleted)
	m.b, m.bLine = known(y, x, len(ids), inserted)
	diagonals := len(m.a) + len(m.b) + 3
	m.forward, m.backward = make([]int, diagonals), make([]int, diagonals)
	return deleted, inserted, m.compare(0, len(m.a), 0, len(m.b))
}

func numbered(list []string, ids map[string]int) []int {
	numbers := make([]int, len(list))
	for i, line := range list {
		id, ok := ids[line]
		if !ok {
			id = len(ids)
			ids[line] = id
		}
		numbers[i] = id
	}
	return numbers
}

// known returns the elements of list that other has too, and where they are; the rest it marks.
func known(list, other []int, ids int, mark []bool) (elements, at []int) {
	there := make([]bool, ids)
	for _, id := range other {
		there[id] = true
	}
	for i, id := range list {
		if !there[id] {
			mark[i] = true
			continue
		}
		elements, at = append(elements, id), append(at, i)
	}
	return elements, at
}

// myers is the linear space algorithm of E. W. Myers, "An O(ND) Difference Algorithm and Its Variations".
// A diagonal k is where x-y is k; forward and backward hold how far each was followed from either end.
type myers struct {
	*work
	a, b              []int
	aLine, bLine      []int
	deleted, inserted []bool
	forward, backward []int
}

// compare marks what differs in a[a0:a1] and b[b0:b1].
func (m *myers) compare(a0, a1, b0, b1 int) bool {
	for {
		for a0 < a1 && b0 < b1 && m.a[a0] == m.b[b0] {
			a0, b0 = a0+1, b0+1
		}
		for a0 < a1 && b0 < b1 && m.a[a1-1] == m.b[b1-1] {
			a1, b1 = a1-1, b1-1
		}
		if a0 == a1 || b0 == b1 {
			break
		}
		x, y, ok := m.middle(a0, a1, b0, b1)
		if !ok || !m.compare(a0, x, b0, y) {
			return false
		}
		a0, b0 = x, y
	}
	for ; a0 < a1; a0++ {
		m.deleted[m.aLine[a0]] = true
	}
	for ; b0 < b1; b0++ {
		m.inserted[m.bLine[b0]] = true
	}
	return true
}

// middle is a point in the middle of a shortest path through the box.
func (m *myers) middle(a0, a1, b0, b1 int) (x, y int, ok bool) {
	off := len(m.b) + 1
	lowest, highest := a0-b1, a1-b0
	f, b := span{a0 - b0, a0 - b0}, span{a1 - b1, a1 - b1}
	odd := (f.low-b.low)%2 != 0
	m.forward[f.low+off], m.backward[b.low+off] = a0, a1
	for {
		f.widen(lowest, highest, func(k int) { m.forward[k+off] = -1 })
		for k := f.high; k >= f.low; k -= 2 {
			x := max(m.forward[k-1+off]+1, m.forward[k+1+off])
			start := x
			for x < a1 && x-k < b1 && m.a[x] == m.b[x-k] {
				x++
			}
			m.forward[k+off] = x
			if !m.spend(1 + x - start) {
				return 0, 0, false
			}
			if odd && b.low <= k && k <= b.high && m.backward[k+off] <= x {
				return x, x - k, true
			}
		}
		b.widen(lowest, highest, func(k int) { m.backward[k+off] = math.MaxInt })
		for k := b.high; k >= b.low; k -= 2 {
			x := min(m.backward[k-1+off], m.backward[k+1+off]-1)
			start := x
			for x > a0 && x-k > b0 && m.a[x-1] == m.b[x-k-1] {
				x--
			}
			m.backward[k+off] = x
			if !m.spend(1 + start - x) {
				return 0, 0, false
			}
			if !odd && f.low <= k && k <= f.high && x <= m.forward[k+off] {
				return x, x - k, true
			}
		}
	}
}

// span is a range of diagonals, of which every second one is followed in a round.
type span struct{ low, high int }

// widen takes one more diagonal on either side, or one less where the box ends. The diagonals beside the
// span are told to outside.
func (s *span) widen(lowest, highest int, outside func(k int)) {
	if s.low > lowest {
		s.low--
		outside(s.low - 1)
	} else {
		s.low++
	}
	if s.high < highest {
		s.high++
		outside(s.high + 1)
	} else {
		s.high--
	}
}

// hunksOf gathers changes with their context; changes whose context touches share a hunk.
func hunksOf(a, b []string, deleted, inserted []bool) []Hunk {
	var hunks []Hunk
	i, j := 0, 0
	for {
		for i < len(a) && j < len(b) && !deleted[i] && !inserted[j] {
			i, j = i+1, j+1
		}
		if i == len(a) && j == len(b) {
			return hunks
		}
		lead := min(i, context)
		h := Hunk{OldStart: i - lead, NewStart: j - lead}
		for _, line := range a[i-lead : i] {
			h.Lines = append(h.Lines, " "+line)
		}
		i, j = h.fill(a, b, deleted, inserted, i, j)
		h.OldLines, h.NewLines = i-h.OldStart, j-h.NewStart
		if h.OldLines > 0 {
			h.OldStart++
		}
		if h.NewLines > 0 {
			h.NewStart++
		}
		hunks = append(hunks, h)
	}
}

// fill appends changes from a[i] and b[j] on until six unchanged lines in a row, or the end.
func (h *Hunk) fill(a, b []string, deleted, inserted []bool, i, j int) (int, int) {
	for {
		for ; i < len(a) && deleted[i]; i++ {
			h.Lines = append(h.Lines, "-"+a[i])
		}
		for ; j < len(b) && inserted[j]; j++ {
			h.Lines = append(h.Lines, "+"+b[j])
		}
		same := 0
		for i+same < len(a) && j+same < len(b) && !deleted[i+same] && !inserted[j+same] && same <= 2*context {
			same++
		}
		end := i+same == len(a) && j+same == len(b)
		if end || same > 2*context {
			for range min(same, context) {
				h.Lines = append(h.Lines, " "+a[i])
				i, j = i+1, j+1
			}
			return i, j
		}
		for range same {
			h.Lines = append(h.Lines, " "+a[i])
			i, j = i+1, j+1
		}
	}
}
