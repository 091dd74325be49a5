package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	gh "github.com/google/go-github/v60/github"
)

// mostPayload is how much a dispatch may carry, in bytes.
const mostPayload = 64 << 10

// Dispatch starts the workflows that wait for a repository_dispatch of a type, also
// with a GITHUB_TOKEN. payload is an object with at most ten members, nil for
// none: [Run.Payload] there. After a lost answer it may have been done; doing it
// again starts them again. It needs contents: write.
// https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event
func (c *Client) Dispatch(ctx context.Context, eventType string, payload any) error {
	what := "dispatch " + eventType
	o := gh.DispatchRequestOptions{EventType: eventType}
	if payload != nil {
		b, err := json.Marshal(payload)
		switch {
		case err != nil:
		case len(b) == 0 || b[0] != '{':
			err = errors.New("its payload is not an object")
		case len(b) >= mostPayload:
			err = fmt.Errorf("its payload of %d bytes is too large: GitHub takes less than %d", len(b), mostPayload)
		}
		if err != nil {
			return wrap(what, err)
		}
		raw := json.RawMessage(b)
		o.ClientPayload = &raw
	}
	_, _, err := c.api.Repositories.Dispatch(ctx, c.owner, c.repo, o)
	return wrap(what, err)
}
