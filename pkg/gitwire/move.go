package gitwire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/plumbing/transport"
)

// Command moves a ref from Old to New. Zero is no ref: a command creates, moves
// or deletes.
type Command struct {
	Name     plumbing.ReferenceName
	Old, New plumbing.Hash

	// Objects are those that the remote lacks, read from Store.
	Objects []plumbing.Hash
	Store   storer.EncodedObjectStorer
}

// Move sends a command, unless the ref is no longer at Old. It reports whether it
// began to: then the ref may be at New also when an error is returned, and may be
// elsewhere when none is. So read it back: a reply may be lost, and go-git takes
// an empty one for a good one.
func (r *Remote) Move(ctx context.Context, c Command) (sent bool, err error) {
	size, err := sizeOf(c.Store, c.Objects)
	if err != nil {
		return false, fmt.Errorf("%s: %w", r.room, err)
	}
	const slowest = 256 << 10 // bytes a second
	within, cancel := context.WithTimeout(ctx, patience+time.Duration(size/slowest)*time.Second)
	defer cancel()
	auth, err := r.login(within)
	if err != nil {
		return false, err
	}
	doing := "push " + c.Name.String()
	at := r.endpoint // a redirect changes it
	s, err := r.wire.NewReceivePackSession(&at, auth)
	if err != nil {
		return false, r.trouble(ctx, doing, err)
	}
	defer s.Close()
	adv, err := s.AdvertisedReferencesContext(within)
	if err != nil && !errors.Is(err, transport.ErrEmptyRemoteRepository) {
		return false, r.trouble(ctx, doing, err)
	}
	if adv == nil {
		adv = packp.NewAdvRefs()
	}
	if adv.References[c.Name.String()] != c.Old {
		return false, nil
	}
	told := &said{}
	req, err := request(c, adv, told)
	if err != nil {
		return false, r.trouble(ctx, doing, err)
	}
	if len(c.Objects) > 0 {
		req.Packfile = &pack{store: c.Store, objects: c.Objects, size: size}
	}
	report, err := s.ReceivePack(within, req)
	return true, r.declined(r.trouble(ctx, doing, err), report, told)
}

func request(c Command, adv *packp.AdvRefs, told *said) (*packp.ReferenceUpdateRequest, error) {
	req := packp.NewReferenceUpdateRequestFromCapabilities(adv.Capabilities)
	req.Commands = []*packp.Command{{Name: c.Name, Old: c.Old, New: c.New}}
	req.Progress = told
	var with []capability.Capability
	if adv.Capabilities.Supports(capability.Sideband64k) {
		with = append(with, capability.Sideband64k)
	}
	if c.New.IsZero() && adv.Capabilities.Supports(capability.DeleteRefs) {
		with = append(with, capability.DeleteRefs)
	}
	for _, w := range with {
		if err := req.Capabilities.Set(w); err != nil {
			return nil, err
		}
	}
	return req, nil
}

// declined adds what the remote said when it declined a command: a protected
// branch, a hook.
func (r *Remote) declined(err error, report *packp.ReportStatus, told *said) error {
	var t *Error
	if !errors.As(err, &t) {
		return err
	}
	if text := Line(told.text.String()); text != "" {
		t.Text += r.scrub("; it says: " + text)
	}
	if report != nil && t.Err == nil {
		t.Err = ErrRefused
	}
	return t
}

// said is the beginning of what a remote tells those who push.
type said struct{ text strings.Builder }

func (s *said) Write(p []byte) (int, error) {
	const most = 4 << 10
	s.text.Write(p[:min(len(p), max(0, most-s.text.Len()))])
	return len(p), nil
}

// pack is objects on their way. It is made while it is written, straight into
// what go-git sends: of a large file there is this one copy.
type pack struct {
	store   storer.EncodedObjectStorer
	objects []plumbing.Hash
	size    int64 // at most
}

var _ io.WriterTo = (*pack)(nil)

// WriteTo writes the pack. io.Copy, by which go-git reads it, comes here.
func (p *pack) WriteTo(w io.Writer) (int64, error) {
	if b, ok := w.(interface{ Grow(int) }); ok {
		b.Grow(int(p.size)) // growing by and by would copy all of it, and then again
	}
	n := &counter{w: w}
	_, err := packfile.NewEncoder(n, p.store, false).Encode(p.objects, 0)
	return n.n, err
}

func (p *pack) Read([]byte) (int, error) { return 0, errors.New("a pack is written, not read") }
func (p *pack) Close() error             { return nil }

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// sizeOf returns how large a pack of objects can become.
func sizeOf(store storer.EncodedObjectStorer, objects []plumbing.Hash) (int64, error) {
	size := int64(1 << 10) // of the commands and the pack's head and foot
	for _, h := range objects {
		n, err := store.EncodedObjectSize(h)
		if err != nil {
			return 0, fmt.Errorf("object %s: %w", h, err)
		}
		size += n + n/1000 + 64 // what does not compress grows a little
	}
	return size, nil
}
