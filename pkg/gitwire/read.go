package gitwire

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/storage"
)

// Reader is the remote as it was at one moment.
type Reader struct {
	remote *Remote
	s      transport.UploadPackSession
	adv    *packp.AdvRefs // nil: a repository without refs
}

// Read asks the remote for its refs. The reader is to be closed.
func (r *Remote) Read(ctx context.Context) (*Reader, error) {
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	auth, err := r.login(within)
	if err != nil {
		return nil, err
	}
	at := r.endpoint // a redirect changes it
	s, err := r.wire.NewUploadPackSession(&at, auth)
	if err != nil {
		return nil, r.trouble(ctx, "fetch", err)
	}
	adv, err := s.AdvertisedReferencesContext(within)
	if errors.Is(err, transport.ErrEmptyRemoteRepository) {
		return &Reader{remote: r, s: s}, nil
	}
	if err != nil {
		return nil, r.trouble(ctx, "fetch", errors.Join(err, s.Close()))
	}
	return &Reader{remote: r, s: s, adv: adv}, nil
}

// Ref returns what a ref is at, and the commit that it names, which is another
// for an annotated tag. Both are zero when there is no such ref.
func (r *Reader) Ref(name plumbing.ReferenceName) (at, commit plumbing.Hash) {
	if r.adv == nil {
		return at, commit
	}
	at = r.adv.References[name.String()]
	if peeled, ok := r.adv.Peeled[name.String()]; ok {
		return at, peeled
	}
	return at, at
}

// Branches returns the names of the branches that begin with prefix, sorted.
func (r *Reader) Branches(prefix string) (names []string) {
	if r.adv == nil {
		return nil
	}
	for name := range r.adv.References {
		if short, is := strings.CutPrefix(name, "refs/heads/"); is && strings.HasPrefix(short, prefix) {
			names = append(names, short)
		}
	}
	slices.Sort(names)
	return names
}

// Ask says what to fetch.
type Ask struct {
	Want    plumbing.Hash
	Have    []plumbing.Hash // what they reach is not sent
	Shallow []plumbing.Hash // commits whose parents are not here
	Depth   int             // 0: all of the history
	Within  time.Duration   // how long it may take; 0: two minutes
	Bare    bool            // commits are enough; trees and files come only from a remote that cannot leave them out
}

// Fetch brings commits into a store. It reports which of those we have the remote
// knows too.
func (r *Reader) Fetch(ctx context.Context, store storage.Storer, ask Ask) (known []plumbing.Hash, err error) {
	if r.adv == nil {
		return nil, r.remote.trouble(ctx, "fetch", transport.ErrEmptyRemoteRepository)
	}
	within, cancel := context.WithTimeout(ctx, cmp.Or(ask.Within, patience))
	defer cancel()
	req, err := r.request(ask)
	if err != nil {
		return nil, r.remote.trouble(ctx, "fetch", err)
	}
	resp, err := r.s.UploadPack(within, req)
	if err != nil {
		return nil, r.remote.trouble(ctx, "fetch", err)
	}
	defer resp.Close()
	if err := cut(store, resp.Shallows); err != nil {
		return nil, r.remote.trouble(ctx, "fetch", err)
	}
	var pack io.Reader = resp
	switch {
	case req.Capabilities.Supports(capability.Sideband64k):
		pack = sideband.NewDemuxer(sideband.Sideband64k, resp)
	case req.Capabilities.Supports(capability.Sideband):
		pack = sideband.NewDemuxer(sideband.Sideband, resp)
	}
	err = packfile.UpdateObjectStorage(store, pack)
	if errors.Is(err, packfile.ErrEmptyPackfile) {
		err = nil
	}
	return resp.ACKs, r.remote.trouble(ctx, "fetch", err)
}

func (r *Reader) request(ask Ask) (*packp.UploadPackRequest, error) {
	can := r.adv.Capabilities
	req := packp.NewUploadPackRequestFromCapabilities(can)
	req.Wants, req.Haves = []plumbing.Hash{ask.Want}, ask.Have
	var with []capability.Capability
	if can.Supports(capability.NoProgress) {
		with = append(with, capability.NoProgress)
	}
	if (ask.Depth > 0 || len(ask.Shallow) > 0) && can.Supports(capability.Shallow) {
		req.Shallows, req.Depth = ask.Shallow, packp.DepthCommits(ask.Depth)
		with = append(with, capability.Shallow)
	}
	if ask.Bare && can.Supports(capability.Filter) {
		req.Filter = packp.FilterTreeDepth(0)
		with = append(with, capability.Filter)
	}
	for _, c := range with {
		if err := req.Capabilities.Set(c); err != nil {
			return nil, err
		}
	}
	return req, nil
}

// Close ends the session.
func (r *Reader) Close() error { return r.s.Close() }

// cut remembers commits whose parents were not sent.
func cut(store storage.Storer, more []plumbing.Hash) error {
	if len(more) == 0 {
		return nil
	}
	shallows, err := store.Shallow()
	if err != nil {
		return err
	}
	all := map[plumbing.Hash]bool{}
	for _, h := range shallows {
		all[h] = true
	}
	for _, h := range more {
		if !all[h] {
			shallows = append(shallows, h)
		}
	}
	return store.SetShallow(shallows)
}
