package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const hidden = "hunter2"

// full is a fleet with something of everything, and a secret.
func full(t testing.TB) *Fleet {
	desired := some(`space/A {"type":"managed","n":1.0,"o":{"z":"<&>","a":[]}}`, `hook/H {"auth":{"user":"u","password":"`+hidden+`"},"headers":[{"value":"`+hidden+`"}]}`,
		`group/G {"roles":["b","a"]}`, `app/A/S {"space":"space/A","release":"2","file":"f.qvf"}`)
	desired = append(desired, was(res(`group/New`), "Old"))
	lives := live(`space/A {"type":"shared"}`, `hook/H {"auth":{"user":"u","password":"***"}}`, `group/G {"roles":["c"]}`, `group/Old`,
		`theme/T`, `group/Gone`)
	applied := some(`hook/H {"auth":{"user":"u","password":"old"}}`, `space/A {"type":"shared"}`, `group/Gone`)
	for i := range desired {
		desired[i].Pos = fmt.Sprintf("estate.cue:%d:3", i+1)
	}
	in := input(desired, lives, applied)
	in.Notes = []string{"a note"}
	p, err := Build(in)
	require.NoError(t, err)
	q, err := Build(Input{Tenant: Tenant{Name: "beta", Host: "b.us.qlikcloud.com"}, Desired: desired[2:3], Traits: kinds})
	require.NoError(t, err)
	return NewFleet("77b12fa", "all", []*Plan{q, {Tenant: Tenant{Name: "broken"}, Error: "401 Unauthorized"}, p})
}

func TestFleetRoundTrip(t *testing.T) {
	f := full(t)
	Guards{Tenants: -1, DeletesPerTenant: -1, Deletes: 0}.Check(f)
	var first, second bytes.Buffer
	require.NoError(t, f.WriteJSON(&first))
	read, err := ReadFleet(&first)
	require.NoError(t, err)
	require.NoError(t, read.WriteJSON(&second))
	first.Reset()
	require.NoError(t, f.WriteJSON(&first))
	require.Equal(t, first.String(), second.String())
	require.Equal(t, f.Plan("acme").Sum(), read.Plan("acme").Sum())
	require.Equal(t, f.Classes()[0].Changes, f.Classes()[0].Changes)
	var a, b bytes.Buffer
	require.NoError(t, f.WriteText(&a, TextOptions{Traits: kinds}))
	require.NoError(t, read.WriteText(&b, TextOptions{Traits: kinds}))
	require.Equal(t, a.String(), b.String(), "a saved plan prints as the one that was saved")
	require.Nil(t, read.Plan("nobody"))
	require.Len(t, read.Failed(), 1)
}

func TestReadFleetDetectsTampering(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, full(t).WriteJSON(&b))
	saved := b.String()
	for _, tt := range []struct{ name, old, new, want string }{
		{"another value", `"release": "2"`, `"release": "3"`, "acme was changed after it was made"},
		{"another action", `"action": "create"`, `"action": "delete"`, "was changed after it was made"},
		{"another key", `"key": "group/G"`, `"key": "group/H"`, "was changed after it was made"},
		{"another live value", `"live": "shared"`, `"live": "data"`, "acme was changed after it was made"},
		{"another tenant", `"name": "beta"`, `"name": "gamma"`, "gamma was changed after it was made"},
		{"another host", `"host": "b.us.qlikcloud.com"`, `"host": "evil.example"`, "beta was changed after it was made"},
		{"readable after all", `"error": "401 Unauthorized"`, `"error": ""`, "broken was changed after it was made"},
		{"another digest over all", `"digest": "`, `"digest": "0`, "saved plan was changed after it was made"},
		{"another schema", Schema, "qdeploy/plan/2", `schema is "qdeploy/plan/2", want "qdeploy/plan/1"`},
		{"no plan", `"tenants": [`, `"tenants": [null,`, "tenant 0 is null"},
		{"cut short", "  \"tenants\"", "\x00", "not a saved plan"},
		{"a spec that is none", `"spec": {`, `"spec": [{}], "was": {`, "spec is not a JSON object"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Contains(t, saved, tt.old)
			_, err := ReadFleet(strings.NewReader(strings.Replace(saved, tt.old, tt.new, 1)))
			require.ErrorContains(t, err, tt.want)
		})
	}
	t.Run("a tenant taken out", func(t *testing.T) {
		var doc map[string]any
		require.NoError(t, json.Unmarshal([]byte(saved), &doc))
		doc["tenants"] = doc["tenants"].([]any)[1:]
		_, err := ReadFleet(strings.NewReader(marshal(t, doc)))
		require.ErrorContains(t, err, "saved plan was changed after it was made")
	})
	t.Run("something after it", func(t *testing.T) {
		_, err := ReadFleet(strings.NewReader(saved + "{}"))
		require.ErrorContains(t, err, "something follows it")
	})
	t.Run("a field of a later version", func(t *testing.T) {
		_, err := ReadFleet(strings.NewReader(strings.Replace(saved, `"refresh":`, `"later": 1, "refresh":`, 1)))
		require.NoError(t, err)
	})
}

func TestSecretsAreInNoOutput(t *testing.T) {
	f := full(t)
	var b bytes.Buffer
	require.NoError(t, f.WriteJSON(&b))
	for _, color := range []bool{false, true} {
		require.NoError(t, f.WriteText(&b, TextOptions{Traits: kinds, Color: color, List: true, Unmanaged: true}))
		require.NoError(t, f.WriteText(&b, TextOptions{Color: color})) // without traits too
	}
	p := f.Plan("acme")
	fmt.Fprintf(&b, "%v %+v %#v", p.Changes, p.Changes, *p.Changes[0].Desired)
	given := ""
	for _, c := range p.Changes {
		if c.Desired != nil {
			fmt.Fprintf(&b, "%v %+v %#v %v %q %d", *c.Desired, c.Desired, *c.Desired, c.Desired.Secrets, c.Desired.Secrets, c.Desired.Secrets)
			b.WriteString(marshal(t, c.Desired))
			b.WriteString(marshal(t, c.Desired.Secrets))
			given += string(c.Desired.WithSecrets())
		}
	}
	require.NotContains(t, b.String(), hidden)
	require.NotContains(t, b.String(), fmt.Sprintf("%d", []byte(hidden))[1:20])
	require.Contains(t, b.String(), "password: (secret)")
	require.Contains(t, given, `"password":"`+hidden+`"`, "an apply has it all the same")

	digest := p.Digest
	other, err := Build(input(some(`hook/H {"auth":{"user":"u","password":"new"}}`), nil, nil))
	require.NoError(t, err)
	another, err := Build(input(some(`hook/H {"auth":{"user":"u","password":"newer"}}`), nil, nil))
	require.NoError(t, err)
	require.Equal(t, other.Digest, another.Digest, "the digest says nothing of a secret")
	require.NotEqual(t, digest, other.Digest)
}

func TestDigestIsOverWhatIsDone(t *testing.T) {
	desired := `group/G {"roles":["a","b"],"n":1}`
	sum := func(change func(*Input)) string {
		in := input(some(desired), live(`group/G {"roles":["c","d"],"n":2}`), some(desired))
		change(&in)
		return build(t, in).Digest
	}
	same := sum(func(*Input) {})
	require.Len(t, same, 64)
	for name, change := range map[string]func(*Input){
		"IDs":             func(in *Input) { in.Live[0].ID = "other" },
		"positions":       func(in *Input) { in.Desired[0].Pos = "a.cue:1:1" },
		"causes":          func(in *Input) { in.Applied = some(`group/G {"roles":["c","d"],"n":1}`) },
		"notes":           func(in *Input) { in.Notes = []string{"n"} },
		"the revision":    func(in *Input) { in.Revision = "other" },
		"blocks":          func(in *Input) { in.Blocked = map[Key]string{{"group", "G"}: "no"} },
		"order of sets":   func(in *Input) { in.Desired[0].Spec = []byte(`{"n":1,"roles":["b","a"]}`) },
		"order of live":   func(in *Input) { in.Live[0].Spec = []byte(`{"n":2,"roles":["d","c"]}`) },
		"order of fields": func(in *Input) { in.Desired[0].Spec = []byte(`{ "roles":["a","b"], "n":1 }`) },
		"number spelling": func(in *Input) { in.Desired[0].Spec = []byte(`{"roles":["a","b"],"n":1.0}`) },
		"unmanaged ones":  func(in *Input) { in.Live = append(in.Live, res("group/Other")) },
	} {
		require.Equal(t, same, sum(change), name)
	}
	for name, change := range map[string]func(*Input){
		"another value":      func(in *Input) { in.Desired[0].Spec = []byte(`{"roles":["a","b"],"n":3}`) },
		"another live value": func(in *Input) { in.Live[0].Spec = []byte(`{"roles":["c","d"],"n":4}`) },
		"another tenant":     func(in *Input) { in.Tenant.Name = "x" },
		"another host":       func(in *Input) { in.Tenant.Host = "x" },
		"one more":           func(in *Input) { in.Desired = append(in.Desired, res("group/New")) },
	} {
		require.NotEqual(t, same, sum(change), name)
	}
}

func TestDesiredSum(t *testing.T) {
	a, b := res(`space/A {"n":1,"t":"x"}`), res(`space/B`)
	first, err := DesiredSum([]Resource{a, b})
	require.NoError(t, err)
	second, err := DesiredSum([]Resource{b, res(`space/A {"t":"x","n":1.0}`)})
	require.NoError(t, err)
	require.Equal(t, first, second)
	one, err := DesiredSum([]Resource{a})
	require.NoError(t, err)
	two, err := DesiredSum([]Resource{a, a})
	require.NoError(t, err)
	require.NotEqual(t, one, two)
	_, err = DesiredSum([]Resource{{Key: Key{"space", "A"}, Spec: []byte("x")}})
	require.ErrorContains(t, err, "space/A: spec is not JSON")
}

func TestGuards(t *testing.T) {
	lose := func(n int) *Plan {
		var lives []Resource
		for i := range n {
			lives = append(lives, res(fmt.Sprintf("theme/T%d", i)))
		}
		return build(t, input(nil, lives, lives))
	}
	p := lose(3)
	Guards{DeletesPerTenant: 3}.Apply(p)
	require.Empty(t, p.Blocked())
	Guards{DeletesPerTenant: -1}.Apply(p)
	require.Empty(t, p.Blocked())
	Guards{DeletesPerTenant: 2}.Apply(p)
	require.Len(t, p.Blocked(), 3)
	require.Equal(t, "3 deletes and replacements in one tenant, guards.deletesPerTenant allows 2", p.Changes[0].Blocked)

	replace := func() *Plan {
		return build(t, input(some(`space/A {"type":"managed"}`, `assignment/A/u {"space":"space/A"}`, `group/G`), live(`space/A {"type":"shared"}`), some(`space/A {"type":"shared"}`)))
	}
	p = replace()
	Guards{DeletesPerTenant: -1}.Apply(p)
	Guards{DeletesPerTenant: -1}.Apply(p) // twice is once
	require.Equal(t, []string{"create group/G (change)",
		"replace space/A (change) /type: replacing deletes it first, and what depends on its ID is lost",
		"create assignment/A/u (change): waits for space/A, which is blocked"}, brief(p))
	p = replace()
	Guards{DeletesPerTenant: 1, Replace: []Kind{"space"}}.Apply(p)
	require.Empty(t, p.Blocked())

	f := NewFleet("", "all", []*Plan{lose(2), lose(1), {Tenant: Tenant{Name: "x"}, Error: "no"}})
	Guards{Tenants: -1, DeletesPerTenant: -1, Deletes: 3}.Check(f)
	require.Empty(t, f.Refused)
	Guards{Tenants: -1, DeletesPerTenant: -1, Deletes: 2}.Check(f)
	require.Equal(t, []string{"3 deletes and replacements in 2 tenants, guards.deletes allows 2; raise it if all are meant"}, f.Refused)
	Guards{Tenants: -1, DeletesPerTenant: -1, Deletes: -1}.Check(f)
	require.Empty(t, f.Refused)
	Guards{Tenants: 1, DeletesPerTenant: -1, Deletes: -1}.Check(f)
	require.Equal(t, []string{"2 tenants to change, guards.tenants allows 1; raise it if all are meant"}, f.Refused)
	Guards{Lifted: true}.Check(f)
	require.Empty(t, f.Refused)
	p = replace()
	Guards{Lifted: true}.Apply(p)
	require.Empty(t, p.Blocked())
}

func TestFleetCountsWhatItWillCost(t *testing.T) {
	f := full(t)
	counts, tenants := f.Counts()
	require.Equal(t, 2, tenants)
	require.Equal(t, map[Action]int{Create: 1, Publish: 1, Adopted: 1, Update: 1, Move: 1, Replace: 1, Delete: 1}, counts)
	all := f.Writes()
	f.Plan("acme").Changes[0].Blocked = "no"
	require.Less(t, f.Writes(), all, "what is blocked costs nothing")
}

func FuzzReadFleet(f *testing.F) {
	var b bytes.Buffer
	require.NoError(f, full(f).WriteJSON(&b))
	f.Add(b.String())
	f.Add(`{"schema":"qdeploy/plan/1","tenants":[null]}`)
	f.Add(`{"schema":"qdeploy/plan/1","digest":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","tenants":[]}`)
	f.Fuzz(func(t *testing.T, s string) {
		read, err := ReadFleet(strings.NewReader(s))
		if err != nil {
			return
		}
		var once, twice bytes.Buffer
		require.NoError(t, read.WriteJSON(&once))
		require.NoError(t, read.WriteText(&twice, TextOptions{Traits: kinds, List: true, Unmanaged: true}))
		again, err := ReadFleet(bytes.NewReader(once.Bytes()))
		require.NoError(t, err)
		twice.Reset()
		require.NoError(t, again.WriteJSON(&twice))
		require.Equal(t, once.String(), twice.String())
	})
}
