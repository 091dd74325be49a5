package appdiff

import (
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// script compares two scripts that have LF, tab by tab; nil if they are the same.
func script(old, new string, w *work) *Script {
	if old == new {
		return nil
	}
	a, b := qvf.Tabs(old), qvf.Tabs(new)
	match := matchTabs(a, b)
	stays := inOrder(match)
	s := &Script{}
	next := 0 // the first old tab that has not been passed
	used := make([]bool, len(a))
	for _, i := range match {
		if i >= 0 {
			used[i] = true
		}
	}
	gone := func(until int) {
		for ; next < until; next++ {
			if !used[next] {
				s.add(textTab(Tab{Name: a[next].Name, Action: Removed}, a[next].Text, "", w))
			}
		}
	}
	for j, i := range match {
		if i < 0 {
			s.add(textTab(Tab{Name: b[j].Name, Action: Added}, "", b[j].Text, w))
			continue
		}
		t := Tab{Name: b[j].Name, Action: Changed, Moved: !stays[j]}
		if !t.Moved {
			gone(i)
		}
		if a[i].Name != b[j].Name {
			t.OldName = a[i].Name
		}
		if t = textTab(t, a[i].Text, b[j].Text, w); t.Moved || t.OldName != "" || t.NewLines+t.OldLines > 0 {
			s.add(t)
		}
	}
	gone(len(a))
	if len(s.Tabs) == 0 { // the difference is in the markers
		s.add(textTab(Tab{Action: Changed}, old, new, w))
	}
	return s
}

func (s *Script) add(t Tab) {
	s.Tabs = append(s.Tabs, t)
	s.Inserted += t.Inserted
	s.Deleted += t.Deleted
}

// textTab fills in how the text of a tab changed; nothing, if it did not and the tab was there before.
func textTab(t Tab, old, new string, w *work) Tab {
	if old == new {
		return t
	}
	t.OldLines, t.NewLines = len(lines(old)), len(lines(new))
	var ok bool
	if t.Hunks, ok = unified(old, new, w); !ok {
		t.TooDifferent = true
		return t
	}
	for _, h := range t.Hunks {
		for _, line := range h.Lines {
			switch line[0] {
			case '+':
				t.Inserted++
			case '-':
				t.Deleted++
			}
		}
	}
	return t
}

// matchTabs says for each new tab which old one it was, or -1: by name, several of one name in their order;
// then a renamed one by its text, or by most of its lines if it is at the same place among the unmatched.
func matchTabs(a, b []qvf.Tab) []int {
	byName := map[string][]int{}
	for i, t := range a {
		byName[t.Name] = append(byName[t.Name], i)
	}
	match := make([]int, len(b))
	free := make([]bool, len(a))
	for i := range free {
		free[i] = true
	}
	for j, t := range b {
		match[j] = -1
		if list := byName[t.Name]; len(list) > 0 {
			match[j], byName[t.Name] = list[0], list[1:]
			free[list[0]] = false
		}
	}
	matchRenamed(a, b, match, free)
	return match
}

func matchRenamed(a, b []qvf.Tab, match []int, free []bool) {
	byText := map[string]int{}
	for i, t := range slices.Backward(a) {
		if free[i] && strings.TrimSpace(t.Text) != "" && t.Name != "" {
			byText[t.Text] = i
		}
	}
	for j, t := range b {
		i, ok := byText[t.Text]
		if match[j] < 0 && ok && free[i] && t.Name != "" {
			match[j], free[i] = i, false
		}
	}
	i := 0
	for j := range b {
		if match[j] >= 0 {
			continue
		}
		for i < len(a) && !free[i] {
			i++
		}
		if i < len(a) && a[i].Name != "" && b[j].Name != "" && alike(a[i].Text, b[j].Text) {
			match[j], free[i] = i, false
		}
		i++
	}
}

// alike says whether two texts share most of their lines that are not blank.
func alike(a, b string) bool {
	count := map[string]int{}
	total, shared := 0, 0
	for _, line := range lines(a) {
		if strings.TrimSpace(line) != "" {
			count[line]++
			total++
		}
	}
	for _, line := range lines(b) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		total++
		if count[line] > 0 {
			count[line]--
			shared += 2
		}
	}
	return shared*2 > total
}

// inOrder says which elements of a match belong to a longest run that is in order; the others have moved.
func inOrder(match []int) []bool {
	var tails []int // tails[n] is where the best run of n+1 elements ends
	before := make([]int, len(match))
	for j, i := range match {
		if i < 0 {
			continue
		}
		n, _ := slices.BinarySearchFunc(tails, i, func(t, i int) int { return match[t] - i })
		before[j] = -1
		if n > 0 {
			before[j] = tails[n-1]
		}
		if n == len(tails) {
			tails = append(tails, j)
		}
		tails[n] = j
	}
	stays := make([]bool, len(match))
	if len(tails) > 0 {
		for j := tails[len(tails)-1]; j >= 0; j = before[j] {
			stays[j] = true
		}
	}
	return stays
}
