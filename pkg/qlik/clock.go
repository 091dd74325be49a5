package qlik

import (
	"context"
	"time"
)

// Clock is the time that a client goes by when it waits: between attempts, for a
// limit to be lifted, for something to be ready. A rehearsal has one of its own.
type Clock struct {
	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error // returns ctx's error if that ends first
	Steady bool                                             // pauses between attempts are not drawn at random
}

var wall = &Clock{Now: time.Now, Sleep: sleep}
