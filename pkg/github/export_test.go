package github

import "context"

// UploadURL is where an asset goes.
var UploadURL = uploadURL

// Propose makes a pull request without a look whether there is one.
func Propose(ctx context.Context, c *Client, p Proposal) (made bool, err error) {
	_, made, err = c.propose(ctx, p)
	return made, err
}
