package plan

import "strings"

// appPart is an app as it is shown: folded, in one line, or not at all.
type appPart struct {
	AppSection
	shown string
}

// appLines takes room for a line about each app.
func (m *markdown) appLines() {
	left := m.share(6)
	for i, a := range m.o.Apps {
		line := m.app(a, codeSpan, "**", "**") + "\n\n"
		if left -= len(line); left < 0 {
			m.leaveOut(len(m.o.Apps)-i, len(m.o.Apps), "apps")
			return
		}
		m.apps = append(m.apps, appPart{a, m.keep(line)})
	}
}

func (m *markdown) app(a AppSection, code func(string) string, bold, thin string) string {
	s := bold + prose(a.Title, 200, code) + thin
	if a.Summary != "" {
		s += " · " + prose(a.Summary, 300, code)
	}
	return s
}

// appBodies puts what changes inside an app in place of the line about it.
func (m *markdown) appBodies() {
	gone := 0
	for i := range m.apps {
		a := &m.apps[i]
		if a.Body == nil {
			continue
		}
		head := "<details><summary>" + m.app(a.AppSection, codeTag, "<b>", "</b>") + "</summary>\n\n"
		budget := 0
		if m.o.Budget > 0 {
			budget = m.left + len(a.shown) - len(head) - len("\n"+closeFold)
			if budget < 1 {
				gone++
				continue
			}
		}
		body := a.Body(budget)
		if budget > 0 && len(body) > budget {
			gone++
			continue
		}
		m.left += len(a.shown)
		a.shown = m.keep(head + strings.TrimRight(body, "\n") + "\n" + closeFold)
	}
	if m.leaveOut(gone, len(m.apps), "apps but for one line"); gone > 0 {
		m.full()
	}
}
