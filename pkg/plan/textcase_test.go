package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func one(t *testing.T, in Input) *Fleet {
	t.Helper()
	return NewFleet("77b12fa", "all", []*Plan{build(t, in)})
}

// each is a fleet of tenants with one template and their own values.
func each(t *testing.T, names []string, change func(name string, in *Input)) []*Plan {
	t.Helper()
	var plans []*Plan
	for i, name := range names {
		region := []string{"eu", "us"}[i%2]
		in := Input{
			Tenant: Tenant{Name: name, Host: name + ".qlikcloud.com", Region: region, Values: map[string]string{"name": name, "region": region}},
			Desired: some(`space/Sales `+name+` {"name":"Sales `+name+`","type":"managed","description":"For `+name+` in `+region+`"}`,
				`assignment/Sales `+name+`/group:Viewers {"space":"space/Sales `+name+`","assignee":"group:Viewers","roles":["consumer"]}`,
				`app/Sales `+name+`/Overview {"name":"Overview","space":"space/Sales `+name+`","release":"2.1.0+q.3fa4c2d1","description":"What was sold","file":"apps/overview.qvf","digest":"sha256:00"}`),
			Remembered: true, Revision: "41ac0de", Covers: all, Traits: kinds,
		}
		if change != nil {
			change(name, &in)
		}
		plans = append(plans, build(t, in))
	}
	return plans
}

var many = func() []string {
	names := make([]string, 40)
	for i := range names {
		names[i] = fmt.Sprintf("customer-%02d", i)
	}
	return names
}()

const space = `space/Finance {"name":"Finance","type":"managed","description":"Books"}`

var long = strings.Repeat("All the numbers of the year. ", 12)

// texts are the plans whose text is in testdata, by the names of the files.
var texts = map[string]struct {
	fleet func(t *testing.T) *Fleet
	o     TextOptions
}{
	"tenant": {func(t *testing.T) *Fleet { return NewFleet("77b12fa", "all", each(t, []string{"acme"}, nil)) }, TextOptions{Reads: 4}},
	"update": {func(t *testing.T) *Fleet {
		return one(t, input(some(`space/Finance {"name":"Finance","description":"`+long+`2026","owner":"jo"}`, `group/G {"roles":["a","b"]}`, `role/R {"scopes":["x","y"]}`,
			`hook/H {"url":"https://x","auth":{"user":"me","password":{"env":"NEW"}}}`, `app/Finance/Books {"space":"space/Finance","release":"2.0","file":"apps/books.qvf"}`),
			live(`space/Finance {"name":"Finance","description":"`+long+`2025","owner":"al"}`, `group/G {"roles":["a","c"]}`, `role/R {"scopes":["x","z"]}`,
				`hook/H {"url":"https://x","auth":{"user":"me","password":{"held":true}}}`, `app/Finance/Books {"space":"space/Finance","release":"1.0"}`),
			some(`space/Finance {"name":"Finance","description":"`+long+`2025","owner":"al"}`, `group/G {"roles":["a","c"]}`, `role/R {"scopes":["x"]}`,
				`hook/H {"url":"https://x","auth":{"user":"me","password":{"env":"OLD"}}}`, `app/Finance/Books {"space":"space/Finance","release":"1.0"}`)))
	}, TextOptions{}},
	"classes": {func(t *testing.T) *Fleet {
		plans := each(t, many, func(name string, in *Input) {
			switch name {
			case "customer-07":
				in.Live = live(`space/Old`)
				in.Applied = some(`space/Old`)
			case "customer-08", "customer-18", "customer-28":
				in.Desired = in.Desired[:2]
			case "customer-09":
				in.Live = in.Desired
				in.Applied = in.Desired
			}
		})
		return NewFleet("77b12fa", "all", plans)
	}, TextOptions{Reads: 160}},
	"classes_listed": {func(t *testing.T) *Fleet { return NewFleet("77b12fa", "all", each(t, many[:30], nil)) }, TextOptions{List: true}},
	"drift": {func(t *testing.T) *Fleet {
		return one(t, input(some(space, `group/G {"roles":["a"],"text":"new"}`, `group/Lost {"roles":["a"]}`),
			live(`space/Finance {"name":"Finance","type":"managed","description":"Jo was here"}`, `group/G {"roles":["b"],"text":"old"}`),
			some(space, `group/G {"roles":["a"],"text":"old"}`, `group/Lost {"roles":["a"]}`)))
	}, TextOptions{}},
	"drift_only": {func(t *testing.T) *Fleet {
		plans := each(t, []string{"acme", "bolt", "coil"}, func(name string, in *Input) {
			in.Live, in.Applied = some(`space/Finance {"name":"Finance","type":"managed","description":"Jo was here"}`), in.Desired
			if name == "coil" {
				in.Live = nil
			}
		})
		return NewFleet("77b12fa", "all", append(plans, &Plan{Tenant: Tenant{Name: "dyno"}, Error: "the tenant is suspended"})).DriftOnly()
	}, TextOptions{}},
	"blocked": {func(t *testing.T) *Fleet {
		in := input(some(`space/HR {"name":"HR"}`, `assignment/HR/user:jo {"space":"space/HR","assignee":"user:jo","roles":["producer"]}`,
			`app/HR/People {"name":"People","space":"space/HR","file":"apps/people.qvf"}`, `space/Mine {"name":"Mine"}`), live(`space/Mine {"name":"Mine"}`, `theme/T`, `group/G`), some(`theme/T`, `group/G`))
		in.Blocked = map[Key]string{{"app", "HR/People"}: "apps/people.qvf is a Git LFS pointer, not a QVF"}
		in.Desired[3].Adopt = Refuse
		f := one(t, in)
		Guards{Tenants: -1, DeletesPerTenant: 1, Deletes: 1}.Check(f)
		return f
	}, TextOptions{Reads: 3}},
	"replace": {func(t *testing.T) *Fleet {
		return one(t, input(some(`space/Finance {"type":"managed"}`, `assignment/Finance/group:A {"space":"space/Finance","assignee":"group:A","roles":["consumer"]}`),
			live(`space/Finance {"type":"shared"}`, `assignment/Finance/group:A {"space":"space/Finance"}`, `assignment/Finance/user:jo {"space":"space/Finance"}`),
			some(`space/Finance {"type":"shared"}`, `assignment/Finance/group:A {"space":"space/Finance"}`)))
	}, TextOptions{}},
	"replace_held": {func(t *testing.T) *Fleet {
		return one(t, input(some(`space/Finance {"type":"managed"}`),
			live(`space/Finance {"type":"shared"}`, `app/Finance/Books {"space":"space/Finance"}`), some(`space/Finance {"type":"shared"}`)))
	}, TextOptions{}},
	"delete": {func(t *testing.T) *Fleet {
		return one(t, input(nil, live(space, `assignment/Finance/group:A {"space":"space/Finance"}`, `app/Finance/Books {"space":"space/Finance"}`, `theme/Theirs`),
			some(space, `assignment/Finance/group:A {"space":"space/Finance"}`, `app/Finance/Books {"space":"space/Finance"}`)))
	}, TextOptions{}},
	"move": {func(t *testing.T) *Fleet {
		d := append(some(`assignment/Accounts/group:A {"space":"space/Accounts"}`), was(res(`space/Accounts {"name":"Accounts","description":"Books"}`), "Finance"))
		return one(t, input(d, live(`space/Finance {"name":"Finance","description":"Books"}`, `assignment/Finance/group:A {"space":"space/Finance"}`),
			some(`space/Finance {"name":"Finance","description":"Books"}`, `assignment/Finance/group:A {"space":"space/Finance"}`)))
	}, TextOptions{}},
	"adopt": {func(t *testing.T) *Fleet {
		in := input(some(space, `group/G`), live(`space/Finance {"name":"Finance","type":"managed","description":"Theirs"}`, `group/G`), nil)
		in.Remembered = false
		return one(t, in)
	}, TextOptions{}},
	"unreadable": {func(t *testing.T) *Fleet {
		plans := append(each(t, []string{"acme"}, nil), &Plan{Tenant: Tenant{Name: "beta", Region: "eu"}, Error: "GET /api/v1/spaces: 401 Unauthorized: invalid client secret"},
			&Plan{Tenant: Tenant{Name: "gamma", Region: "us"}, Error: "the tenant is suspended"}, &Plan{Tenant: Tenant{Name: "delta", Region: "us"}, Unchanged: 3})
		return NewFleet("77b12fa", "all", plans)
	}, TextOptions{}},
	"unreadable_one": {func(t *testing.T) *Fleet {
		return NewFleet("", "all", []*Plan{{Tenant: Tenant{Name: "acme"}, Error: "the tenant is suspended"}})
	}, TextOptions{}},
	"unmanaged": {func(t *testing.T) *Fleet {
		return one(t, input(some(space), live(`space/Finance {"description":"x"}`, `space/Jo`, `space/Al`, `theme/T`, `app/Jo/A {"space":"space/Jo"}`), some(space)))
	}, TextOptions{Unmanaged: true}},
	"notes": {func(t *testing.T) *Fleet {
		plans := each(t, []string{"acme", "beta"}, func(name string, in *Input) {
			in.Notes = []string{"the assignments of spaces are read one space at a time"}
			in.Applied = some(`space/Old`)
			in.Covers = func(k Key) bool { return k.Kind != "space" || name != "beta" }
			in.Live = slices.Clone(in.Desired)
			in.Live[0].Spec = []byte(`{"name":"Sales ` + name + `","type":"managed","description":"x"}`)
		})
		return NewFleet("77b12fa", "changed", plans)
	}, TextOptions{}},
	"no_changes": {func(t *testing.T) *Fleet { return one(t, input(some(space), live(space), some(space))) }, TextOptions{}},
	"no_changes_many": {func(t *testing.T) *Fleet {
		return NewFleet("77b12fa", "all", []*Plan{{Tenant: Tenant{Name: "a"}, Unchanged: 800}, {Tenant: Tenant{Name: "b"}, Unchanged: 400, Unmanaged: map[Kind][]string{"space": {"x", "y"}}}})
	}, TextOptions{}},
	"no_changes_read": {func(t *testing.T) *Fleet { return NewFleet("77b12fa", "changed", nil) }, TextOptions{}},
	"no_tenants":      {func(t *testing.T) *Fleet { return NewFleet("", "all", nil) }, TextOptions{}},
	"hostile": {func(t *testing.T) *Fleet {
		evil := "x\x1b[2K\r\u202egnp.exe\u200b"
		in := input([]Resource{
			{Key: Key{"space", "A  (nothing happens)"}, Spec: []byte(`{"text":"\u001b[31m\u202e\n  -   space/B"}`)},
			{Key: Key{"space", " lead"}}, {Key: Key{"space", `q"\u`}}, {Key: Key{"space", "a → b"}}, {Key: Key{"space", evil}}, {Key: Key{"space", "Büro ☕ 日本"}}, {Key: Key{"space", "bad\xff"}},
		}, []Resource{{Key: Key{"theme", "T\n\nNo changes: all is well."}}}, nil)
		in.Tenant.Name, in.Tenant.Region = "acme\nbeta", "e\x07u"
		in.Notes, in.Blocked = []string{"n\x1b]0;x\x07"}, map[Key]string{{"space", " lead"}: "b\rc"}
		f := one(t, in)
		f.Plans = append(f.Plans, &Plan{Tenant: Tenant{Name: "g\u2028", Region: "eu"}, Error: "e\x1b[A"})
		f.Refused = []string{"r\x9b"}
		return f
	}, TextOptions{Unmanaged: true}},
	"colors": {func(t *testing.T) *Fleet {
		f := one(t, input(some(`space/New {"name":"New","type":"shared"}`, `space/Changed {"text":"b"}`, `group/G {"providerType":"idp"}`, `space/There`),
			live(`space/Changed {"text":"a"}`, `group/G {"providerType":"custom"}`, `theme/T`, `space/There`), some(`space/Changed {"text":"b"}`, `group/G {"providerType":"custom"}`, `theme/T`)))
		Guards{Tenants: -1, DeletesPerTenant: 5, Deletes: 1}.Check(f)
		return f
	}, TextOptions{Color: true}},
}
