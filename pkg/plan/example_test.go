package plan_test

import (
	"fmt"
	"os"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// A space has another description in the estate than when that was applied, and
// another owner in the tenant; a group is no longer declared.
func ExampleBuild() {
	resource := func(kind plan.Kind, name, spec string) plan.Resource {
		return plan.Resource{Key: plan.Key{Kind: kind, Name: name}, Spec: []byte(spec)}
	}
	p, err := plan.Build(plan.Input{
		Tenant:  plan.Tenant{Name: "acme", Host: "acme.eu.qlikcloud.com"},
		Desired: []plan.Resource{resource("space", "Finance", `{"description":"Books of 2026","owner":"jo"}`)},
		Live: []plan.Resource{
			resource("space", "Finance", `{"description":"Books","owner":"al","createdAt":"2025-03-01"}`),
			resource("group", "Interns", `{}`),
			resource("group", "Not ours", `{}`),
		},
		Applied: []plan.Resource{
			resource("space", "Finance", `{"description":"Books","owner":"jo"}`),
			resource("group", "Interns", `{}`),
		},
		Remembered: true,
		Revision:   "41ac0de",
		Covers:     func(plan.Key) bool { return true }, // every listing was read to its end
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := plan.NewFleet("77b12fa", "all", []*plan.Plan{p}).WriteText(os.Stdout, plan.TextOptions{}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Plan for acme   revision 41ac0de → 77b12fa   digest fb6424ed
	// ! This plan deletes 1 resource.
	//
	//   -   group/Interns  delete
	//         because: no longer declared; was applied at 41ac0de
	//   ~   space/Finance  (change+drift)
	//         description: "Books" → "Books of 2026"  (change)
	//         owner: "al" → "jo"  (drift)
	//
	// Unmanaged, and left alone: 1 group (--unmanaged lists them).
	//
	// Plan: 1 to delete, 1 to update.
	// Drift: 1 change undoes what was changed in the tenant, not in the estate.
}
