package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/qvf/appdiff"
)

// marshalApps writes what changes in apps for programs; nothing if none does.
func marshalApps(apps []*appChange) (json.RawMessage, error) {
	if len(apps) == 0 {
		return nil, nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(apps)
	return b.Bytes(), err
}

// appDetails are how much can be shown of what changes inside apps.
var appDetails = []string{"summary", "full", "none"}

// writeApps prints what changes in apps: all of it, a line for each thing, or nothing.
func writeApps(apps []*appChange, how string, color bool) string {
	if how == "none" {
		return ""
	}
	detail := appdiff.Summary
	if how == "full" {
		detail = appdiff.Full
	}
	var b strings.Builder
	for i, a := range apps {
		if i > 0 {
			b.WriteByte('\n')
		}
		tenants := "1 tenant"
		if a.Tenants != 1 {
			tenants = fmt.Sprintf("%d tenants", a.Tenants)
		}
		from := cmp.Or(a.From, "(no release)")
		if a.First {
			from = "(new)"
		}
		fmt.Fprintf(&b, "app/%s: %s → %s in %s\n", a.App, from, a.To, tenants)
		a.write(&b, appdiff.Options{Color: color, Detail: detail})
		for _, f := range slices.Concat(a.Lints, a.Needs) {
			fmt.Fprintf(&b, "    %s\n", f)
			if f.Hint != "" {
				fmt.Fprintf(&b, "        hint: %s\n", f.Hint)
			}
		}
	}
	return b.String()
}

// write prints what changes inside, or why that is unknown.
func (a *appChange) write(b *strings.Builder, o appdiff.Options) {
	if a.Changes == nil {
		if !a.First {
			fmt.Fprintf(b, "    what changes in it is unknown: %s\n", a.Unknown)
		}
		return
	}
	var text bytes.Buffer
	if err := a.Changes.WriteText(&text, o); err != nil {
		return // a buffer takes everything
	}
	for line := range strings.Lines(text.String()) {
		if line != "\n" {
			b.WriteString("    " + line)
		}
	}
}
