package qlik

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
)

// errPartial says that a list ended before it was complete.
var errPartial = errors.New("the list is not complete")

// pageSize is the most that all lists used here allow.
const pageSize = "100"

// list yields what a listing holds, page after page. If it ends without an
// error it was complete; an error comes once, and then nothing. It can be
// ranged over again.
//
// Qlik pages in five styles, with cursors called next, page, startingAfter and
// cursor, and not at all; in all of them links.next.href leads on. It may name
// a host inside Qlik, so only its query is taken.
func list[T any](ctx context.Context, c *Client, path string, q url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		query, n := maps.Clone(q), 0
		for seen := map[string]bool{}; ; {
			seen[query.Encode()] = true
			var p page[T]
			if err := c.call(ctx, http.MethodGet, path, query, nil, &p); err != nil {
				yield(none, err)
				return
			}
			for _, item := range p.Data {
				if !yield(item, nil) {
					return
				}
			}
			n += len(p.Data)
			next, err := p.Links.Next.after(query)
			switch {
			case err != nil:
			case next == nil && p.Meta.Count > n && unfiltered(q):
				err = fmt.Errorf("%w: %d of %d", errPartial, n, p.Meta.Count)
			case next == nil:
				return
			case seen[next.Encode()] && (len(p.Data) == 0 || p.Meta.Count > 0 && n >= p.Meta.Count):
				return
			case seen[next.Encode()]:
				err = fmt.Errorf("%w: a page leads back to one before it", errPartial)
			}
			if err != nil {
				yield(none, fmt.Errorf("GET %s: %w", path, err))
				return
			}
			query = next
		}
	}
}

// page is one answer of a listing, in any style.
type page[T any] struct {
	Data    []T `json:"data"`
	Sharing []T `json:"sharingTasks"` // some services have names of their own for it
	Alerts  []T `json:"tasks"`
	Links   struct {
		Next link `json:"next"`
	} `json:"links"`
	Meta hint `json:"meta"`
}

// UnmarshalJSON also takes a bare array. An object without "data" is not an
// empty list but an answer that makes no sense; null is how Go writes none.
func (p *page[T]) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, &p.Data)
	}
	type plain page[T]
	// Null makes it nil, and an empty array is a new slice, as [json.Unmarshal] documents.
	absent := func(list []T) bool { return list != nil && len(list) == 0 && cap(list) > 0 }
	p.Data, p.Sharing, p.Alerts = make([]T, 0, 1), make([]T, 0, 1), make([]T, 0, 1)
	if err := json.Unmarshal(b, (*plain)(p)); err != nil {
		return err
	}
	for _, own := range [][]T{p.Sharing, p.Alerts} {
		if absent(p.Data) {
			p.Data = own
		}
	}
	if absent(p.Data) {
		return errors.New("no data in it")
	}
	return nil
}

// hint is what a listing says of itself; in some services it is something else.
type hint struct {
	Count int `json:"count"` // of the whole listing, where Qlik counts
}

// UnmarshalJSON takes anything.
func (h *hint) UnmarshalJSON(b []byte) error {
	type plain hint
	_ = json.Unmarshal(b, (*plain)(h))
	return nil
}

// link is where a list goes on: {"href": "..."}, a bare string, or nothing.
type link string

// UnmarshalJSON reads any of the three.
func (l *link) UnmarshalJSON(b []byte) error {
	var s *string
	if json.Unmarshal(b, &s) != nil {
		var object struct {
			Href *string `json:"href"`
		}
		if err := json.Unmarshal(b, &object); err != nil {
			return err
		}
		s = object.Href
	}
	if s != nil {
		*l = link(*s)
	}
	return nil
}

// after returns the query of the next page, nil if there is none. What the
// link does not say stays as it was: a filter must not get lost on the way.
func (l link) after(query url.Values) (url.Values, error) {
	if l == "" {
		return nil, nil
	}
	u, err := url.Parse(string(l))
	if err != nil || u.RawQuery == "" {
		return nil, fmt.Errorf("%w: its next link cannot be read", errPartial)
	}
	next, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("%w: its next link cannot be read", errPartial)
	}
	merged := maps.Clone(query)
	if merged == nil {
		merged = url.Values{}
	}
	maps.Copy(merged, next)
	return merged, nil
}

// unfiltered reports whether a query asks for everything, so that the count in the
// answer is that of the listing.
func unfiltered(q url.Values) bool {
	return len(q) == 0 || len(q) == 1 && q.Has("limit")
}

// everything is the query for a whole listing in pages of the maximum size.
func everything(more ...string) url.Values {
	q := url.Values{"limit": {pageSize}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return q
}
