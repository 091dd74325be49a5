package qlik

import (
	"net/http"
	"time"
)

// The limits of Qlik Cloud, each with where it is published. Pacing and the forecast go by
// the same numbers.

// tier is a published limit: requests per minute, counted over a window.
//
// https://qlik.dev/apis/rest/rate-limiting
type tier struct {
	perMinute int
	window    time.Duration
}

var (
	tier1 = tier{1000, 5 * time.Minute}
	tier2 = tier{100, 5 * time.Minute}
)

// specials are the operations with a limit of their own. A "*" stands for one
// segment of the path; a trailing "/**" for any number.
var specials = []struct {
	method, path string
	tier         tier
}{
	{http.MethodPost, "/api/v1/reloads", tier{50, time.Minute}},
	{http.MethodPost, "/api/v1/reloads/*/actions/cancel", tier{50, time.Minute}},
	{http.MethodPost, "/api/v1/users/actions/filter", tier{200, time.Minute}},
	{http.MethodPost, "/api/v1/groups/actions/filter", tier{200, time.Minute}},
	{http.MethodPost, "/api/v1/temp-contents/files", tier{800, time.Minute}},
	{http.MethodPatch, "/api/v1/temp-contents/files/*", tier{800, time.Minute}},
	{http.MethodPut, "/api/v1/data-files/*", tier{800, time.Minute}},
	{http.MethodGet, "/api/v1/audits/**", tier{1000, time.Minute}},
	{http.MethodPost, "/api/v1/reports", tier{10, time.Minute}},
	{http.MethodGet, "/api/v1/lineage-graphs/**", tier{20, time.Minute}},
}

// ImportQuota is how many apps a tenant may import in a day, by the subscription. No
// call tells which of them a tenant has.
//
// https://help.qlik.com/en-US/cloud-services/Subsystems/Hub/Content/Sense_Hub/Introduction/qcs-specs-capacity.htm
var ImportQuota = []struct {
	Subscription string
	PerDay       int
}{
	{"Starter or Standard", 300},
	{"Premium", 2000},
	{"Enterprise", 10000},
}

// ReloadLanes is how many reloads run at a time, by the subscription: of all tenants
// together, the rest waits. No call tells which of them a subscription has.
// assumed: capacity-based subscriptions have what user-based ones had; their lanes are
// nowhere published.
//
// Qlik Cloud help, "Qlik Cloud user-based subscriptions", edition of 2025:
// https://help.qlik.com/en-US/cloud-services/Subsystems/Hub/Content/Sense_Hub/Admin/subscription-options-analytics-user-based.htm
var ReloadLanes = []struct {
	Subscription string
	AtOnce       int
}{
	{"Qlik Sense Enterprise SaaS", 30},
	{"Qlik Sense Business", 3},
}

// early is how long before its end a token is no longer used. Qlik's live for 6 hours, and
// say so: the client renews them, so that no run is too long for one.
//
// https://qlik.dev/apis/org-rest/get-started
const early = 5 * time.Minute
