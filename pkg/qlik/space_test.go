package qlik

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

const finance = `{"name":"Finance","type":"shared","description":"Books"}`

func TestSpaceConverges(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	want := resource("space/Finance", finance)
	require.Equal(t, []string{"create space/Finance"}, s.converge(want))
	require.Empty(t, s.converge(want))

	want.Spec = []byte(`{"name":"Finance","type":"shared","description":""}`)
	require.Equal(t, []string{"update space/Finance"}, s.converge(want))
	require.Empty(t, s.converge(want))

	renamed := resource("space/Money", `{"name":"Money","type":"shared","description":""}`)
	renamed.Was = []string{"Finance"}
	require.Equal(t, []string{"move space/Money"}, s.converge(renamed))
	require.Empty(t, s.converge(renamed))
	require.Equal(t, []string{"delete space/Money"}, s.prune(renamed))
	require.Equal(t, []string{"create space/Finance"}, s.converge(want))
}

func TestSpaceOwnerIsManagedOnlyWhenDeclared(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	s.user("idp|ann", "ann@example.com")
	for _, owner := range []string{"user:idp|ann", "email:Ann@Example.com"} {
		want := resource("space/"+owner[:4], `{"name":"`+owner[:4]+`","type":"shared","description":"","owner":"`+owner+`"}`)
		require.Len(t, s.converge(want), 1)
		require.Empty(t, s.converge(want))
	}
	want := resource("space/user", `{"name":"user","type":"shared","description":""}`)
	require.JSONEq(t, string(want.Spec), string(one(t, s.read(want), "space/user").Spec))

	want.Spec = []byte(`{"name":"user","type":"shared","description":"","owner":"user:idp|nobody"}`)
	snap := s.read(want)
	require.Equal(t, map[plan.Key]string{want.Key: `no user with subject "idp|nobody" in this tenant`}, snap.Missing)
	require.Contains(t, string(one(t, snap, "space/user").Spec), `"owner":"user:`)
	_, err := s.open().person(t.Context(), "user:idp|nobody")
	require.EqualError(t, err, snap.Missing[want.Key])
}

func TestCreateThatLostItsReplyIsNotRepeated(t *testing.T) {
	for _, fault := range []string{"cut-after", "fail-after"} {
		t.Run(fault, func(t *testing.T) {
			s := newSandbox(t, qliktest.Options{})
			want := resource("space/Finance", finance)
			tenant := s.open()
			s.mood(fault + "=POST:/api/v1/spaces:1")
			calls := s.since(func() { require.NoError(t, tenant.Do(t.Context(), creation(want))) })
			require.Equal(t, 1, count(calls, "POST /api/v1/spaces"), "%v", calls)
			s.calm()
			require.Empty(t, s.converge(want))
		})
	}
}

func TestCreateThatDidNothingIsNotRepeatedEither(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	s.mood("cut-before=POST:/api/v1/spaces:1")
	calls := s.since(func() {
		err := s.open().Do(t.Context(), creation(resource("space/Finance", finance)))
		require.EqualError(t, err, "space/Finance: POST /api/v1/spaces: no answer: unexpected EOF")
		require.Equal(t, "platform", Class(err))
	})
	require.Equal(t, 1, count(calls, "POST /api/v1/spaces"), "%v", calls)
}

func TestCreateThatMeetsAnotherAdoptsIt(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	want := resource("space/Finance", finance)
	s.seed("POST", "/api/v1/spaces", map[string]string{"name": "Finance", "type": "shared", "description": "other"})
	tenant := s.open()
	_, err := tenant.self(t.Context()) // so that the token request is not among the calls
	require.NoError(t, err)
	calls := s.since(func() { require.NoError(t, tenant.Do(t.Context(), creation(want))) })
	require.Equal(t, []string{"POST /api/v1/spaces 409", "GET /api/v1/spaces 200", "PATCH /api/v1/spaces/{id} 200"}, calls)
	require.Empty(t, s.converge(want))

	want.Spec = []byte(`{"name":"Finance","type":"managed","description":"Books"}`)
	err = tenant.Do(t.Context(), creation(want))
	require.EqualError(t, err, "space/Finance: it is a shared space; the type of a space cannot be changed to managed")
	require.Equal(t, "change", Class(err))
}

func TestDeleteOfWhatIsGoneIsDone(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	want := resource("space/Finance", finance)
	s.converge(want)
	tenant := s.open()
	snap, err := tenant.Read(t.Context(), []plan.Resource{want})
	require.NoError(t, err)
	live := one(t, snap, "space/Finance")
	gone := plan.Change{Action: plan.Delete, Key: live.Key, Live: &live}
	require.NoError(t, tenant.Do(t.Context(), gone))
	require.NoError(t, tenant.Do(t.Context(), gone))

	saved := live // a plan that was read from a file has no IDs
	saved.ID = ""
	gone.Live = &saved
	require.NoError(t, s.open().Do(t.Context(), gone))
}

func TestDeleteOfAFullSpaceIsRefused(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	s.seed("POST", "/api/v1/apps", map[string]any{"attributes": map[string]string{
		"name": "Sales", "spaceId": s.seed("POST", "/api/v1/spaces", map[string]string{"name": "Finance", "type": "shared"})["id"].(string)}})
	live := one(t, s.read(resource("space/Finance", finance)), "space/Finance")
	err := s.open().Do(t.Context(), plan.Change{Action: plan.Delete, Key: live.Key, Live: &live})
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, 412, e.Status)
	require.Equal(t, "change", Class(err))
}

func TestReadOnlyClientCannotWrite(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	o := s.options()
	o.ReadOnly = true
	c, err := New(o)
	require.NoError(t, err)
	tenant, want := NewTenant(c, TenantOptions{}), resource("space/Finance", finance)
	_, err = tenant.Read(context.Background(), []plan.Resource{want})
	require.NoError(t, err)
	err = tenant.Do(context.Background(), creation(want))
	require.EqualError(t, err, "space/Finance: POST /api/v1/spaces: not sent: this client only reads")
	require.ErrorIs(t, err, errRefused)
}
