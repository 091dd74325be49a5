package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// TestAReportOfThousandsIsRead holds that what thousands of tenants have in common is not
// told thousands of times.
func TestAReportOfThousandsIsRead(t *testing.T) {
	var plans []*plan.Plan
	for i := range 2000 {
		plans = append(plans, &plan.Plan{Tenant: plan.Tenant{Name: fmt.Sprintf("t%04d", i)}})
	}
	r := newReport("r-1", plan.NewFleet("", "all", plans))
	for i := range 1990 {
		r.set(tenantReport{Tenant: fmt.Sprintf("t%04d", i), State: stateBlocked, Error: "no group"})
	}
	r.set(tenantReport{Tenant: "t1999", State: stateUnreadable, Error: "no answer"})
	var b strings.Builder
	r.print(&b)
	require.Equal(t, toldTenants, strings.Count(b.String(), ": blocked: no group\n"))
	require.Contains(t, b.String(), "t1999: could not be read: no answer\n… 1965 more: blocked; --json tells of each\n", "what is rare is told")
}
