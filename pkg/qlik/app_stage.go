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
	ours      bool   // imported by this run
	others    []item // the apps of its name in the staging space, newest first
}

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
	id := t.staged[key]
	t.mu.Unlock()
	if id != "" {
		return copied{id: id, space: space, ours: true}, nil
	}
	others, err := t.called(ctx, space, desired.Name)
	if err != nil {
		return copied{}, err
	}
	for _, i := range others {
		if release, _ := unstamped(i.Description); release == desired.Release {
			return copied{i.ResourceID, space, false, others}, nil
		}
	}
	if id, err = t.importFile(ctx, space, desired, others); err != nil {
		return copied{}, err
	}
	t.mu.Lock()
	t.imported[id] = true
	t.mu.Unlock()
	in := map[string]any{"attributes": desired.attributes()}
	if err := t.call(ctx, http.MethodPut, appPath(id), nil, in, nil); err != nil {
		return copied{}, err
	}
	t.mu.Lock()
	t.staged[key] = id
	t.mu.Unlock()
	return copied{id, space, true, others}, nil
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

// importFile imports the file of desired and returns the ID of the new app.
// others are the apps of its name that were there before.
func (t *Tenant) importFile(ctx context.Context, spaceID string, desired App, others []item) (string, error) {
	qvf, err := t.file(desired.File)
	if err != nil {
		return "", err
	}
	if d := t.options.Digest; d != nil && d(qvf) != desired.Digest {
		return "", fmt.Errorf("%s: %w", desired.File, errChanged)
	}
	q := url.Values{"spaceId": {spaceID}, "name": {desired.Name}}
	p := payload{kind: "application/octet-stream", bytes: qvf}
	if len(qvf) > t.sizes.body {
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
	var id string
	late := t.wait(ctx, 0, func() (bool, error) {
		id, err = t.newcomer(ctx, spaceID, desired.Name, others)
		return id != "", err
	})
	if late != nil {
		return "", fmt.Errorf("%w; no new app appeared in the staging space (%w)", err, late)
	}
	return id, nil
}

// newcomer returns the newest app of a name that is not among others.
func (t *Tenant) newcomer(ctx context.Context, spaceID, name string, others []item) (string, error) {
	now, err := t.called(ctx, spaceID, name)
	if err != nil {
		return "", err
	}
	for _, i := range now {
		if !slices.ContainsFunc(others, func(o item) bool { return o.ResourceID == i.ResourceID }) {
			return i.ResourceID, nil
		}
	}
	return "", nil
}

// youngest is the age up to which Qlik deletes an app at once and for good.
//
// https://qlik.dev/manage/analytics-applications/restore-deleted-app
const youngest = 45 * time.Minute

// sweep removes staged copies that are no longer needed. It keeps the newest
// and the one in use; what qdeploy did not stage, which has no "+q." in its
// release; what this run imported; and what could not be restored after it. A
// copy that stays is a notice, not an error: the app is where it should be.
func (t *Tenant) sweep(ctx context.Context, used copied, desired App) {
	for i, old := range used.others {
		release, _ := unstamped(old.Description)
		t.mu.Lock()
		ours := t.imported[old.ResourceID]
		t.mu.Unlock()
		newest := i == 0 && !used.ours
		if newest || old.ResourceID == used.id || ours || !strings.Contains(release, "+q.") ||
			old.Created.IsZero() || time.Since(old.Created.Time) < youngest {
			continue
		}
		err := t.call(ctx, http.MethodDelete, appPath(old.ResourceID), nil, nil, nil)
		if err != nil && !errors.Is(err, ErrNotFound) {
			t.notice(fmt.Sprintf("%s: an old staged copy of %q stays: %v", desired.Staging, desired.Name, err))
		}
	}
}
