package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// Slot is an app of an environment that somebody tries there before it is merged:
// nobody else may until it is freed.
type Slot struct {
	Environment string    `json:"environment"`
	App         string    `json:"app"`
	Request     int       `json:"pullRequest,omitempty"` // 0: it was taken by hand
	URL         string    `json:"url,omitempty"`         // of the pull request
	Who         string    `json:"who,omitempty"`
	Commit      string    `json:"commit,omitempty"` // that holds what is tried; "": the slot is free
	Release     string    `json:"release,omitempty"`
	Since       time.Time `json:"since,omitzero"` // when its holder took it

	Places []SlotPlace `json:"places,omitempty"` // where it is tried

	// Waiting are the pull requests that asked for the slot while another had it, in
	// the order in which they first did.
	Waiting []Waiter `json:"waiting,omitempty"`
}

// Waiter is a pull request that waits for a slot.
type Waiter struct {
	Request int       `json:"pullRequest"`
	Since   time.Time `json:"since"`
}

// Free reports whether nobody holds the slot.
func (s Slot) Free() bool { return s.Commit == "" }

// Waits reports whether a pull request waits for the slot.
func (s Slot) Waits(request int) bool {
	return slices.ContainsFunc(s.Waiting, func(w Waiter) bool { return w.Request == request })
}

// without returns those who wait but for one pull request.
func (s Slot) without(request int) []Waiter {
	return slices.DeleteFunc(slices.Clone(s.Waiting), func(w Waiter) bool { return w.Request == request })
}

// SlotPlace is a space of a tenant.
type SlotPlace struct {
	Tenant string `json:"tenant"`
	Space  string `json:"space"`
	New    bool   `json:"new,omitempty"` // the app was not there: it goes when the slot is freed
}

// Same reports whether two slots have one holder.
func (s Slot) Same(o Slot) bool {
	return s.Request == o.Request && (s.Request != 0 || s.Who == o.Who)
}

// Holder names who holds the slot: "#12", or whoever took it by hand.
func (s Slot) Holder() string {
	if s.Request == 0 {
		return s.Who
	}
	return fmt.Sprintf("#%d", s.Request)
}

// In reports whether the app is tried in a tenant.
func (s Slot) In(tenant string) bool {
	return slices.ContainsFunc(s.Places, func(p SlotPlace) bool { return p.Tenant == tenant })
}

// ErrSlotFree says that nobody holds a slot that was to be waited for.
var ErrSlotFree = errors.New("the slot is free")

// ErrSlotHeld says that somebody else holds a slot. The error is a [*SlotError].
var ErrSlotHeld = errors.New("the slot is held")

// SlotError is an [ErrSlotHeld] with who holds it.
type SlotError struct{ Slot Slot }

func (e *SlotError) Error() string {
	return fmt.Sprintf("ledger: %s in %s is held by %s since %s", oneLine(e.Slot.App), oneLine(e.Slot.Environment),
		oneLine(e.Slot.Holder()), e.Slot.Since.UTC().Format(time.RFC3339))
}

// Is makes errors.Is(err, ErrSlotHeld) true.
func (e *SlotError) Is(target error) bool { return target == ErrSlotHeld }

// slotFolder holds the slots, those that nobody holds or waits for too: a file each.
const slotFolder = "slots"

func (s Slot) file() string {
	return slotFolder + "/" + url.PathEscape(s.Environment+"/"+s.App) + ".json"
}

// Slots returns the slots that are held or waited for, by environment and app. One that cannot be
// read is an error: to overlook it would overwrite what somebody tries.
func (l *Ledger) Slots() (out []Slot, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	err = l.each(slotFolder, func(file string, text []byte) error {
		s, err := readSlot(text, file)
		if err == nil && (!s.Free() || len(s.Waiting) > 0) {
			out = append(out, s)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b Slot) int {
		return cmp.Or(strings.Compare(a.Environment, b.Environment), strings.Compare(a.App, b.App))
	})
	return out, nil
}

func readSlot(b []byte, file string) (s Slot, err error) {
	if err := json.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("ledger: %s: not a slot: %v", file, err)
	}
	if s.file() != file {
		return s, fmt.Errorf("ledger: %s: is about %s in %s", file, oneLine(s.App), oneLine(s.Environment))
	}
	return s, nil
}

// Take takes a slot for its holder, or says of one that the holder has what is tried
// there now; Since is then that of before. It fails with [ErrSlotHeld] while somebody
// else has it, and with [ErrFenced] like every write. With a remote it is taken there,
// or not at all.
func (l *Ledger) Take(ctx context.Context, s Slot) (Slot, error) {
	if s.Commit == "" {
		return s, errors.New("ledger: a slot needs a commit")
	}
	err := l.slot(ctx, s, "taken by "+s.Holder(), func(was Slot) (Slot, error) {
		s.Waiting = was.Waiting
		if s.Request != 0 {
			s.Waiting = was.without(s.Request)
		}
		if was.Free() {
			return s, nil
		}
		if !was.Same(s) {
			return s, &SlotError{was}
		}
		s.Since = was.Since
		return s, nil
	})
	return s, err
}

// GiveBack frees a slot; those who wait for it stay. It fails with [ErrSlotHeld] when
// somebody else has it.
func (l *Ledger) GiveBack(ctx context.Context, s Slot) error {
	return l.slot(ctx, s, "given back by "+s.Holder(), func(was Slot) (Slot, error) {
		if !was.Free() && !was.Same(s) {
			return s, &SlotError{was}
		}
		return Slot{Environment: s.Environment, App: s.App, Waiting: was.Waiting}, nil
	})
}

// Wait puts a pull request at the end of those who wait for a slot, unless it is among
// them, and returns the slot. It fails with [ErrSlotFree] when nobody holds it.
func (l *Ledger) Wait(ctx context.Context, environment, app string, w Waiter) (out Slot, err error) {
	s := Slot{Environment: environment, App: app}
	err = l.slot(ctx, s, fmt.Sprintf("waited for by #%d", w.Request), func(was Slot) (Slot, error) {
		if was.Free() {
			return s, ErrSlotFree
		}
		if out = was; !was.Waits(w.Request) {
			out.Waiting = append(slices.Clone(was.Waiting), w)
		}
		return out, nil
	})
	return out, err
}

// Leave takes a pull request from those who wait for a slot.
func (l *Ledger) Leave(ctx context.Context, environment, app string, request int) (out Slot, err error) {
	s := Slot{Environment: environment, App: app}
	err = l.slot(ctx, s, fmt.Sprintf("waited for by #%d no longer", request), func(was Slot) (Slot, error) {
		out = was
		out.Environment, out.App, out.Waiting = environment, app, was.without(request)
		return out, nil
	})
	return out, err
}

// slot replaces a slot by what next makes of it.
func (l *Ledger) slot(ctx context.Context, s Slot, what string, next func(was Slot) (Slot, error)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	message := fmt.Sprintf("slot of %s in %s %s", oneLine(s.App), oneLine(s.Environment), oneLine(what))
	return l.commit(ctx, &change{message: message, fresh: true, files: func(root plumbing.Hash) (map[string][]byte, string, error) {
		if err := l.fenced(root); err != nil {
			return nil, "", err
		}
		var was Slot
		blob, err := l.find(root, s.file())
		if err != nil {
			return nil, "", err
		}
		if !blob.IsZero() {
			b, err := l.bytes(blob)
			if err != nil {
				return nil, "", fmt.Errorf("ledger: %s: %w", s.file(), err)
			}
			if was, err = readSlot(b, s.file()); err != nil {
				return nil, "", err
			}
		}
		now, err := next(was)
		if err != nil {
			return nil, "", err
		}
		files, err := textOf(s.file(), now)
		return files, "", err
	}})
}
