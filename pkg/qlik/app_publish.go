package qlik

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// appBody is an app as the engine writes it, as far as it matters.
type appBody struct {
	Attributes struct {
		ID          string `json:"id"`
		Name        string `json:"name"`
		Description string `json:"description"`
	} `json:"attributes"`
}

// appAttributes is all of an app that can be set.
type appAttributes struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

func (a App) attributes() appAttributes {
	return appAttributes{a.Name, stamped(a.Description, a.Release)}
}

// assumed: no bound is documented for either.
const (
	settled  = time.Minute      // how long Qlik's index of items is given to catch up
	spaceLag = 20 * time.Second // how long a new space or membership is
)

// deploy makes desired the app in its space. liveID is the app that is there,
// "" if none is known. Each step looks first whether it is done already, so
// that neither a lost reply nor a run that was killed makes a second app:
//
//  1. find the published app by its exact name, unless it is known
//  2. stage the file, unless a staged copy has the wanted release
//  3. publish; or republish onto the app that is there, so that it keeps its ID, when
//     it has been evaluated if that is asked for
//  4. read the app back until it says what was wanted
//  5. enable the declared tasks again that Qlik disabled because the script changed
//  6. wait for the index, from which the next plan will read it
//  7. remove old staged copies
func (t *Tenant) deploy(ctx context.Context, liveID string, desired App) (string, error) {
	if err := desired.check(); err != nil {
		return "", err
	}
	target, err := t.id(ctx, desired.Space)
	if err != nil {
		return "", err
	}
	if liveID == "" {
		live, err := t.published(ctx, target, desired.Name)
		if err != nil {
			return "", err
		}
		if live.Description == desired.attributes().Description && live.ResourceID != "" {
			return live.ResourceID, nil
		}
		liveID = live.ResourceID
	}
	evaluated := t.evaluateFirst(ctx, liveID, desired)
	staged, err := t.stage(ctx, desired)
	if err != nil {
		return "", err
	}
	if liveID == "" {
		if liveID, err = t.settle(ctx, staged, target, desired); err != nil {
			return "", err
		}
	}
	if liveID == "" {
		liveID, err = t.publish(ctx, staged.id, target, desired)
	} else {
		evaluated()
		err = t.republish(ctx, staged.id, liveID, desired)
	}
	if err != nil {
		return "", err
	}
	if err := t.readBack(ctx, liveID, desired); err != nil {
		return liveID, err
	}
	if err := t.turnOn(ctx, Ref("app/"+desired.Space.Name()+"/"+desired.Name), liveID); err != nil {
		return liveID, err
	}
	t.indexed(ctx, target, liveID, desired)
	t.sweep(ctx, staged, desired)
	return liveID, nil
}

// indexed waits until the index shows what was published. If it does not in
// time, the app is where it should be all the same: that is a notice.
func (t *Tenant) indexed(ctx context.Context, spaceID, id string, desired App) {
	err := t.wait(ctx, settled, func() (bool, error) {
		found, err := t.called(ctx, spaceID, desired.Name, nil)
		return slices.ContainsFunc(found, func(i item) bool {
			return i.ResourceID == id && i.Description == desired.attributes().Description
		}), err
	})
	if err != nil {
		t.notice(fmt.Sprintf("%s: Qlik's index of apps does not show %s of %q yet, so that a plan will not either: %v", desired.Space, desired.Release, desired.Name, err))
	}
}

// published returns the one app of a name in a space, or the zero item.
func (t *Tenant) published(ctx context.Context, spaceID, name string) (item, error) {
	found, err := t.called(ctx, spaceID, name, nil)
	switch {
	case err != nil || len(found) == 0:
		return item{}, err
	case len(found) == 1:
		return found[0], nil
	}
	var ids []string
	for _, i := range found {
		ids = append(ids, i.ResourceID)
	}
	return item{}, fmt.Errorf("%d apps in the space have this name: %s; delete or rename all but one", len(found), strings.Join(ids, ", "))
}

// settle looks once more for an app that a run which was killed a moment ago
// may have published, and returns "" if there is none.
//
// The index tells of apps in order: when it shows what this run did to the
// staged copy, it shows what was published before that. To a copy that was
// there already nothing was done, so that is done now, by saying what it says.
// assumed: the index notes the time of that. If not, a minute must do.
func (t *Tenant) settle(ctx context.Context, staged copied, spaceID string, desired App) (string, error) {
	if staged.seen != "" {
		if err := t.stamp(ctx, staged.id, desired); err != nil {
			return "", err
		}
	}
	err := t.wait(ctx, settled, func() (bool, error) {
		copies, err := t.called(ctx, staged.space, desired.Name, nil)
		return slices.ContainsFunc(copies, func(i item) bool { return i.ResourceID == staged.id && i.Updated != staged.seen }), err
	})
	if err != nil && !errors.Is(err, errNotYet) {
		return "", err
	}
	live, err := t.published(ctx, spaceID, desired.Name)
	return live.ResourceID, err
}

// publish makes the published app. POST would make another each time, so after
// a lost reply the index is watched instead. With no app there yet, its data
// can only be those of the source: the default, said aloud.
//
// https://qlik.dev/apis/rest/apps
func (t *Tenant) publish(ctx context.Context, stagedID, spaceID string, desired App) (string, error) {
	path := appPath(stagedID) + "/publish"
	body := map[string]any{"spaceId": spaceID, "attributes": desired.attributes(), "data": "source"}
	var made appBody
	err := t.whileFresh(ctx, spaceID, func() error {
		return t.call(ctx, http.MethodPost, path, nil, body, &made)
	})
	if err == nil && made.Attributes.ID != "" {
		return made.Attributes.ID, nil
	}
	if err = cmp.Or(err, fmt.Errorf("POST %s: %w: no id", path, errReply)); !lost(err) {
		return "", err
	}
	var id string
	late := t.wait(ctx, 0, func() (bool, error) {
		live, err := t.published(ctx, spaceID, desired.Name)
		id = live.ResourceID
		return id != "", err
	})
	if late != nil {
		return "", fmt.Errorf("%w; no app appeared (%w)", err, late)
	}
	return id, nil
}

// republish puts the staged app into the published one, which keeps its ID,
// bookmarks and alerts. The origin is not checked: each release has its own.
func (t *Tenant) republish(ctx context.Context, stagedID, liveID string, desired App) error {
	return t.call(ctx, http.MethodPut, appPath(stagedID)+"/publish", nil, map[string]any{
		"targetId": liveID, "checkOriginAppId": false,
		"data": cmp.Or(desired.Data, "target"), "attributes": desired.attributes(),
	}, nil)
}

// readBack waits until the app says what was published. A new one answers 403
// for a while; the index would be later still.
//
// https://github.com/qlik-oss/qlik-cloud-examples waits up to 120 s.
func (t *Tenant) readBack(ctx context.Context, id string, desired App) error {
	var now error
	err := t.wait(ctx, 0, func() (bool, error) {
		var live appBody
		err := t.call(ctx, http.MethodGet, appPath(id), nil, nil, &live)
		if notReady(err) {
			now = err
			return false, nil
		}
		now = fmt.Errorf("it is called %q and says %q", tidy(live.Attributes.Name), tidy(live.Attributes.Description))
		return (appAttributes{live.Attributes.Name, live.Attributes.Description}) == desired.attributes(), err
	})
	if errors.Is(err, errNotYet) {
		return fmt.Errorf("published, but does not read back as %s (%w): %w", desired.Release, err, now)
	}
	return err
}

// whileFresh repeats what Qlik refuses for a moment in a space that is new or
// that we are new in: Qlik's description of promotion warns that publishing may
// fail there at first. A refusal did nothing, so that even POST can be repeated.
func (t *Tenant) whileFresh(ctx context.Context, spaceID string, try func() error) error {
	var refused error
	err := t.wait(ctx, spaceLag, func() (bool, error) {
		if refused = try(); notReady(refused) && t.isFresh(spaceID) {
			return false, nil
		}
		return true, refused
	})
	if errors.Is(err, errNotYet) {
		return refused
	}
	return err
}

// notReady reports whether a refusal may be a matter of time.
// assumed: which statuses these are is not documented.
func notReady(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed, http.StatusLocked:
		return !errors.Is(err, ErrSuspended) && !strings.Contains(strings.ToLower(e.Title+" "+e.Detail), "quota")
	}
	return false
}

// isFresh reports whether a space was made or joined a moment ago, by this run
// or, for all we know, by one that was killed.
func (t *Tenant) isFresh(spaceID string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.fresh[spaceID] || t.clock.Now().Sub(t.spaces[spaceID].created) < 15*spaceLag
}
