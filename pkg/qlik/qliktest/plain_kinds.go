package qliktest

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
)

// plainKinds are the kinds that need no code of their own.
var plainKinds = []*plainKind{
	{
		name: "csp-origins", path: "/api/v1/csp-origins", envelope: envPlain, format: hex24, style: byCursorStyle, usual: 20, sort: "name",
		search: "name origin", put: true, created: "createdDate", updated: "modifiedDate",
		// assumed: an origin is unique, and a directive that is left out is off.
		fields: append([]plainField{
			{name: "origin", required: true, unique: true}, {name: "name", usual: `""`}, {name: "description", usual: `""`},
		}, flags("childSrc connectSrc connectSrcWSS fontSrc formAction frameAncestors frameSrc imgSrc mediaSrc objectSrc scriptSrc styleSrc workerSrc")...),
	},
	{
		name: "web-integrations", path: "/api/v1/web-integrations", envelope: envString, format: url32, style: byIDStyle, usual: 10, sort: "+name",
		patch: true, created: "created", updated: "lastUpdated",
		fields: []plainField{{name: "name", required: true}, {name: "validOrigins", kind: "strings", usual: "[]"}},
		extra: func(c *call, p *plain) map[string]any {
			return map[string]any{"tenantId": c.tenant.ID, "createdBy": p.By}
		},
	},
	{
		// assumed: the page size, and that the emulator never locks its caller out.
		name: "ip-policies", path: "/api/core/ip-policies", envelope: envNumber, format: hex24, style: byPageStyle, usual: 20, sort: "+name",
		query: "totalResults", patch: true, created: "createdAt", updated: "updatedAt",
		fields: []plainField{{name: "name", usual: `""`}, {name: "allowedIps", kind: "addresses", required: true}, {name: "enabled", kind: "bool", usual: "false"}},
		extra: func(c *call, p *plain) map[string]any {
			return map[string]any{"tenantId": c.tenant.ID, "createdBy": p.By, "updatedBy": p.By, "editable": true, "deletable": true, "toggleable": true}
		},
	},
}

// addresses are of IPv4, or ranges of them, and none of them private.
type addresses []netip.Prefix

// UnmarshalJSON reads ["203.0.113.7", "203.0.113.0/24"].
func (a *addresses) UnmarshalJSON(b []byte) error {
	var texts []string
	if err := json.Unmarshal(b, &texts); err != nil {
		return err
	}
	for _, s := range texts {
		if !strings.Contains(s, "/") {
			s += "/32"
		}
		p, err := netip.ParsePrefix(s)
		if err != nil || !p.Addr().Is4() || p.Addr().IsPrivate() {
			return fmt.Errorf("%s is no public address of IPv4", s)
		}
		*a = append(*a, p)
	}
	return nil
}

// flags are boolean fields that are false unless set.
func flags(names string) (list []plainField) {
	for _, name := range strings.Fields(names) {
		list = append(list, plainField{name: name, kind: "bool", usual: "false"})
	}
	return list
}

func plainServices() (list []*service) {
	for _, k := range plainKinds {
		list = append(list, k.service())
	}
	return list
}
