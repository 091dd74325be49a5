package estate

import (
	"fmt"
	"strings"
)

// copied is the nth copy of a tenant, with a name and a host of its own. Labels, variables
// and templates are kept, so that targets and rings select a copy as they select the
// original. A copy is neither created nor deactivated: it is there.
func copied(d declaration, n int) declaration {
	of := d.Name
	d.Name = fmt.Sprintf("%s-%d", of, n)
	if d.Title == of {
		d.Title = d.Name // it was not said
	}
	d.Create, d.Deactivate = nil, nil
	for _, host := range []*string{&d.Alias, &d.Host} {
		if first, rest, dotted := strings.Cut(*host, "."); first != "" {
			*host = fmt.Sprintf("%s-%d", first, n)
			if dotted {
				*host += "." + rest
			}
		}
	}
	return d
}
