package schema

import (
	"encoding/json"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"cuelang.org/go/cue"
	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

func person(path string) plan.Ref {
	return plan.Ref{Path: path, Kind: "user", Soft: true, Named: true, Prefix: "user:"}
}

var glossaryTraits = map[plan.Kind]plan.Traits{
	"glossary": {Immutable: []string{"/space"}, Set: []string{"/tags"}, Container: true, Refs: []plan.Ref{{Path: "/space", Kind: "space"}}, Parent: "/space"},
	"glossary-category": {
		Immutable: []string{"/glossary"}, Set: []string{"/stewards"}, Container: true, Parent: "/space", Within: []string{"/glossary", "/parent"},
		Refs: []plan.Ref{{Path: "/space", Kind: "space"}, {Path: "/glossary", Kind: "glossary"}, {Path: "/parent", Kind: "glossary-category"}, person("/stewards/*")},
	},
	"glossary-term": {
		Immutable: []string{"/glossary"}, Set: []string{"/categories", "/tags", "/stewards", "/relatesTo"}, Include: []string{"/apps"},
		Parent: "/space", Within: []string{"/glossary"},
		Refs: []plan.Ref{
			{Path: "/space", Kind: "space"}, {Path: "/glossary", Kind: "glossary"}, {Path: "/categories/*", Kind: "glossary-category", Soft: true},
			person("/stewards/*"), {Path: "/relatesTo/*/term", Kind: "glossary-term", Soft: true}, {Path: "/apps/*", Kind: "app", Soft: true},
		},
	},
}

func TestTraits(t *testing.T) {
	archive := plan.Traits{Immutable: []string{"/name"}, Input: []string{"/file"}}
	collection := plan.Traits{
		Set: []string{"/items"}, Input: []string{"/itemsMode"}, Modes: []plan.Mode{{Set: "/items", Field: "/itemsMode"}},
		Refs: []plan.Ref{{Path: "/items/*", Kind: "app", Soft: true}},
	}
	require.Equal(t, map[plan.Kind]plan.Traits{
		"app": {
			Refs:  []plan.Ref{{Path: "/space", Kind: "space"}, {Path: "/staging", Kind: "space"}},
			Input: []string{"/staging", "/data", "/file", "/digest"}, Renewal: []string{"/data"},
			Parent: "/space", Create: plan.Publish, Update: plan.Republish, Writes: 3,
		},
		"assignment": {
			Immutable: []string{"/assignee"},
			Refs:      []plan.Ref{{Path: "/space", Kind: "space"}, person("/assignee"), {Path: "/group", Kind: "group", Soft: true}},
			Set:       []string{"/roles"},
			Parent:    "/space", Cascade: true,
		},
		"collection": collection,
		"csp-origin": {Immutable: []string{"/origin"}},
		"data-connection": {
			Immutable: []string{"/datasourceID"}, Secret: []string{"/secretProperties/*"}, Set: []string{"/tags"},
			Refs: []plan.Ref{{Path: "/space", Kind: "space"}}, Parent: "/space", Input: []string{"/file", "/shape"},
		},
		"data-file": {Refs: []plan.Ref{{Path: "/space", Kind: "space"}}, Parent: "/space", Input: []string{"/file"}},
		"extension": archive,
		"group": {
			Immutable: []string{"/providerType"}, Set: []string{"/roles"},
			Input: []string{"/rolesMode"}, Modes: []plan.Mode{{Set: "/roles", Field: "/rolesMode"}},
			Refs: []plan.Ref{{Path: "/roles/*", Kind: "role", Soft: true, Named: true}},
		},
		"identity-provider": {
			Immutable: []string{"/protocol", "/provider", "/interactive", "/issuer", "/keyID", "/publicKey", "/discoveryUrl", "/entityId"},
			Secret:    []string{"/clientSecret"}, Input: []string{"/name"}, Writes: 2,
		},
		"license-assignment": {
			Immutable: []string{"/subject"}, Pool: true, Refs: []plan.Ref{{Path: "/subject", Kind: "user", Soft: true, Named: true}},
		},
		"oauth-client": {
			Immutable: []string{"/appType"}, Issued: []string{"/secretTo"},
			Set: []string{"/redirectUris", "/allowedOrigins", "/allowedScopes", "/allowedGrantTypes", "/allowedAuthMethods"},
		},
		"glossary": glossaryTraits["glossary"], "glossary-category": glossaryTraits["glossary-category"], "glossary-term": glossaryTraits["glossary-term"],
		"license-settings": {Singleton: true, First: true},
		"group-settings":   {Singleton: true, Set: []string{"/everyone/roles"}, Refs: []plan.Ref{{Path: "/everyone/roles/*", Kind: "role", Soft: true, Named: true}}},
		"api-key-config":   {Singleton: true},
		"auth-settings":    {Singleton: true, Set: []string{"/dcrAllowedAuthenticationMethods"}},
		"tenant-settings":  {Singleton: true},
		"banner":           {Singleton: true},
		"notes-settings":   {Singleton: true},
		"sharing-settings": {Singleton: true, First: true},

		"data-alert-settings": {Singleton: true, First: true},
		"data-alert":          alertTraits,
		"ip-policy":           {Set: []string{"/allowedIps"}, Last: true},
		"brand":               {Input: []string{"/logo", "/favIcon", "/styles"}, Writes: 2},
		"pinned-links":        {Singleton: true},
		"tenant-details":      {Singleton: true},
		"role":                {Set: []string{"/assignedScopes"}},
		"space":               {Immutable: []string{"/type"}, Container: true, Refs: []plan.Ref{person("/owner")}},
		"tag":                 collection,
		"task":                {Immutable: []string{"/app"}, Refs: []plan.Ref{{Path: "/space", Kind: "space"}, {Path: "/app", Kind: "app", Soft: true}, {Path: "/after/task", Kind: "task", Soft: true}}, Input: []string{"/legacy"}, Parent: "/space", Within: []string{"/app"}},
		"sharing-task": {
			Immutable: []string{"/app", "/onReload", "/subject", "/body"}, Set: []string{"/recipients"}, Parent: "/space", Within: []string{"/app"},
			Refs: []plan.Ref{{Path: "/space", Kind: "space"}, {Path: "/app", Kind: "app", Soft: true}, person("/recipients/*")},
		},
		"automation": {Immutable: []string{"/space"}, Refs: []plan.Ref{{Path: "/space", Kind: "space"}}, Input: []string{"/file"}, Parent: "/space"},
		"theme":      archive,
		"user": {
			Immutable: []string{"/subject"}, Set: []string{"/roles", "/groups"}, Writes: 2,
			Input: []string{"/email", "/invite", "/rolesMode", "/groupsMode"},
			Modes: []plan.Mode{{Set: "/roles", Field: "/rolesMode"}, {Set: "/groups", Field: "/groupsMode"}},
			Refs: []plan.Ref{
				{Path: "/roles/*", Kind: "role", Soft: true, Named: true}, {Path: "/groups/*", Kind: "group", Soft: true, Named: true},
			},
		},
		"web-integration": {Set: []string{"/validOrigins"}},
		"webhook":         {Secret: []string{"/encryptedHeaders/*", "/secret"}, Set: []string{"/eventTypes"}},
	}, Traits())
}

var alertTraits = plan.Traits{
	Immutable: []string{"/app", "/sheet", "/recipients", "/groups"}, Set: []string{"/recipients", "/groups"}, Whole: []string{"/condition/conditionData"}, Parent: "/space", Within: []string{"/app"}, Writes: 2,
	Refs: []plan.Ref{{Path: "/space", Kind: "space"}, {Path: "/app", Kind: "app", Soft: true}, person("/recipients/*"), {Path: "/groups/*", Kind: "group", Soft: true, Named: true}},
}

func TestKinds(t *testing.T) {
	require.Equal(t, []plan.Kind{"api-key-config", "app", "assignment", "auth-settings", "automation", "banner", "brand", "collection", "csp-origin", "data-alert", "data-alert-settings", "data-connection", "data-file", "extension", "glossary", "glossary-category", "glossary-term", "group", "group-settings", "identity-provider", "ip-policy", "license-assignment", "license-settings", "notes-settings", "oauth-client", "pinned-links", "role", "sharing-settings", "sharing-task", "space", "tag", "task", "tenant-details", "tenant-settings", "theme", "user", "web-integration", "webhook"}, Kinds())
	var declared []plan.Kind
	for _, k := range Kinds() {
		require.Equal(t, k, Of(k).Name)
		if Of(k).Declared {
			declared = append(declared, k)
		}
		_, err := fs.Stat(Files(), string(k)+".cue")
		require.NoError(t, err, "a kind has a file of its own")
	}
	require.Equal(t, []plan.Kind{"api-key-config", "auth-settings", "automation", "banner", "brand", "collection", "csp-origin", "data-alert", "data-alert-settings", "data-connection", "data-file", "extension", "glossary", "glossary-category", "glossary-term", "group", "group-settings", "identity-provider", "ip-policy", "license-assignment", "license-settings", "notes-settings", "oauth-client", "pinned-links", "role", "sharing-settings", "sharing-task", "space", "tag", "task", "tenant-details", "tenant-settings", "theme", "user", "web-integration", "webhook"}, declared)
	require.Equal(t, []string{"adopt", "ignore", "previously", "members"}, Of("space").Aside)
	require.Equal(t, map[string]string{"md5": "file"}, Of("theme").MD5)
	require.Zero(t, Of("spaceship"))
}

// TestExamples holds that the example of a kind has every field of its spec, so
// that what is proved with it is proved of all.
func TestExamples(t *testing.T) {
	for _, name := range Kinds() {
		k := Of(name)
		var example map[string]any
		require.NoError(t, json.Unmarshal(Example(name), &example))
		for _, field := range k.Aside {
			require.NotContains(t, example, field, "%s: not part of the spec", name)
		}
		require.ElementsMatch(t, append(slices.Clone(k.Aside), slices.Collect(maps.Keys(example))...), fieldsOf(t, name), name)
	}
	require.Nil(t, Example("spaceship"))
}

func fieldsOf(t *testing.T, k plan.Kind) []string {
	return fieldNames(embedded().value.LookupPath(cue.ParsePath(Of(k).Definition)))
}

// TestRoles holds that the pattern of a role and the lists by type of space say
// the same.
func TestRoles(t *testing.T) {
	all := map[string]bool{}
	for _, typ := range []string{"shared", "managed", "data"} {
		require.NotEmpty(t, Roles(typ))
		for _, role := range Roles(typ) {
			all[role] = true
		}
	}
	require.Nil(t, Roles("personal"))
	f, ok := Describe("tenants", "acme", "space", "HR", "members", "group:HR", "0")
	require.True(t, ok)
	require.ElementsMatch(t, slices.Collect(maps.Keys(all)), f.Values)
}

// TestDocumented holds that every field of every definition says what it means.
func TestDocumented(t *testing.T) {
	defs, err := embedded().value.Fields(cue.Definitions(true))
	require.NoError(t, err)
	for defs.Next() {
		if !defs.Selector().IsDefinition() || defs.Selector().String() == "#Resources" || defs.Selector().String() == "#Facts" {
			continue
		}
		name := strings.TrimPrefix(defs.Selector().String(), "#")
		require.True(t, strings.HasPrefix(doc(defs.Value()), name+" "), "the comment of #%s begins with its name", name)
		for _, field := range fieldNames(defs.Value()) {
			if Of(plan.Kind(field)).Declared {
				continue
			}
			text := doc(child(defs.Value(), field))
			require.True(t, strings.HasPrefix(text, field+" "), "the comment of #%s.%s begins with its name: %q", name, field, text)
		}
	}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		path string
		want Field
	}{
		{"adopt", Field{Values: []string{"take", "refuse"}, Type: "a string"}},
		{"guards/deletes", Field{Type: "a whole number"}},
		{"tenantFiles", Field{Type: "a list"}},
		{"tenantFiles/0", Field{Type: "a string"}},
		{"regions/eu/client", Field{Fields: []string{"id", "secret"}, Type: "a struct"}},
		{"regions/eu/client/secret", Field{Fields: []string{"env", "file"}, Type: "a struct"}},
		{"templates/customer", Field{Fields: []string{"api-key-config", "auth-settings", "automation", "banner", "brand", "collection", "csp-origin", "data-alert", "data-alert-settings", "data-connection", "data-file", "extension", "glossary", "glossary-category", "glossary-term", "group", "group-settings", "identity-provider", "ip-policy", "license-assignment", "license-settings", "notes-settings", "oauth-client", "pinned-links", "role", "sharing-settings", "sharing-task", "space", "tag", "task", "tenant", "tenant-details", "tenant-settings", "theme", "user", "web-integration", "webhook"}, Type: "a struct"}},
		{"templates/customer/space/HR/type", Field{Values: []string{"shared", "managed", "data"}, Type: "a string"}},
		{"templates/customer/space/HR/description", Field{Type: "a string"}},
		{"templates/customer/group/HR/providerType", Field{Values: []string{"idp", "custom"}, Type: "a string"}},
		{"tenants/acme/labels/tier", Field{Type: "a string"}},
		{"tenants/acme/template", Field{}},
		{"environments/prod/targets/0", Field{Fields: []string{"select", "tenants", "staging", "space", "apps", "reload"}, Type: "a struct"}},
		{"templates/t/sharing-task/P/sheets", Field{Type: "a list", Filled: true}},
		{"templates/t/data-alert/P/recipients/0", Field{Type: "a string"}},
		{"templates/t/webhook/W/enableCloudEventDelivery", Field{Type: "true or false", Only: "true"}},
		{"tenants/acme/labels", Field{Type: "a struct", Names: []string{"be a word of letters, digits, \"_\" and \"-\" that begins with a letter"}}},
		{"environments/prod/apps/Sales", Field{Type: "a struct", Fields: []string{"version", "digest", "commit"}}},
	} {
		f, ok := Describe(strings.Split(c.path, "/")...)
		require.True(t, ok, c.path)
		f.Doc = ""
		slices.Sort(f.Fields)
		slices.Sort(c.want.Fields)
		require.Equal(t, c.want, f, c.path)
	}
	for _, path := range []string{"templates/customer/spaces", "tenants/acme/labels/my tier", "environments/prod/content/y"} {
		_, ok := Describe(strings.Split(path, "/")...)
		require.False(t, ok, path)
	}
}

// TestDescribeWithin holds that what a list or a map means is said of what is in it, unless
// that says more.
func TestDescribeWithin(t *testing.T) {
	for path, begins := range map[string]string{
		"templates/t/role/R/assignedScopes/0":                 "assignedScopes are",
		"templates/t/data-alert/P/groups/0":                   "groups are",
		"templates/t/glossary-term/T/relatesTo/0":             "relatesTo are",
		"templates/t/glossary-term/T/relatesTo/0/type":        "type is",
		"templates/t/webhook/W/headers/X-From":                "headers are",
		"templates/t/webhook/W/encryptedHeaders/X":            "Secret names",
		"templates/t/space/S/members/group:A/0":               "members are",
		"templates/t/data-alert/P/condition/conditionData/my": "conditionData is",
	} {
		f, ok := Describe(strings.Split(path, "/")...)
		require.True(t, ok, path)
		require.True(t, strings.HasPrefix(f.Doc, begins), "%s: %s", path, f.Doc)
	}
}

func TestUnknownAttribute(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"#T: {\n@qlik(kind=t,big)\n}", "#T: unknown attribute @qlik(big)"},
		{"#T: {\n@qlik(kind=t)\nname: string @qlik(imutable)\n}", "#T: /name: unknown attribute @qlik(imutable)"},
		{"#T: {\n@qlik(kind=t)\nlist: [...{n: string @qlik(ref=space,hard)}]\n}", "#T: /list/*/n: unknown attribute @qlik(hard)"},
		{"#T: {\n@qlik(kind=t)\nname: string @json(n)\n}", "#T: /name: unknown attribute @json"},
		{"#T: {\n@qlik(kind=t,writes=many)\n}", `#T: strconv.Atoi: parsing "many": invalid syntax`},
		{"#T: {\n@qlik(kind=t)\nname: string\n}", "example of t: "},
	} {
		_, err := read(fstest.MapFS{"t.cue": {Data: []byte("package schema\n" + "roles: {}\nexample: {}\n" + c.text)}}, true)
		require.ErrorContains(t, err, c.want)
	}
}

// TestNested shows traits of what is inside structs and lists.
func TestNested(t *testing.T) {
	c, err := read(fstest.MapFS{"t.cue": {Data: []byte(`package schema
roles: {}
#T: {
	@qlik(kind=t)
	settings: {password: string @qlik(secret)}
	tags: [...string] @qlik(set,include)
	parts: {words: [...string] @qlik(set), wordsMode?: string @qlik(mode=words)}
	spaces: [...{space: string @qlik(ref=space)}]
	byName: [string]: {id: string @qlik(immutable)}
}
example: t: #T & {settings: password: "p", tags: [], parts: words: [], spaces: [], byName: {}}
`)}}, true)
	require.NoError(t, err)
	require.Equal(t, plan.Traits{
		Secret:    []string{"/settings/password"},
		Set:       []string{"/tags", "/parts/words"},
		Include:   []string{"/tags"},
		Modes:     []plan.Mode{{Set: "/parts/words", Field: "/parts/wordsMode"}},
		Input:     []string{"/parts/wordsMode"},
		Refs:      []plan.Ref{{Path: "/spaces/*/space", Kind: "space"}},
		Immutable: []string{"/byName/*/id"},
	}, c.Kinds["t"].Traits)
}
