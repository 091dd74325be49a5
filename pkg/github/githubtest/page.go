package githubtest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// page cuts the part of a list that was asked for and links to the others.
//
// https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api
func (c *call) page(list []object) ([]object, reply) {
	size, number := c.positive("per_page", 30), c.positive("page", 1)
	size = min(size, 100) // more is not refused, it is not given
	last := max(1, (len(list)+size-1)/size)
	from := min((number-1)*size, len(list))
	rep := reply{status: http.StatusOK}
	var links []string
	link := func(rel string, n int) {
		q := c.req.URL.Query()
		q.Set("page", strconv.Itoa(n))
		links = append(links, fmt.Sprintf(`<%s%s?%s>; rel="%s"`, c.site.API, c.path, q.Encode(), rel))
	}
	if number > 1 {
		link("prev", min(number-1, last))
	}
	if number < last {
		link("next", number+1)
		link("last", last)
	}
	if number > 1 {
		link("first", 1)
	}
	if len(links) > 0 {
		rep = rep.with("Link", strings.Join(links, ", "))
	}
	return append([]object{}, list[from:min(from+size, len(list))]...), rep
}

// list answers with a page that is an array.
func (c *call) list(all []object) reply {
	part, rep := c.page(all)
	rep.body = part
	return rep
}

// listIn answers with a page inside an object that has the total count.
func (c *call) listIn(name string, all []object) reply {
	part, rep := c.page(all)
	rep.body = object{"total_count": len(all), name: part}
	return rep
}

// positive is a numeric query parameter; what is not a number above 0 counts
// as not given.
func (c *call) positive(name string, fallback int) int {
	n, err := strconv.Atoi(c.query.Get(name))
	if err != nil || n < 1 {
		return fallback
	}
	return n
}

// backwards returns the list with its last element first.
func backwards[T any](list []T) []T {
	turned := make([]T, len(list))
	for i, x := range list {
		turned[len(list)-1-i] = x
	}
	return turned
}
