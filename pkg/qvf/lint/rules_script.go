package lint

import (
	"fmt"
	"regexp"
	"strings"
)

// access returns what the script says in Section Access, a text per token, and where it begins. A quoted
// "section access" is none.
func (s *script) access() (tokens []string) {
	in := false
	for _, st := range s.statements {
		if len(st) > 1 && st[0].is("section") {
			in = st[1].is("access")
		}
		for _, t := range st {
			if in {
				tokens = append(tokens, s.text[t.at:t.end])
			}
		}
	}
	return tokens
}

// accessPlace is where Section Access begins; the app if it does not.
func (s *script) accessPlace() Place {
	for _, st := range s.statements {
		if len(st) > 1 && st[0].is("section") && st[1].is("access") {
			return s.place(st[0].at)
		}
	}
	return Place{}
}

// sectionAccess is L7.
func (c *check) sectionAccess() {
	if c.ctx.Previous == nil {
		return
	}
	old := read(c.ctx.Previous)
	was, is := strings.Join(old.access(), " "), strings.Join(c.access(), " ")
	had := was != "" || c.ctx.Previous.SectionAccess()
	const hint = "let somebody review who sees which rows"
	switch {
	case had && !c.facts.SectionAccess:
		c.add(L7, Warning, Place{}, "section access was removed: everybody who can open the app sees all rows", hint)
	case !had && c.facts.SectionAccess:
		c.add(L7, Warning, c.accessPlace(), "section access was added", hint)
	case normal(was) != normal(is):
		c.add(L7, Warning, c.accessPlace(), "section access was changed", hint)
	}
}

func normal(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// certain are texts that are secrets wherever they stand, comments too.
var certain = []struct {
	what string
	re   *regexp.Regexp
}{
	{"a JSON web token", regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`)},
	{"a private key", regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`)},
	{"an access key of AWS", regexp.MustCompile(`\b(AKIA|ASIA)[0-9A-Z]{16}\b`)},
	{"a token of GitHub", regexp.MustCompile(`\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})`)},
	{"a bearer token", regexp.MustCompile(`(?i)\bbearer\s+[A-Za-z0-9._~+/-]{16,}`)},
	{"credentials for basic authentication", regexp.MustCompile(`(?i)\bbasic\s+[A-Za-z0-9+/]{16,}={0,2}(\W|$)`)},
}

var (
	secretName  = regexp.MustCompile(`(?i)(password|passwd|pwd|secret|token|api_?key|client_?key|private_?key)$`)
	secretInURL = regexp.MustCompile(`(?i)[?&;\s"'](password|passwd|pwd|secret|access_token|token|api_?key|client_secret|sig)=([^&;\s"'$<>{}]{4,})`)
	credentials = regexp.MustCompile(`(?i)https?://[^/\s:@$<>]+:[^/\s@$<>]+@`)
	hostOf      = regexp.MustCompile(`(?i)\bhttps?://([a-z0-9][a-z0-9.-]*\.[a-z0-9-]+|localhost)(:\d+)?([/?'"\s]|$)`)
)

const secretHint = "take it out, and change it where it is from: it stays in the history; let a data connection hold the new one"

// secrets is L8.
func (c *check) secrets() {
	for _, t := range c.comments {
		c.certainSecret(t)
	}
	hosts := map[string]bool{}
	for _, st := range c.statements {
		c.named(st)
		for _, t := range st {
			if t.kind == mark || c.certainSecret(t) {
				continue
			}
			text := " " + t.text
			switch m := secretInURL.FindStringSubmatch(text); {
			case m != nil:
				c.add(L8, Warning, c.place(t.at), fmt.Sprintf("the value of %q may be a secret", m[1]), secretHint)
			case credentials.MatchString(text):
				c.add(L8, Warning, c.place(t.at), "an address holds a user's name and password", secretHint)
			}
			if t.kind != inline {
				c.hosts(t, hosts)
			}
		}
	}
}

func (c *check) certainSecret(t token) bool {
	for _, p := range certain {
		if at := p.re.FindStringIndex(t.text); at != nil {
			c.add(L8, Error, c.place(t.at+at[0]), "the script holds "+p.what, secretHint)
			return true
		}
	}
	return false
}

// named finds SET vPassword = 'text', and PASSWORD IS text of a CONNECT.
func (c *check) named(st statement) {
	if name, v, ok := c.assignment(st); ok && v.known && secretName.MatchString(name) && secretValue(v.text) {
		c.add(L8, Warning, c.place(st[0].at), fmt.Sprintf("the value of variable %q may be a secret", name), secretHint)
	}
	for i := 2; i < len(st); i++ {
		key := fold(st[i-2].text)
		if st[i-1].is("is") && (key == "password" || key == "xpassword") && st[i].kind != expansion && secretValue(st[i].text) {
			c.add(L8, Warning, c.place(st[i].at), "a CONNECT holds a password", secretHint)
		}
	}
}

// secretValue says whether a text could be a secret: not one that is empty, built from variables, a number of
// days, or shows where to put one.
func secretValue(s string) bool {
	return len(s) >= 4 && !strings.Contains(s, "$(") && !strings.ContainsAny(s, "<>{}") && strings.Trim(s, "*xX.-0123456789 ") != "" && !hasLib(s)
}

// hosts finds addresses. One in Qlik Cloud is a tenant's, so it is wrong in all other tenants.
func (c *check) hosts(t token, told map[string]bool) {
	for _, m := range hostOf.FindAllStringSubmatch(t.text, -1) {
		host := fold(m[1])
		if told[host] {
			continue
		}
		told[host] = true
		if strings.HasSuffix(host, ".qlikcloud.com") {
			c.add(L8, Warning, c.place(t.at), fmt.Sprintf("the host %q is one tenant's", host), "take the host from GetSysAttr('tenantUrl'), or from a variable that differs from tenant to tenant")
			continue
		}
		c.add(L8, Info, c.place(t.at), fmt.Sprintf("the host %q is written in the script", host), "")
	}
}
