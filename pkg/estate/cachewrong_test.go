package estate

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/estate/estatetest"
)

// TestTheSameIsWrongWithACache holds that what is said of tenants that are wrong, and where,
// is the same with a cache and without it, whether they are in one file or have one each.
func TestTheSameIsWrongWithACache(t *testing.T) {
	const template = `package estate

templates: customer: {
	tenant: variables: readers: string | *"R"
	space: Main: {
		type: "shared"
		members: {for m, _ in space.Own.members {(m): ["consumer"]}}
	}
	space: Own: {members: [string]: [...string]}
}
`
	own := map[int]string{
		3:  "space: {Own: {type: shared, members: {\"group:A\": [ruler]}}}",
		5:  "space: {Own: {type: 5}}",
		7:  "space: {Own: {type: shared, owner: \"user:a\", colour: red}}",
		11: "space: {Else: {type: shared}}",
		13: "space: {Own: {type: shared}}\nautomation: {Own/Tell: {file: none.json}}",
		15: "space: {Own: {type: shared}}\nvariables: {readers: 5}",
	}
	for _, oneFile := range []bool{false, true} {
		files, cache := estatetest.Fleet{Tenants: cacheFrom}.Files(), t.TempDir()
		files["template.cue"] = &fstest.MapFile{Data: []byte(template)}
		write := func(own map[int]string) {
			var list strings.Builder
			for i := range cacheFrom {
				name := fmt.Sprintf("tenants/customer-%05d.yaml", i)
				more := cmp.Or(own[i], `space: {Own: {type: shared, members: {"user:a": [consumer]}}}`)
				text := fmt.Sprintf("name: customer-%05[1]d\nregion: us\nalias: customer-%05[1]d\ntemplate: customer\n%[2]s\n", i, more)
				if !oneFile {
					files[name] = &fstest.MapFile{Data: []byte(text)}
					continue
				}
				delete(files, name)
				list.WriteString("- " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n")
			}
			if oneFile {
				files["tenants/all.yaml"] = &fstest.MapFile{Data: []byte(list.String())}
			}
		}
		validate := func(cache string) string {
			ps, err := Validate(context.Background(), "", Options{Files: files, Cache: cache})
			require.NoError(t, err)
			return ps.Error()
		}
		write(nil)
		require.Empty(t, validate(cache))
		write(own)
		want := validate("")
		for i := range own {
			require.Contains(t, want, fmt.Sprintf("customer-%05d", i))
		}
		require.Equal(t, want, validate(cache), "what was sound before")
		require.Equal(t, want, validate(cache), "what is wrong still")
	}
}
