package estate

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
)

const pinFile = `package estate

// What prod runs.
environments: prod: apps: {
	// Sold to all.
	"Sales": version: "1.0.0" // since spring
	"Stock Flow": {
		version: "2.0.0"
		digest:  "sha256:11"
		commit:  "aa"
	}
}
`

var (
	since = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	until = since.Add(48 * time.Hour)
)

var pinEdits = []struct {
	name   string
	files  map[string]string
	change PinChange
	want   map[string]string
}{
	{"a version becomes a pin, and comments stay", map[string]string{"pins-prod.cue": pinFile},
		PinChange{Environment: "prod", Pins: map[string]Pin{"Sales": {"1.1.0", "sha256:22", "bb"}}},
		map[string]string{"pins-prod.cue": `package estate

// What prod runs.
environments: prod: apps: {
	// Sold to all.
	"Sales": {
		version: "1.1.0"
		digest:  "sha256:22"
		commit:  "bb"
	} // since spring
	"Stock Flow": {
		version: "2.0.0"
		digest:  "sha256:11"
		commit:  "aa"
	}
}
`}},
	{"a pin is raised", map[string]string{"pins-prod.cue": pinFile},
		PinChange{Environment: "prod", Pins: map[string]Pin{"Stock Flow": {"2.1.0", "sha256:33", "cc"}}},
		map[string]string{"pins-prod.cue": strings.NewReplacer("2.0.0", "2.1.0", "sha256:11", "sha256:33", "aa", "cc").Replace(pinFile)}},
	{"the same again", map[string]string{"pins-prod.cue": pinFile},
		PinChange{Environment: "prod", Pins: map[string]Pin{"Stock Flow": {"2.0.0", "sha256:11", "aa"}}, Unhold: []string{"Sales"}},
		map[string]string{}},
	{"a version without a commit", map[string]string{"pins-prod.cue": pinFile},
		PinChange{Environment: "prod", Pins: map[string]Pin{"Stock Flow": {"1.0.0", "", ""}}},
		map[string]string{"pins-prod.cue": strings.ReplaceAll(pinFile, `"Stock Flow": {
		version: "2.0.0"
		digest:  "sha256:11"
		commit:  "aa"
	}`, `"Stock Flow": {
		version: "1.0.0"
	}`)}},
	{"a new app", map[string]string{"pins-prod.cue": pinFile},
		PinChange{Environment: "prod", Pins: map[string]Pin{"Margin": {"1.0.0", "sha256:44", "dd"}}},
		map[string]string{"pins-prod.cue": strings.TrimSuffix(pinFile, "}\n") + `	"Margin": {
		version: "1.0.0"
		digest:  "sha256:44"
		commit:  "dd"
	}
}
`}},
	{"wherever the environment has its pins", map[string]string{"estate.cue": "package estate\n\nenvironments: {\n\tprod: {\n\t\tapps: Sales: version: \"1.0.0\"\n\t\tafter: [\"test\"]\n\t}\n}\n"},
		PinChange{Environment: "prod", Pins: map[string]Pin{"Sales": {"1.1.0", "", ""}}},
		map[string]string{"estate.cue": "package estate\n\nenvironments: {\n\tprod: {\n\t\tapps: Sales: version: \"1.1.0\"\n\t\tafter: [\"test\"]\n\t}\n}\n"}},
	{"a file of its own", map[string]string{"estate.cue": "package estate\n\nenvironments: \"north-eu\": after: [\"test\"]\n"},
		PinChange{Environment: "north-eu", Pins: map[string]Pin{"Sales": {"1.1.0", "sha256:22", "bb"}}},
		map[string]string{"pins-north-eu.cue": `package estate

// What north-eu runs. qdeploy promote and rollback rewrite this file.
environments: "north-eu": apps: {
	"Sales": {
		version: "1.1.0"
		digest:  "sha256:22"
		commit:  "bb"
	}
}
`}},
	{"a hold", map[string]string{"pins-prod.cue": pinFile},
		PinChange{Environment: "prod", Holds: map[string]Hold{"Sales": {"1.0.0", "ann", `it "hurts"`, since, &until}}},
		map[string]string{"pins-prod.cue": pinFile + `
environments: prod: holds: {
	"Sales": {
		version: "1.0.0"
		by:      "ann"
		why:     "it \"hurts\""
		since:   "2026-11-25T12:00:00Z"
		until:   "2026-11-27T12:00:00Z"
	}
}
`}},
	{"another package's files are left alone", map[string]string{"lib.cue": "package lib\n\nenvironments: prod: apps: Sales: version: \"1.0.0\"\n", "pins-prod.cue": pinFile},
		PinChange{Environment: "prod", Pins: map[string]Pin{"Sales": {"1.0.0", "", ""}}}, map[string]string{}},
}

func TestEditPins(t *testing.T) {
	for _, c := range pinEdits {
		t.Run(c.name, func(t *testing.T) {
			files := fstest.MapFS{}
			for name, text := range c.files {
				files[name] = &fstest.MapFile{Data: []byte(text)}
			}
			got, err := EditPins(files, c.change)
			require.NoError(t, err)
			texts := map[string]string{}
			for name, text := range got {
				texts[name] = string(text)
				files[name] = &fstest.MapFile{Data: text}
			}
			require.Equal(t, c.want, texts)
			again, err := EditPins(files, c.change)
			require.NoError(t, err)
			require.Empty(t, again, "a second time changes nothing")
		})
	}
}

func TestEditPinsLiftsAHold(t *testing.T) {
	files := fstest.MapFS{"pins-prod.cue": {Data: []byte(pinFile)}}
	hold := PinChange{Environment: "prod", Holds: map[string]Hold{"Sales": {Version: "1.0.0", By: "ann", Why: "no", Since: time.Unix(0, 0)}}}
	held, err := EditPins(files, hold)
	require.NoError(t, err)
	files["pins-prod.cue"] = &fstest.MapFile{Data: held["pins-prod.cue"]}
	lifted, err := EditPins(files, PinChange{Environment: "prod", Unhold: []string{"Sales"}})
	require.NoError(t, err)
	require.Equal(t, pinFile, string(lifted["pins-prod.cue"]))
}

func TestEditPinsOfABrokenEstate(t *testing.T) {
	_, err := EditPins(fstest.MapFS{"a.cue": {Data: []byte("package estate\n\nx: {\n")}}, PinChange{Environment: "prod"})
	require.ErrorContains(t, err, "a.cue")
}
