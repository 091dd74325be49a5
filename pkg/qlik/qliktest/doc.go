// Package qliktest is Qlik Cloud in memory: many tenants behind one
// http.Handler, with Qlik's paging, error envelopes, permissions, rate limits
// and delays, and with moods that make it misbehave on purpose.
//
// It is an independent reading of Qlik's documentation: it imports only the
// standard library and never package qlik, or tests between the two would
// prove nothing. What is modelled, assumed and left out is listed in
// docs/emulator.md; every choice the documentation does not settle carries
// the comment "assumed:".
//
//	cloud := qliktest.New(qliktest.Options{})
//	cloud.AddRegionClient("eu", "client", "secret")
//	cloud.AddTenant(qliktest.TenantSpec{Host: "acme.eu.qlikcloud.com"})
//	server := httptest.NewServer(cloud) // then GET server.URL + "/acme.eu.qlikcloud.com/api/v1/spaces"
package qliktest
