package qlik

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// usersAtOnce is how many users one request asks for: as many as keep its URL
// well below 8 KiB.
const usersAtOnce = 50

// lookUp finds the users that assignees name and remembers their IDs. An
// assignee that names nobody is remembered as nobody.
func (t *Tenant) lookUp(ctx context.Context, assignees []string) error {
	for batch := range slices.Chunk(assignees, usersAtOnce) {
		found := map[string][]string{}
		for u, err := range list[userBody](ctx, t.Client, usersPath, everything("filter", whoAre(batch))) {
			if err != nil {
				return err
			}
			for _, a := range batch {
				if u.is(a) {
					found[a] = append(found[a], u.ID)
				}
			}
		}
		t.remember(batch, found)
	}
	return nil
}

func (t *Tenant) remember(assignees []string, found map[string][]string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range assignees {
		t.people[a] = found[a]
	}
}

// whoAre returns the filter for those that assignees name.
//
// assumed: deleted users are of no use; without a status only active users are listed.
func whoAre(assignees []string) string {
	return fmt.Sprintf("(%s) and (%s)", strings.Join(terms(assignees), " or "), notDeleted)
}

const notDeleted = `status eq "active" or status eq "invited" or status eq "disabled" or status eq "provisioned"`

// terms returns the filter for each assignee.
//
// https://qlik.dev/apis/rest/users: SCIM, RFC 7644.
func terms(assignees []string) []string {
	var out []string
	for _, a := range assignees {
		how, who, _ := strings.Cut(a, ":")
		attribute := "subject"
		if how == "email" {
			attribute = "email"
		}
		out = append(out, fmt.Sprintf(`%s eq "%s"`, attribute, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(who)))
	}
	return out
}

// is reports whether an assignee means u. Qlik compares without case; subjects
// come from identity providers that do not.
func (u userBody) is(assignee string) bool {
	how, who, _ := strings.Cut(assignee, ":")
	if how == "email" {
		return strings.EqualFold(u.Email, who)
	}
	return u.Subject == who
}

// person returns the ID of the one user that an assignee names.
func (t *Tenant) person(ctx context.Context, assignee string) (string, error) {
	if assignee == "bot" {
		return t.self(ctx)
	}
	t.mu.Lock()
	ids, asked := t.people[assignee]
	t.mu.Unlock()
	if !asked {
		if err := t.lookUp(ctx, []string{assignee}); err != nil {
			return "", err
		}
		t.mu.Lock()
		ids = t.people[assignee]
		t.mu.Unlock()
	}
	if why := t.nobody(assignee, ids); why != "" {
		return "", fmt.Errorf("%s", why)
	}
	return ids[0], nil
}

// nobody says why an assignee does not name one user, "" if it does.
func (t *Tenant) nobody(assignee string, ids []string) string {
	how, who, _ := strings.Cut(assignee, ":")
	what := "user with subject"
	if how == "email" {
		what = "user with e-mail address"
	}
	switch len(ids) {
	case 0:
		return fmt.Sprintf("no %s %q in this tenant", what, who)
	case 1:
		return ""
	}
	return fmt.Sprintf("more than one %s %q in this tenant", what, who)
}

// lacksPerson is [Kind.Lacks] for kinds that name people. Who is declared comes first.
func lacksPerson(t *Tenant, assignees []string, declared func(plan.Key) bool) string {
	for _, a := range assignees {
		subject, bySubject := strings.CutPrefix(a, "user:")
		if a == "bot" || bySubject && declared(plan.Key{Kind: "user", Name: subject}) {
			continue
		}
		t.mu.Lock()
		ids, asked := t.people[a]
		t.mu.Unlock()
		if !asked {
			continue
		}
		if why := t.nobody(a, ids); why != "" {
			return why
		}
	}
	return ""
}

// asDeclared names users as they are declared, as declared last; [otherUser] where nobody
// declares them. It is sorted, and t is locked.
func (t *Tenant) asDeclared(ids []string, declared [][]string) []string {
	out := []string{}
	for _, id := range ids {
		who := []string{otherUser}
		if t.all.Load() {
			who = []string{"user:" + id}
		}
		for _, list := range declared {
			same := slices.DeleteFunc(slices.Clone(list), func(a string) bool { return !slices.Contains(t.people[a], id) })
			if len(same) > 0 {
				who = same
			}
		}
		out = append(out, who...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// persons returns the IDs of the users that assignees name, sorted, each once.
func (t *Tenant) persons(ctx context.Context, assignees []string) ([]string, error) {
	ids := []string{}
	for _, a := range assignees {
		id, err := t.person(ctx, a)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// peopleOf collects the assignees that resources name, sorted; the bot apart.
func peopleOf(want []plan.Resource) (assignees []string, bot bool) {
	seen := map[string]bool{}
	for _, r := range want {
		k, ok := kinds[r.Key.Kind]
		if !ok || k.traits().people == nil {
			continue
		}
		for _, a := range k.traits().people(r) {
			bot = bot || a == "bot"
			if a != "bot" {
				seen[a] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen)), bot
}
