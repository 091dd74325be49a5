package qlik

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// copied is a staged copy of an app, and what was seen on the way to it.
type copied struct {
	id, space string
	seen      string // when the index changed it last, before this run did anything; "" if it was not a copy then
	others    []item // the apps of its name in the staging space, newest first
}

// Until an imported app is stamped, its name says what it holds. So an import
// whose reply was lost, or whose run was killed, is recognised and used: what
// is in it is never a guess.
const importing = " (importing "

func (a App) importName() string { return a.Name + importing + a.Release + ")" }

// stage returns an app in the staging space that has the wanted release. A copy
// that carries it is used again, whoever staged it; otherwise the file is
// imported, which always makes a new app.
func (t *Tenant) stage(ctx context.Context, desired App) (copied, error) {
	space, err := t.id(ctx, desired.Staging)
	if err != nil {
		return copied{}, err
	}
	end, err := t.turn(ctx, space+"/"+desired.Name) // two targets may want the same copy
	if err != nil {
		return copied{}, err
	}
	defer end()
	key := space + "/" + desired.Release + "/" + desired.Name
	t.mu.Lock()
	known, ok := t.staged[key]
	t.mu.Unlock()
	if ok {
		return known, nil
	}
	others, err := t.copies(ctx, space, desired)
	if err != nil {
		return copied{}, err
	}
	for _, i := range others {
		if release, _ := unstamped(i.Description); i.Name == desired.Name && release == desired.Release {
			return copied{i.ResourceID, space, i.Updated, others}, nil
		}
	}
	id := desired.imported(others)
	if id == "" {
		if id, err = t.importFile(ctx, space, desired); err != nil {
			return copied{}, err
		}
	}
	t.mu.Lock()
	t.imported[id] = true
	t.mu.Unlock()
	if err := t.stamp(ctx, id, desired); err != nil {
		return copied{}, err
	}
	t.mu.Lock()
	t.staged[key] = copied{id: id, space: space}
	t.mu.Unlock()
	return copied{id: id, space: space, others: others}, nil
}

// stamp gives a staged copy the name and the description of desired.
func (t *Tenant) stamp(ctx context.Context, id string, desired App) error {
	return t.call(ctx, http.MethodPut, appPath(id), nil, map[string]any{"attributes": desired.attributes()}, nil)
}

// copies returns the apps of a staging space that have the name of desired, or
// will have it when their import is finished.
func (t *Tenant) copies(ctx context.Context, spaceID string, desired App) ([]item, error) {
	return t.called(ctx, spaceID, desired.Name, func(name string) bool {
		return strings.HasPrefix(name, desired.Name+importing)
	})
}

// imported returns the ID of an app that was imported for desired and not
// stamped yet, "" if there is none.
func (a App) imported(copies []item) string {
	for _, i := range copies {
		if i.Name == a.importName() {
			return i.ResourceID
		}
	}
	return ""
}

// turn waits for the others that want the same thing.
func (t *Tenant) turn(ctx context.Context, key string) (end func(), err error) {
	t.mu.Lock()
	if t.busy[key] == nil {
		t.busy[key] = make(chan struct{}, 1)
	}
	turn := t.busy[key]
	t.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// importFile imports the file of desired and returns the ID of the new app, or
// of one that a run which was killed has imported.
func (t *Tenant) importFile(ctx context.Context, spaceID string, desired App) (id string, err error) {
	qvf, err := t.planned(desired.File, desired.Digest)
	if err != nil {
		return "", err
	}
	defer qvf.Close()
	q := url.Values{"spaceId": {spaceID}, "name": {desired.importName()}}
	p := payload{kind: "application/octet-stream", sections: sections{qvf.whole()}}
	if qvf.Size() > t.sizes.body {
		file, err := t.uploadLarge(ctx, desired.Name+".qvf", qvf)
		if err != nil {
			return "", err
		}
		q.Set("fileId", file)
		p = payload{}
	}
	var made appBody
	err = t.whileFresh(ctx, spaceID, func() error {
		_, err := t.send(ctx, http.MethodPost, "/api/v1/apps/import", q, p, &made)
		return err
	})
	if err == nil && made.Attributes.ID == "" {
		err = fmt.Errorf("POST /api/v1/apps/import: %w: no id", errReply)
	}
	if err == nil || !lost(err) {
		return made.Attributes.ID, err
	}
	late := t.wait(ctx, 0, func() (bool, error) {
		copies, err := t.copies(ctx, spaceID, desired)
		id = desired.imported(copies)
		return id != "", err
	})
	if late != nil {
		return "", fmt.Errorf("%w; no new app appeared in the staging space (%w)", err, late)
	}
	return id, nil
}

// sweep removes staged copies that are no longer needed, and imports that were
// never finished. It keeps the newest copy and the one in use; what qdeploy did
// not stage, which has no "+q." in its release; what this run imported; and
// what could not be restored after it. A copy that stays is a notice, not an
// error: the app is where it should be.
func (t *Tenant) sweep(ctx context.Context, used copied, desired App) {
	newest := used.id
	if i := slices.IndexFunc(used.others, func(i item) bool { return i.Name == desired.Name }); i >= 0 && used.seen != "" {
		newest = used.others[i].ResourceID
	}
	for _, old := range used.others {
		if id := old.ResourceID; id == newest || id == used.id || !old.removable(desired, t.clock.Now()) || t.imports(id) {
			continue
		}
		err := t.call(ctx, http.MethodDelete, appPath(old.ResourceID), nil, nil, nil)
		if err != nil && !errors.Is(err, ErrNotFound) {
			t.notice(fmt.Sprintf("%s: an old staged copy of %q stays: %v", desired.Staging, desired.Name, err))
		}
	}
}

// removable reports whether a copy is qdeploy's, and old enough.
func (i item) removable(desired App, now time.Time) bool {
	release, _ := unstamped(i.Description)
	ours := i.Name != desired.Name || strings.Contains(release, "+q.")
	return ours && !i.Created.IsZero() && now.Sub(i.Created.Time) >= SafeAge
}

// imports reports whether this run made an app.
func (t *Tenant) imports(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.imported[id]
}
