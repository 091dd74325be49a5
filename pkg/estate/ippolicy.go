package estate

import (
	"fmt"
	"net/netip"
	"strings"
)

const addressHint = `its four numbers are from 0 to 255, and what follows a slash from 0 to 32: "203.0.113.0/24"`

// ipRange reads "203.0.113.0/24", or one address.
func ipRange(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		return netip.PrefixFrom(a, a.BitLen()), err
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err
}

// checkRunsFrom reads from where qdeploy runs.
func (l *load) checkRunsFrom(texts []string) {
	for i, s := range texts {
		p, err := ipRange(s)
		if err != nil {
			l.report(Problem{Pos: l.at("runsFrom", fmt.Sprint(i)), Message: fmt.Sprintf("%q is not an address", s), Hint: addressHint})
			continue
		}
		l.e.runsFrom = append(l.e.runsFrom, p)
	}
}

// ipPolicies finds policies that Qlik would not take, and those that would shut qdeploy
// out. Each of those that are enabled must let it in: then it does not matter in which
// order they come and go.
func (x *expansion) ipPolicies() {
	for _, r := range x.out {
		var spec struct {
			Enabled    bool     `json:"enabled"`
			AllowedIps []string `json:"allowedIps"`
		}
		if r.Key.Kind != "ip-policy" || decode(r.Spec, &spec) != nil {
			continue
		}
		p := Problem{Pos: x.pos("ip-policy", r.Key.Name, "allowedIps"), Key: r.Key}
		say := func(hint, format string, args ...any) {
			p.Message, p.Hint = fmt.Sprintf(format, args...), hint
			x.problem(p)
		}
		var allowed []netip.Prefix
		wrong := false
		for _, s := range spec.AllowedIps {
			a, err := ipRange(s)
			switch {
			case err != nil:
				wrong = true
				say(addressHint, "%q is not an address", s)
			case a.Addr().IsPrivate():
				say("write the addresses as the internet sees them", "%q is private, and Qlik takes public addresses only", s)
			}
			allowed = append(allowed, a)
		}
		switch {
		case !spec.Enabled, wrong:
		case len(x.e.runsFrom) == 0:
			p.Severity = Warning
			say(`write, at the top, runsFrom: ["203.0.113.0/24"]: a policy that shuts one of these out is then refused`,
				"is enabled, and the estate does not say from where qdeploy runs: it may shut qdeploy out")
		default:
			for _, from := range x.e.runsFrom {
				if !within(from, allowed) {
					say("add it: an enabled policy that lacks it would shut qdeploy out", "does not let in %s, from where qdeploy runs", strings.TrimSuffix(from.String(), "/32"))
				}
			}
		}
	}
}

// within reports whether all of a range lies in one of the others.
func within(p netip.Prefix, ranges []netip.Prefix) bool {
	for _, r := range ranges {
		if r.Bits() <= p.Bits() && r.Contains(p.Addr()) {
			return true
		}
	}
	return false
}
