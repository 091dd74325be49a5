package githubtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
)

func (l *lab) query(text string, variables object) *answer {
	l.Helper()
	return l.post("//graphql", object{"query": text, "variables": variables}).want(200)
}

func TestGraphQL(t *testing.T) {
	l := newLab(t)
	l.topic("topic")
	id := l.post("/issues/1/comments", object{"body": "x"}).want(201).value("node_id").(string)
	l.site.API += "/api" // as GitHub Enterprise Server has it
	a := l.query(`query Me { me: viewer { login } }`, nil)
	require.Equal(t, object{"data": object{"me": object{"login": "github-actions[bot]"}}}, a.value())
	a = l.query(`mutation Hide($input: MinimizeCommentInput!) { minimizeComment(input: $input) { clientMutationId, minimizedComment { isMinimized } } }`,
		object{"input": object{"subjectId": id, "classifier": "OUTDATED", "clientMutationId": "7"}})
	require.Equal(t, object{"data": object{"minimizeComment": object{"clientMutationId": "7", "minimizedComment": object{"isMinimized": true}}}}, a.value())
	require.Equal(t, "OUTDATED", l.repo.Comments(1)[0].Minimized)
	l.query(`mutation { minimizeComment(input: {subjectId: "`+id+`", classifier: RESOLVED}) { minimizedComment { isMinimized } } }`, nil)
	require.Equal(t, "RESOLVED", l.repo.Comments(1)[0].Minimized)
	require.Empty(t, l.hub.Complaints())

	const hide = `mutation($id: ID!, $why: ReportedContentClassifiers!) { minimizeComment(input: {subjectId: $id, classifier: $why}) { minimizedComment { isMinimized } } }`
	reader := l.as("reader", githubtest.Token{Permissions: map[string]string{"issues": "read"}})
	for name, a := range map[string]*answer{
		"FORBIDDEN":                    reader.query(hide, object{"id": id, "why": "SPAM"}),
		"NOT_FOUND":                    l.query(hide, object{"id": "IC_none", "why": "SPAM"}),
		"argumentLiteralsIncompatible": l.query(hide, object{"id": id, "why": "OLD"}),
		"undefinedField":               l.query(`{ viewer { login age } }`, nil),
	} {
		require.Equal(t, name, a.value("errors", 0, "type"))
		require.Nil(t, a.value("data"))
	}
	require.Equal(t, "RESOLVED", l.repo.Comments(1)[0].Minimized)
	require.Len(t, l.hub.Complaints(), 1)
}

func TestGraphQLRefuses(t *testing.T) {
	l := newLab(t)
	for _, text := range []string{
		"", "{", "{ viewer { login }", "{ viewer { login } } }", "{ viewer }", "{ 7 }", "mutation(", "{ viewer(x: ) { login } }", "{ viewer { login { x } } }",
		"{ rateLimit { cost } }", "mutation { addStar { x } }", `{ viewer(a: "\x") { login } }`,
	} {
		require.NotNil(t, l.query(text, nil).value("errors"), "%q", text)
	}
}

func FuzzGraphQL(f *testing.F) {
	for _, text := range []string{
		`{ viewer { login } }`, `mutation($i: X!) { minimizeComment(input: $i) { minimizedComment { isMinimized } } }`,
		`mutation { minimizeComment(input: {subjectId: "a", classifier: SPAM}) { clientMutationId } }`, `{a:b(c:{d:{e:1}})}`, `query q($a: B = {}) { x }`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fields, err := githubtest.ParseGraph(text)
		if err == nil && fields > 0 {
			require.Contains(t, text, "{")
			require.Contains(t, text, "}")
		}
	})
}
