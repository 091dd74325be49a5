package qliktest_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// What is written leaves an event, and what is refused does not.
func TestAudits(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	group := l.post("/api/v1/groups", object{"name": "Readers", "providerType": "custom"}).want(201).str("id")
	space := l.post("/api/v1/spaces", object{"name": "HR", "type": "shared"}).want(201).str("id")
	l.post("/api/v1/spaces", object{"name": "HR", "type": "shared"}).want(409)
	l.clock.add(time.Hour)
	noon := l.clock.Now().Format(time.RFC3339)
	l.patch("/api/v1/spaces/"+space, ops(op("/description", "People"))).want(200)
	member := l.post("/api/v1/spaces/"+space+"/assignments", object{"type": "group", "assigneeId": group, "roles": []string{"consumer"}}).want(201).str("id")
	l.delete("/api/v1/spaces/" + space + "/assignments/" + member).want(204)
	l.delete("/api/v1/spaces/" + space).want(204)

	all, pages := l.walk("/api/v1/audits?limit=2&sort="+url.QueryEscape("+eventTime"), "eventType", "next")
	require.Equal(t, []string{
		"com.qlik.v1.group.created", "com.qlik.core.space.created", "com.qlik.core.space.updated",
		"com.qlik.core.space.assignment.created", "com.qlik.core.space.assignment.deleted", "com.qlik.core.space.deleted",
	}, all)
	require.Equal(t, 3, pages)
	list := l.get("/api/v1/audits").want(200)
	require.Equal(t, "com.qlik.core.space.deleted", list.str("data", 0, "eventType"), "the newest first")
	require.Equal(t, "HR", list.str("data", 0, "data", "name"))
	require.Equal(t, []any{space, group}, []any{list.value("data", 1, "data", "spaceId"), list.value("data", 1, "data", "assigneeId")})
	require.Equal(t, l.bot(), list.str("data", 0, "userId"))

	since := func(q string) []string { return l.get("/api/v1/audits?" + q).want(200).column("eventType") }
	require.Len(t, since("eventTime="+noon+"/2027-01-01T00:00:00Z"), 4)
	require.Len(t, since("eventTime=2020-01-01T00:00:00Z/"+noon), 6, "both ends are in it")
	require.Equal(t, []string{"com.qlik.core.space.updated"}, since("eventType=com.qlik.core.space.updated"))
	require.Equal(t, []string{"com.qlik.v1.group.created"}, since("source=com.qlik/identities"))
	require.Empty(t, since("userId=nobody"))
	require.Len(t, since("id="+list.str("data", 0, "id")), 1)
	for _, bad := range []string{"eventTime=yesterday", "eventTime=" + noon, "eventTime=" + noon + "/2020-01-01T00:00:00Z", "sort=eventTime", "sort=-userId", "limit=101", "when=now"} {
		l.get("/api/v1/audits?" + bad).want(400)
	}
	require.Contains(t, l.get("/api/v1/audits/types").want(200).value("data"), "com.qlik.core.space.updated")
}

// Not everybody may look.
func TestAuditsTakeARight(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	l.tenant.AddUser(qliktest.UserSpec{Subject: "ann"})
	ann := l.as(l.tenant.AddAPIKey("ann"))
	ann.get("/api/v1/audits").want(403)
	ann.get("/api/v1/audits/types").want(403)
}
