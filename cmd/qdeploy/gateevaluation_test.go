package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// What evaluations say of many tenants is told in one line.
func TestMeasured(t *testing.T) {
	at := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	ended := func(mib float64) qlik.Evaluation {
		return qlik.Evaluation{Status: "finished", Started: at, Ended: at.Add(time.Minute), SizeMiB: mib, Opening: time.Second}
	}
	before := ended(10)
	var v verdict
	require.Empty(t, v.measured())
	v.compare(20, "t1: app/P/Sales", qlik.Evaluations{Now: ended(11), Before: &before})
	require.Equal(t, "t1: app/P/Sales takes 11.0 MiB and opens in 1.0 s, before it was 10.0 MiB and 1.0 s", v.measured())
	v.compare(20, "t2: app/P/Sales", qlik.Evaluations{Now: ended(12), Before: &before})
	v.compare(20, "t3: app/P/Sales", qlik.Evaluations{Now: ended(12)})
	v.compare(20, "t4: app/P/Sales", qlik.Evaluations{Now: ended(12)})
	require.True(t, v.green())
	require.Equal(t, "2 apps compared; not compared: t3: app/P/Sales was not evaluated before it came, and 1 more", v.measured())
	v.compare(20, "t5: app/P/Sales", qlik.Evaluations{Now: qlik.Evaluation{Status: "enqueued", Started: at}, Before: &before})
	require.Equal(t, "the gates are not green yet: t5: app/P/Sales is being evaluated since 2026-11-25 09:00 UTC", v.String())
	v.compare(20, "t6: app/P/Sales", qlik.Evaluations{Now: ended(12.1), Before: &before})
	require.Equal(t, "the gates are red: t6: app/P/Sales: its evaluation of 2026-11-25 09:00 UTC is worse: takes 12.1 MiB, 10.0 before", v.String())
}
