package main

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/ledger"
)

// The ledger keeps the releases that an app had, and what took the place of which.
func TestPast(t *testing.T) {
	day := func(i int) time.Time { return time.Date(2026, 11, 1+i, 8, 0, 0, 0, time.UTC) }
	const key = "app/Prod/Sales"
	var e ledger.Entry
	apply := func(i int, specs map[string]json.RawMessage) {
		old := e
		e = ledger.Entry{Time: day(i), Resources: ledger.NewSpecs(specs)}
		e.Since, e.Past = since(old, e), past(old, e)
	}
	for i := range 15 {
		specs := map[string]json.RawMessage{key: fmt.Appendf(nil, `{"release":"1.%d.0"}`, i/2*2), "space/Prod": json.RawMessage(`{}`)}
		apply(i, specs) // each release is applied twice, the second time without a change
	}
	require.Len(t, e.Past, 1)
	require.Equal(t, ledger.Past{Release: "1.12.0", Since: day(12)}, e.Past[key][0])
	require.Equal(t, ledger.Past{Release: "1.0.0", Since: day(0)}, e.Past[key][6])
	at := placeOf(e, "acme", "Prod", "Sales")
	is := func(release string) func(ledger.Past) bool {
		return func(p ledger.Past) bool { return p.Release == release }
	}
	require.Equal(t, day(14), at.replaced(is("1.12.0")))
	require.Equal(t, day(8), at.replaced(is("1.6.0")))
	require.Equal(t, day(14), at.replaced(is("0.1.0")), "not known")

	for i := 16; i < 40; i += 2 {
		apply(i, map[string]json.RawMessage{key: fmt.Appendf(nil, `{"release":"1.%d.0"}`, i)})
	}
	require.Len(t, e.Past[key], 10)
	apply(41, nil)
	require.Empty(t, e.Past, "an app that is gone has none")
}
