package qlik

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
)

// itemsOf yields what of a listing is live. of makes an item of an answer, or says
// that it is none of ours to see.
func itemsOf[B, T any](ctx context.Context, t *Tenant, path string, q url.Values, of func(B) (Item[T], bool)) iter.Seq2[Item[T], error] {
	return func(yield func(Item[T], error) bool) {
		for body, err := range list[B](ctx, t.Client, path, q) {
			if err != nil {
				yield(Item[T]{}, err)
				return
			}
			if item, ok := of(body); ok && !yield(item, nil) {
				return
			}
		}
	}
}

// post makes something and returns its ID. That the answer has none leaves open
// whether it was made.
func (t *Tenant) post(ctx context.Context, path string, body any) (id string, err error) {
	var made struct {
		ID string `json:"id"`
	}
	if err := t.call(ctx, http.MethodPost, path, nil, body, &made); err != nil {
		return "", err
	}
	if made.ID == "" {
		return "", fmt.Errorf("POST %s: %w: no id", path, errReply)
	}
	return made.ID, nil
}

// listIn returns the texts of a list in a spec, none if it has no such list.
func listIn(spec []byte, field string) (list []string) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(spec, &fields) != nil || json.Unmarshal(fields[field], &list) != nil {
		return nil
	}
	return list
}
