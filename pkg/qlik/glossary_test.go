package qlik

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

const (
	teamSpec = `{"name":"Team","type":"shared","description":""}`
	wordSpec = `{"name":"Words","space":"space/Team","description":"","overview":""}`
	termSpec = `{"name":"A","space":"space/Team","glossary":"glossary/Team/Words","abbreviation":"","description":"x"`
)

// wordsIn is a tenant with a space, a glossary and a term, and what is declared of them.
func wordsIn(t *testing.T, o qliktest.Options) (*sandbox, []plan.Resource) {
	s := newSandbox(t, o)
	s.tenant.GiveRole(`qlikbot\client`, "Steward")
	want := []plan.Resource{resource("space/Team", teamSpec), resource("glossary/Team/Words", wordSpec), resource("glossary-term/Team/Words/A", termSpec+`,"status":"verified"}`)}
	require.Len(t, s.converge(want...), 3)
	require.Empty(t, s.converge(want...))
	return s, want
}

// TestGlossaryPages shows that all pages of glossaries, categories and terms are read.
func TestGlossaryPages(t *testing.T) {
	s, want := wordsIn(t, qliktest.Options{PageSize: 1, NoLimits: true})
	for _, name := range []string{"P", "Q", "P/R"} {
		_, last, _ := strings.Cut(name, "/")
		spec := `{"name":"` + name + `","space":"space/Team","glossary":"glossary/Team/Words","description":""}`
		if last != "" {
			spec = `{"name":"R","space":"space/Team","glossary":"glossary/Team/Words","parent":"glossary-category/Team/Words/P","description":""}`
		}
		want = append(want, resource("glossary-category/Team/Words/"+name, spec))
	}
	want = append(want, resource("glossary-term/Team/Words/B", strings.Replace(termSpec, `"A"`, `"B"`, 1)+`,"categories":["glossary-category/Team/Words/P/R"]}`),
		resource("glossary/Team/More", strings.Replace(wordSpec, "Words", "More", 1)))
	require.Len(t, s.converge(want...), 5)
	require.Empty(t, s.converge(want...))
	calls := s.since(func() { s.read(want...) })
	require.Equal(t, 2, count(calls, "GET /api/v1/glossaries"), "once for three kinds, in pages")
	require.Equal(t, 4, count(calls, "GET /api/v1/glossaries/{id}/categories"), "of two glossaries, three and none")
}

// meddling is a transport that lets somebody act when the first matching request is made.
type meddling struct {
	next    http.RoundTripper
	method  string
	part    string
	meddle  func(path string)
	answers func(*http.Request) *http.Response // instead of the tenant; optional
}

func (m *meddling) RoundTrip(req *http.Request) (*http.Response, error) {
	hit := req.Method == m.method && strings.Contains(req.URL.Path, m.part)
	if hit && m.meddle != nil {
		meddle := m.meddle
		m.meddle = nil
		meddle(req.URL.Path)
	}
	if hit && m.answers != nil {
		return m.answers(req), nil
	}
	return m.next.RoundTrip(req)
}

// under makes a change with a transport in between.
func (s *sandbox) under(m *meddling, want ...plan.Resource) error {
	o := s.options()
	m.next = o.Transport
	o.Transport = m
	c, err := New(o)
	require.NoError(s.t, err)
	t := NewTenant(c, TenantOptions{})
	snap, err := t.Read(s.t.Context(), want)
	require.NoError(s.t, err)
	for _, r := range want {
		if c, differs := change(snap, r); differs {
			if err := t.Do(s.t.Context(), c); err != nil {
				return err
			}
		}
	}
	return nil
}

// status gives a term a status.
func (s *sandbox) status(term, status string) {
	c, err := New(s.options())
	require.NoError(s.t, err)
	require.NoError(s.t, c.call(s.t.Context(), "POST", term+"/actions/change-status", url.Values{"status": {status}}, nil, nil))
}

// TestTermIsChangedOnCondition shows that what somebody else changes meanwhile is not lost,
// that a status which a change takes away is given back, and that it ends.
func TestTermIsChangedOnCondition(t *testing.T) {
	s, want := wordsIn(t, qliktest.Options{NoLimits: true})
	want[2] = resource("glossary-term/Team/Words/A", termSpec+`,"tags":["mine"]}`)
	term := func() map[string]any {
		g := s.seed("GET", "/api/v1/glossaries", nil)["data"].([]any)[0].(map[string]any)["id"].(string)
		return s.seed("GET", "/api/v1/glossaries/"+g+"/terms", nil)["data"].([]any)[0].(map[string]any)
	}
	require.NoError(t, s.under(&meddling{method: "PUT", part: "/terms/", meddle: func(path string) {
		s.seed("PUT", path, map[string]any{"name": "A", "description": "x", "relatedInformation": `[{"type":"p","children":[{"text":"theirs"}]}]`})
		s.status(path, "deprecated")
	}}, want...))
	now := term()
	require.Equal(t, []any{"mine"}, now["tags"])
	require.Contains(t, now["relatedInformation"], "theirs")
	require.Equal(t, "deprecated", now["status"].(map[string]any)["type"], "people say")

	want[2] = resource("glossary-term/Team/Words/A", termSpec+`,"tags":[]}`)
	require.NoError(t, s.under(&meddling{method: "PUT", part: "/terms/", answers: func(req *http.Request) *http.Response {
		_, err := inMemory{s.cloud}.RoundTrip(req)
		require.NoError(t, err)
		s.status(req.URL.Path, "draft")
		return response(http.StatusOK, `{"status":{"type":"draft"}}`)
	}}, want...))
	require.Equal(t, "deprecated", term()["status"].(map[string]any)["type"], "though the answer was another")

	want[2] = resource("glossary-term/Team/Words/A", termSpec+`,"tags":["again"]}`)
	err := s.under(&meddling{method: "PUT", part: "/terms/", answers: func(*http.Request) *http.Response {
		return response(http.StatusPreconditionFailed, `{}`)
	}}, want...)
	require.ErrorContains(t, err, "somebody else changes it all the time")
}

// TestEmptiedLists holds that a list which is emptied is empty in Qlik, and the plan at rest;
// also when what is declared is twice in it.
func TestEmptiedLists(t *testing.T) {
	s, want := wordsIn(t, qliktest.Options{NoLimits: true})
	s.tenant.AddUser(qliktest.UserSpec{Subject: "ann"})
	other := resource("glossary-term/Team/Words/B", strings.Replace(termSpec, `"A"`, `"B"`, 1)+`}`)
	full := func(tags, categories, stewards, relations, text string) []plan.Resource {
		category := `{"name":"P","space":"space/Team","glossary":"glossary/Team/Words","description":"","stewards":[` + stewards + `]}`
		return []plan.Resource{
			want[0], resource("glossary/Team/Words", `{"name":"Words","space":"space/Team","description":"`+text+`","overview":"`+text+`","tags":[`+tags+`],"termTemplate":"`+text+`"}`),
			resource("glossary-category/Team/Words/P", category), other,
			resource("glossary-term/Team/Words/A", `{"name":"A","space":"space/Team","glossary":"glossary/Team/Words","abbreviation":"`+text+`","description":"`+text+
				`","relatedInformation":"`+text+`","tags":[`+tags+`],"categories":[`+categories+`],"stewards":[`+stewards+`],"relatesTo":[`+relations+`]}`),
		}
	}
	all := full(`"a","b","a"`, `"glossary-category/Team/Words/P"`, `"user:ann"`, `{"term":"glossary-term/Team/Words/B","type":"synonym"}`, "some")
	_ = s.converge(all...)
	once := full(`"a","b"`, `"glossary-category/Team/Words/P"`, `"user:ann"`, `{"term":"glossary-term/Team/Words/B","type":"synonym"}`, "some")
	require.Empty(t, s.converge(once...))
	none := full("", "", "", "", "")
	require.Len(t, s.converge(none...), 3)
	require.Empty(t, s.converge(none...))
	g := s.seed("GET", "/api/v1/glossaries", nil)["data"].([]any)[0].(map[string]any)
	require.Empty(t, g["tags"])
	a := s.seed("GET", "/api/v1/glossaries/"+g["id"].(string)+"/terms", nil)["data"].([]any)[0].(map[string]any)
	for _, list := range []string{"tags", "categories", "stewards", "relatesTo"} {
		require.Empty(t, a[list], list)
	}
}

// TestCategoryPaths shows what names categories have, and which have none.
func TestCategoryPaths(t *testing.T) {
	require.Equal(t, map[string]string{"1": "P", "2": "P/M"}, pathsOf([]categoryBody{
		{ID: "1", Name: "P"}, {ID: "2", Name: "M", ParentID: "1"},
		{ID: "3", Name: "a/b"}, {ID: "4", Name: "x", ParentID: "3"}, // nor has what is in it
		{ID: "5", Name: "y", ParentID: "gone"}, {ID: "6", Name: "z", ParentID: "7"}, {ID: "7", Name: "w", ParentID: "6"},
	}))
}

// TestSteward shows of whom it is known that they are no Steward.
func TestSteward(t *testing.T) {
	for roles, want := range map[string]bool{
		"": false, "TenantAdmin": true, "TenantAdmin Steward": false, "TenantAdmin Our own": false, "SharedSpaceCreator DataAdmin": true,
	} {
		tenant := &Tenant{bot: "7"}
		for _, r := range strings.Fields(roles) {
			tenant.rights = append(tenant.rights, named{r})
		}
		got, err := tenant.noSteward(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, got, roles)
	}
}

// TestUnseenTwins shows that of two of one name, which could not be seen before, none is
// taken for the one that is declared, and no third is made.
func TestUnseenTwins(t *testing.T) {
	s, want := wordsIn(t, qliktest.Options{NoLimits: true})
	space := s.tenant.AddSpace(qliktest.SpaceSpec{Name: "Far"})
	s.tenant.AddUser(qliktest.UserSpec{Subject: "jo", Roles: []string{"Steward"}})
	s.tenant.AddAssignment("Far", "user", "jo", "facilitator")
	s.tenant.AddAssignment("Far", "bot", `qlikbot\client`, "producer")
	for range 2 {
		s.seed("POST", "/api/v1/glossaries", map[string]any{"name": "Words", "spaceId": space})
	}
	s.seed("DELETE", "/api/v1/spaces/"+space+"/assignments/"+s.memberOf(space), nil)
	far := resource("glossary/Far/Words", strings.Replace(wordSpec, "Team", "Far", 1))
	tenant := s.open()
	snap, err := tenant.Read(t.Context(), append(want, resource("space/Far", `{"name":"Far","type":"shared","description":""}`), far))
	require.NoError(t, err)
	require.False(t, snap.Covers(far.Key))
	for _, r := range snap.Needs {
		require.NoError(t, tenant.Do(t.Context(), creation(r)))
	}
	require.ErrorContains(t, tenant.Do(t.Context(), creation(far)), "the tenant has 2 of this name")
}

// memberOf returns the ID of the engine's membership of a space.
func (s *sandbox) memberOf(space string) string {
	for _, row := range s.seed("GET", "/api/v1/spaces/"+space+"/assignments", nil)["data"].([]any) {
		if m := row.(map[string]any); m["type"] == "bot" {
			return m["id"].(string)
		}
	}
	return ""
}

// TestCirclesAreNotAdopted shows which terms keep what they have to do with others.
func TestCirclesAreNotAdopted(t *testing.T) {
	var rs []plan.Resource
	for _, e := range []string{"A B", "B C", "C A", "D C", "E E", "F"} {
		name, to, related := strings.Cut(e, " ")
		spec := strings.Replace(termSpec, `"A"`, `"`+name+`"`, 1)
		if related {
			spec += `,"relatesTo":[{"term":"glossary-term/Team/Words/` + to + `","type":"isA"}]`
		}
		rs = append(rs, resource("glossary-term/Team/Words/"+name, spec+"}"))
	}
	notes, err := withoutCircles(append(rs, resource("space/Team", teamSpec)))
	require.NoError(t, err)
	require.Len(t, notes, 2)
	for i, kept := range []bool{true, true, false, true, false, false} {
		require.Equal(t, kept, strings.Contains(string(rs[i].Spec), "relatesTo"), rs[i].Key)
	}
}
