package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/estate"
)

func TestNextTag(t *testing.T) {
	at := time.Date(2026, 11, 25, 23, 30, 0, 0, time.FixedZone("", -3600)) // the 26th in UTC
	app := func(name, version string) releasedApp { return releasedApp{App: name, To: version} }
	tag := func(name string, apps ...releasedApp) releaseTag { return releaseTag{name: name, apps: apps} }
	for _, c := range []struct {
		name, rule string
		tags       []releaseTag
		apps       []releasedApp
		want       string
	}{
		{"first of the day", "date", []releaseTag{tag("release/2026.11.25.1")}, nil, "release/2026.11.26.1"},
		{"second of the day", "date", []releaseTag{tag("release/2026.11.26.1")}, nil, "release/2026.11.26.2"},
		{"first version", "semver", nil, []releasedApp{app("A", "3.0.0")}, "v1.0.0"},
		{"a patch", "semver", []releaseTag{tag("v1.2.3", app("A", "1.0.0"))}, []releasedApp{app("A", "1.0.1")}, "v1.2.4"},
		{"a minor", "semver", []releaseTag{tag("v1.2.3", app("A", "1.0.0"), app("B", "1.0.0"))}, []releasedApp{app("A", "1.1.0"), app("B", "1.0.1")}, "v1.3.0"},
		{"a new app", "semver", []releaseTag{tag("v1.2.3", app("A", "1.0.0"))}, []releasedApp{app("A", "1.0.0"), app("B", "1.0.0")}, "v1.3.0"},
		{"a major", "semver", []releaseTag{tag("v1.2.3", app("A", "1.0.0"))}, []releasedApp{app("A", "2.0.0")}, "v2.0.0"},
		{"an app is gone", "semver", []releaseTag{tag("v1.2.3", app("A", "1.0.0"), app("B", "1.0.0"))}, []releasedApp{app("A", "1.0.0")}, "v2.0.0"},
		{"back again", "semver", []releaseTag{tag("v1.2.3", app("A", "1.1.0"))}, []releasedApp{app("A", "1.0.0")}, "v1.3.0"},
		{"the newest counts", "semver", []releaseTag{tag("v1.10.0", app("A", "1.0.0")), tag("v1.9.0", app("A", "0.9.0"))}, []releasedApp{app("A", "1.0.1")}, "v1.10.1"},
		{"dates before", "semver", []releaseTag{tag("release/2026.11.25.1", app("A", "1.0.0"))}, []releasedApp{app("A", "1.0.1")}, "v1.0.0"},
	} {
		require.Equal(t, c.want, nextTag(estate.Environment{Tags: c.rule}, c.tags, &manifest{Apps: c.apps}, at), c.name)
	}
}

func TestDataOfATag(t *testing.T) {
	m := &manifest{V: manifestVersion, Environment: "prod", Digest: "sha256:00", Apps: []releasedApp{{App: "Sales \"new\"\n", From: "1.0.0", To: "1.1.0", Digest: "sha256:11", Places: 3}}}
	message, err := m.tagMessage()
	require.NoError(t, err)
	d, ok := dataOf(message + "\nSigned-off-by: qdeploy <qdeploy@localhost>\n")
	require.True(t, ok)
	require.Equal(t, tagData{V: 1, Environment: "prod", Digest: "sha256:00", Apps: m.Apps}, d)
	for _, foreign := range []string{"", "v1.0.0", "qdeploy: {", `qdeploy: {"v":99,"environment":"prod"}`} {
		_, ok := dataOf(foreign)
		require.False(t, ok, foreign)
	}
}
