package qliktest

import (
	"cmp"
	"encoding/base64"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// A page is a part of a list, with the links that lead on.
type page[T any] struct {
	rows  []T
	links pageLinks
	total int
	err   string
}

type pageLinks struct {
	Self href  `json:"self"`
	Next *href `json:"next,omitempty"`
	Prev *href `json:"prev,omitempty"`
}

// An order is how a list is sorted: by key, which must be unique, up or down.
type order[T any] struct {
	key  func(T) string
	down bool
}

// compare compares two keys in the direction of the order.
func (o order[T]) compare(a, b string) int {
	if o.down {
		a, b = b, a
	}
	return cmp.Compare(a, b)
}

// sorted puts rows in order, without touching the given slice.
func sorted[T any](rows []T, o order[T]) []T {
	byKey := func(a, b T) int { return o.compare(o.key(a), o.key(b)) }
	if slices.IsSortedFunc(rows, byKey) {
		return rows
	}
	rows = slices.Clone(rows)
	slices.SortFunc(rows, byKey)
	return rows
}

// byCursor pages in style A: limit, next and prev with an opaque cursor.
func byCursor[T any](c *call, rows []T, o order[T], usual, most int) page[T] {
	return cut(c, rows, o, "next", "prev", usual, most, encodeCursor, decodeCursor)
}

// byID pages in style C: startingAfter and endingBefore hold the id of a row.
func byID[T row](c *call, rows []T, o order[T], usual, most int) page[T] {
	encode := func(key string) string { return key[strings.LastIndexByte(key, 0)+1:] }
	decode := func(id string) (string, bool) {
		i := slices.IndexFunc(rows, func(r T) bool { return r.rowID() == id })
		if i < 0 {
			return "", false
		}
		return o.key(rows[i]), true
	}
	return cut(c, rows, o, "startingAfter", "endingBefore", usual, most, encode, decode)
}

// byPage pages in style B: page holds an opaque cursor, and there is no way
// back.
func byPage[T any](c *call, rows []T, o order[T], usual, most int) page[T] {
	p := cut(c, rows, o, "page", "", usual, most, encodeCursor, decodeCursor)
	p.links.Prev = nil
	return p
}

// A pageStyle is one of the ways above.
type pageStyle int

const (
	byCursorStyle pageStyle = iota
	byPageStyle
	byIDStyle
)

// params are the query parameters of the style.
func (s pageStyle) params() string {
	return []string{"next prev", "page", "startingAfter endingBefore"}[s]
}

func (s pageStyle) cut(c *call, rows []*plain, o order[*plain], usual, most int) page[*plain] {
	switch s {
	case byPageStyle:
		return byPage(c, rows, o, usual, most)
	case byIDStyle:
		return byID(c, rows, o, usual, most)
	}
	return byCursor(c, rows, o, usual, most)
}

func encodeCursor(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

func decodeCursor(s string) (string, bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	return string(b), err == nil
}

// cut is what the styles have in common: a cursor stands for the key of the
// row at the edge of a page, so rows that come and go never shift a page.
func cut[T any](c *call, rows []T, o order[T], next, prev string, usual, most int,
	encode func(string) string, decode func(string) (string, bool)) page[T] {
	limit, err := c.limit(usual, most)
	if err != "" {
		return page[T]{err: err}
	}
	after, before := c.query.Get(next), c.query.Get(prev)
	if after != "" && before != "" {
		return page[T]{err: next + " and " + prev + " exclude each other"}
	}
	rows = sorted(rows, o)
	from, to := 0, min(limit, len(rows))
	if edge := cmp.Or(after, before); edge != "" {
		key, ok := decode(edge)
		switch {
		case !ok:
			return page[T]{err: "the cursor is not valid"}
		case after != "":
			from = firstIndex(rows, func(r T) bool { return o.compare(o.key(r), key) > 0 })
			to = min(from+limit, len(rows))
		default:
			to = firstIndex(rows, func(r T) bool { return o.compare(o.key(r), key) >= 0 })
			from = max(0, to-limit)
		}
	}
	if c.partial {
		to = from + (to-from)/2
	}
	p := page[T]{rows: rows[from:to], total: len(rows), links: pageLinks{Self: href{c.pageURL("", "")}}}
	edgeKey := func(i int) string {
		if i < 0 || i >= len(rows) {
			return ""
		}
		return o.key(rows[i])
	}
	if to < len(rows) {
		p.links.Next = &href{c.pageURL(next, encode(edgeKey(to-1)))}
	}
	if from > 0 && len(p.rows) > 0 {
		p.links.Prev = &href{c.pageURL(prev, encode(edgeKey(from)))}
	}
	return p
}

// firstIndex is the first row for which past holds; past is false and then
// true along the rows.
func firstIndex[T any](rows []T, past func(T) bool) int {
	return sort.Search(len(rows), func(i int) bool { return past(rows[i]) })
}

// limit reads the page size; Options.PageSize caps it without a word.
func (c *call) limit(usual, most int) (int, string) {
	n := usual
	if s := c.query.Get("limit"); s != "" {
		var err error
		// assumed: a limit outside 1..max is refused rather than clamped.
		if n, err = strconv.Atoi(s); err != nil || n < 1 || n > most {
			return 0, "limit must be from 1 to " + strconv.Itoa(most)
		}
	}
	if size := c.cloud.opts.PageSize; size > 0 {
		n = min(n, size)
	}
	return n, ""
}

// pageURL is the URL of this request with another cursor.
func (c *call) pageURL(name, cursor string) string {
	if name == "" {
		if c.req.URL.RawQuery == "" {
			return c.link(c.path)
		}
		return c.link(c.path) + "?" + c.req.URL.RawQuery
	}
	q := c.req.URL.Query()
	for _, other := range []string{"next", "prev", "page", "startingAfter", "endingBefore"} {
		q.Del(other)
	}
	q.Set(name, cursor)
	if c.mood.InternalLinks {
		return "http://" + c.route.owner.name + strings.TrimPrefix(c.path, "/api") + "?" + q.Encode()
	}
	return c.link(c.path) + "?" + q.Encode()
}

// sortBy picks the order that the sort parameter asks for: a name of keys,
// with + or - before it. A + that was not escaped in the URL has become a
// space and is refused.
func sortBy[T any](c *call, usual string, keys map[string]func(T) string) (order[T], string) {
	s := cmp.Or(c.query.Get("sort"), usual)
	name, down := strings.CutPrefix(s, "-")
	if !down {
		name = strings.TrimPrefix(s, "+")
	}
	key, ok := keys[name]
	if !ok {
		return order[T]{}, "sort by " + strconv.Quote(name) + " is not offered"
	}
	return order[T]{key: key, down: down}, ""
}
