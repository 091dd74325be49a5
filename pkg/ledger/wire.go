package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/http"
)

// The remote is spoken to by git's protocol and not by go-git's Remote (v5.19):
// that one ignores a lease or reports "already up-to-date" for some sources, and
// before each push reads all that every ref of the remote reaches. Here a push is
// one command, from the commit that we built on to the one that we built, which
// the server compares and sets; and the pack holds what lies between them.
// https://git-scm.com/docs/gitprotocol-pack

// patience is how long one exchange may take.
const patience = 2 * time.Minute

// login returns what to authenticate with, or nil.
func (m *remote) login(ctx context.Context) (transport.AuthMethod, error) {
	if m.auth == nil {
		return nil, nil
	}
	user, password, err := m.auth(ctx)
	if err != nil {
		return nil, &trouble{err: err, text: m.scrub("ledger: " + m.name() + ": credentials: " + oneLine(err.Error())), final: true}
	}
	m.secrets = append(m.secrets[:1], password)
	return &http.BasicAuth{Username: user, Password: password}, nil
}

// reader opens a session and returns what it advertises: nil for a repository
// without refs.
func (m *remote) reader(ctx context.Context) (transport.UploadPackSession, *packp.AdvRefs, error) {
	auth, err := m.login(ctx)
	if err != nil {
		return nil, nil, err
	}
	at := m.endpoint // a redirect changes it
	s, err := m.wire.NewUploadPackSession(&at, auth)
	if err != nil {
		return nil, nil, err
	}
	adv, err := s.AdvertisedReferencesContext(ctx)
	if errors.Is(err, transport.ErrEmptyRemoteRepository) {
		return s, nil, nil
	}
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return s, adv, nil
}

func headOf(adv *packp.AdvRefs) plumbing.Hash {
	if adv == nil {
		return plumbing.ZeroHash
	}
	return adv.References[Ref.String()]
}

// fetch brings the remote's head and its objects.
func (l *Ledger) fetch(ctx context.Context) error {
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, adv, err := l.remote.reader(within)
	if err != nil {
		return l.trouble(ctx, "fetch", err)
	}
	defer s.Close()
	return l.trouble(ctx, "fetch", l.fetchOver(within, s, adv))
}

func (l *Ledger) fetchOver(ctx context.Context, s transport.UploadPackSession, adv *packp.AdvRefs) error {
	head := headOf(adv)
	if head.IsZero() {
		l.remote.head = head
		return nil
	}
	if _, err := l.load(head); err == nil {
		l.remote.head = head
		return nil
	}
	req := packp.NewUploadPackRequestFromCapabilities(adv.Capabilities)
	req.Wants = []plumbing.Hash{head}
	if err := l.narrow(req, adv); err != nil {
		return err
	}
	if adv.Capabilities.Supports(capability.NoProgress) {
		if err := req.Capabilities.Set(capability.NoProgress); err != nil {
			return err
		}
	}
	resp, err := s.UploadPack(ctx, req)
	if err != nil {
		return err
	}
	defer resp.Close()
	if err := l.cut(resp.Shallows); err != nil {
		return err
	}
	var pack io.Reader = resp
	switch {
	case req.Capabilities.Supports(capability.Sideband64k):
		pack = sideband.NewDemuxer(sideband.Sideband64k, resp)
	case req.Capabilities.Supports(capability.Sideband):
		pack = sideband.NewDemuxer(sideband.Sideband, resp)
	}
	if err := packfile.UpdateObjectStorage(l.store, pack); err != nil {
		return err
	}
	if _, err := l.load(head); err != nil {
		return err
	}
	l.remote.head = head
	return nil
}

// narrow tells the server what we have, so that it sends the rest. A shallow
// clone that has nothing of the ledger asks for its newest commit alone; to ask
// so of a whole clone would make it a shallow one.
func (l *Ledger) narrow(req *packp.UploadPackRequest, adv *packp.AdvRefs) error {
	for _, name := range []plumbing.ReferenceName{l.remote.tracking, Ref} {
		ref, err := l.ref(name)
		if err != nil {
			return err
		}
		if ref != nil {
			req.Haves = append(req.Haves, ref.Hash())
		}
	}
	if !l.remote.head.IsZero() {
		req.Haves = append(req.Haves, l.remote.head)
	}
	shallows, err := l.store.Shallow()
	if err != nil || len(shallows) == 0 || !adv.Capabilities.Supports(capability.Shallow) {
		return err
	}
	req.Shallows = shallows
	if len(req.Haves) == 0 {
		req.Depth = packp.DepthCommits(1)
	}
	return req.Capabilities.Set(capability.Shallow)
}

// cut remembers commits whose parents were not sent.
func (l *Ledger) cut(more []plumbing.Hash) error {
	if len(more) == 0 {
		return nil
	}
	shallows, err := l.store.Shallow()
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
	return l.store.SetShallow(shallows)
}

// push moves the remote's ref from the head last seen to next. Whatever the reply
// says, the ref is read back: a reply may be lost, and go-git takes an empty one
// for a good one. Afterwards the head last seen holds next; or the error is
// errMoved, and it is somebody else's; or it is a trouble.
func (l *Ledger) push(ctx context.Context, next plumbing.Hash, c *change) error {
	there := l.remote.head
	sent, err := l.send(ctx, next, c)
	var t *trouble
	if errors.As(err, &t) && t.final || err != nil && !sent {
		return err
	}
	if ferr := l.fetch(ctx); ferr != nil {
		return errors.Join(ferr, err)
	}
	switch head := l.remote.head; {
	case head == there && err != nil:
		return err
	case head == there && sent:
		return &trouble{text: fmt.Sprintf("ledger: %s: the remote took a push and %s did not move", l.remote.name(), Ref)}
	}
	for _, commit := range c.sent {
		arrived, err := l.contains(l.remote.head, commit, there)
		if err != nil {
			return err
		}
		if arrived {
			c.done = true
			break
		}
	}
	if c.done && l.remote.head == next {
		return nil
	}
	return errMoved
}

// send sends next, unless the remote moved meanwhile. It reports whether it
// began to: then next may be there also when an error is returned.
func (l *Ledger) send(ctx context.Context, next plumbing.Hash, c *change) (sent bool, err error) {
	pack, err := l.pack(next)
	if err != nil {
		return false, err
	}
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	auth, err := l.remote.login(within)
	if err != nil {
		return false, err
	}
	at := l.remote.endpoint
	s, err := l.remote.wire.NewReceivePackSession(&at, auth)
	if err != nil {
		return false, l.trouble(ctx, "push", err)
	}
	defer s.Close()
	adv, err := s.AdvertisedReferencesContext(within)
	if err != nil && !errors.Is(err, transport.ErrEmptyRemoteRepository) {
		return false, l.trouble(ctx, "push", err)
	}
	if headOf(adv) != l.remote.head {
		return false, nil
	}
	req := packp.NewReferenceUpdateRequest()
	if adv != nil {
		req = packp.NewReferenceUpdateRequestFromCapabilities(adv.Capabilities)
	}
	req.Commands = []*packp.Command{{Name: Ref, Old: l.remote.head, New: next}}
	req.Packfile = io.NopCloser(bytes.NewReader(pack))
	c.sent = append(c.sent, next)
	_, err = s.ReceivePack(within, req)
	return true, l.trouble(ctx, "push", err)
}

// pack returns the objects of next that the remote lacks.
func (l *Ledger) pack(next plumbing.Hash) ([]byte, error) {
	commits, whole, err := l.ahead(next, l.remote.head)
	if err != nil {
		return nil, err
	}
	if !whole {
		return nil, fmt.Errorf("ledger: the clone lacks commits below %s that the remote lacks too", next)
	}
	objects := map[plumbing.Hash]bool{}
	for _, c := range commits {
		objects[c.Hash] = true
		before := plumbing.ZeroHash
		if len(c.ParentHashes) > 0 {
			if before, err = l.rootOf(c.ParentHashes[0]); err != nil {
				return nil, err
			}
		}
		if err := l.fresh(before, c.TreeHash, objects); err != nil {
			return nil, err
		}
	}
	hashes := make([]plumbing.Hash, 0, len(objects))
	for h := range objects {
		hashes = append(hashes, h)
	}
	var b bytes.Buffer
	if _, err := packfile.NewEncoder(&b, l.store, false).Encode(hashes, 0); err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return b.Bytes(), nil
}
