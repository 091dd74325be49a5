package qvf

import "strings"

// Tab is a section of a load script.
type Tab struct {
	// Name is what the marker says; empty for text before the first marker.
	Name string
	// Line is the number of the marker's line, counted from 1, or 1 if there is none.
	Line int
	// Text is what follows the marker's line, up to the next marker.
	Text string
}

// tabMarker begins the line that begins a section. Source: Qlik's data load editor.
const tabMarker = "///$tab "

// Tabs cuts a script at its lines "///$tab Name".
func Tabs(script string) []Tab {
	var tabs []Tab
	line, at, start := 0, 0, 0
	for text := range strings.Lines(script) {
		line++
		if strings.HasPrefix(text, tabMarker) {
			if len(tabs) > 0 {
				tabs[len(tabs)-1].Text = script[start:at]
			} else if at > 0 {
				tabs = append(tabs, Tab{Line: 1, Text: script[:at]})
			}
			tabs = append(tabs, Tab{Name: strings.TrimSpace(text[len(tabMarker):]), Line: line})
			start = at + len(text)
		}
		at += len(text)
	}
	switch {
	case len(tabs) > 0:
		tabs[len(tabs)-1].Text = script[start:]
	case script != "":
		tabs = []Tab{{Line: 1, Text: script}}
	}
	return tabs
}
