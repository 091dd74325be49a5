package qlik

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// ErrNotManaging says that the engine may not take apps out of a space.
//
// https://help.qlik.com/en-US/cloud-services/Subsystems/Hub/Content/Sense_Hub/Spaces/permissions-managed-space-prof-full.htm:
// to export apps, without data only, is for the owner and for "Can manage".
var ErrNotManaging = errors.New(`the bot may not export from there: it takes the role facilitator, which is called "Can manage", or to own the space`)

// PublishedApp is an app that somebody published to a managed space.
type PublishedApp struct {
	ID          string
	Name        string
	Description string // without the version
	Version     string // what stands between "{v" and the next "}"; "" if nothing does
	Owner       string // user ID: who published it
	CreatedAt   time.Time
	PublishedAt time.Time // to publish once more keeps the ID

	// Edition is when the app last changed, by the app itself: another content has
	// another edition. It is zero where only the index was asked.
	Edition time.Time
}

// SafeAge is how old an app must be for its deletion to be a soft one: it can be
// restored then, for 14 days.
//
// https://qlik.dev/manage/analytics-applications/restore-deleted-app
const SafeAge = 45 * time.Minute

// Published returns the apps in a managed space, as the index of items knows them,
// by name and then by ID. Unknown is not empty: when the engine may not export what
// is there, the error is [ErrNotManaging].
//
// https://qlik.dev/apis/rest/items
func (t *Tenant) Published(ctx context.Context, space string) ([]PublishedApp, error) {
	ref := Ref("space/" + space)
	id, err := t.id(ctx, ref)
	if err != nil {
		return nil, err
	}
	if err := t.manages(ctx, id); err != nil {
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	type publication struct {
		item
		Owner      string `json:"ownerId"`
		Attributes struct {
			Published moment `json:"publishTime"`
		} `json:"resourceAttributes"`
	}
	out := []PublishedApp{}
	q := everything("resourceType", "app", "spaceId", id, "noActions", "true")
	for i, err := range list[publication](ctx, t.Client, "/api/v1/items", q) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", ref, err)
		}
		version, description := unstamped(i.Description)
		out = append(out, PublishedApp{
			ID: i.ResourceID, Name: i.Name, Description: description, Version: version,
			Owner: i.Owner, CreatedAt: i.Created.Time, PublishedAt: i.Attributes.Published.Time,
		})
	}
	slices.SortFunc(out, func(a, b PublishedApp) int {
		return strings.Compare(a.Name+"\x00"+a.ID, b.Name+"\x00"+b.ID)
	})
	return out, nil
}

// PublishedNow returns what an app itself says, which the index may not have heard
// yet. Of an app that is gone the error is an [ErrNotFound].
//
// https://qlik.dev/apis/rest/apps
func (t *Tenant) PublishedNow(ctx context.Context, id string) (PublishedApp, error) {
	var a struct {
		Attributes struct {
			Name, Description, OwnerID             string
			CreatedDate, ModifiedDate, PublishTime moment
		} `json:"attributes"`
	}
	if err := t.settledCall(ctx, func() error { return t.call(ctx, http.MethodGet, appPath(id), nil, nil, &a) }); err != nil {
		return PublishedApp{}, err
	}
	out := PublishedApp{
		ID: id, Name: a.Attributes.Name, Owner: a.Attributes.OwnerID,
		CreatedAt: a.Attributes.CreatedDate.Time, PublishedAt: a.Attributes.PublishTime.Time, Edition: a.Attributes.ModifiedDate.Time,
	}
	if out.PublishedAt.After(out.Edition) {
		out.Edition = out.PublishedAt
	}
	out.Version, out.Description = unstamped(a.Attributes.Description)
	return out, nil
}

// settledCall makes a call about an app that may have been published a moment ago,
// and is refused to everybody for a while.
//
// https://github.com/qlik-oss/qlik-cloud-examples waits up to 120 s.
func (t *Tenant) settledCall(ctx context.Context, call func() error) error {
	var refused error
	err := t.wait(ctx, 0, func() (bool, error) {
		refused = call()
		if errors.Is(refused, ErrDenied) && notReady(refused) {
			return false, nil
		}
		return true, refused
	})
	if errors.Is(err, errNotYet) {
		return fmt.Errorf("%w: %w", refused, ErrNotManaging)
	}
	return err
}

// Export returns the QVF file of an app, without data. What Qlik keeps of it
// meanwhile ends by itself, so that to export twice does no harm.
//
// https://qlik.dev/apis/rest/apps, https://qlik.dev/apis/rest/temp-contents
func (t *Tenant) Export(ctx context.Context, id string) ([]byte, error) {
	path := appPath(id) + "/export"
	var header http.Header
	err := t.settledCall(ctx, func() error {
		return t.persist(ctx, func() (err error) {
			header, err = t.send(ctx, http.MethodPost, path, url.Values{"NoData": {"true"}}, payload{}, nil)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	at, err := contentPath(header.Get("Location"))
	if err != nil {
		return nil, fmt.Errorf("POST %s: %w", path, err)
	}
	return t.download(ctx, at)
}

// contentPath returns the path of a temporary content, whatever host its location
// names.
func contentPath(location string) (string, error) {
	const within = "/api/v1/temp-contents/"
	u, err := url.Parse(location)
	if err != nil {
		return "", fmt.Errorf("%w: no location", errReply)
	}
	_, id, ok := strings.Cut(u.Path, within)
	if !ok || id == "" || strings.Contains(id, "/") {
		return "", fmt.Errorf("%w: no location", errReply)
	}
	return within + url.PathEscape(id), nil
}

// Parts of what is downloaded: an answer is never longer than what [whole] takes.
const (
	longestPart   = 16 << 20
	longestExport = 256 << 20 // an app without data
)

// download returns a temporary content, part by part.
func (t *Tenant) download(ctx context.Context, path string) ([]byte, error) {
	var out bytes.Buffer
	for step := int(min(t.sizes.chunk, longestPart)); ; {
		part, size, err := t.part(ctx, path, out.Len(), out.Len()+step)
		if err != nil {
			return nil, err
		}
		if size > longestExport {
			return nil, fmt.Errorf("GET %s: it is longer than %d MiB", path, longestExport>>20)
		}
		out.Write(part)
		switch {
		case out.Len() == size:
			return out.Bytes(), nil
		case out.Len() > size || len(part) == 0:
			return nil, fmt.Errorf("GET %s: %w: %d of %d bytes", path, errReply, out.Len(), size)
		}
	}
}

// part reads what is between two offsets, or all if the server does not know parts,
// and the size of the whole.
//
// https://www.rfc-editor.org/rfc/rfc9110#field.content-range
func (c *Client) part(ctx context.Context, path string, from, to int) (b []byte, size int, err error) {
	where := "GET " + path
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+c.host+path, nil)
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", from, to-1))
	req.Header.Set("User-Agent", "qdeploy")
	req.Header.Set("qlik-api-version", apiVersion)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, 0, unwrapped(where, err)
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil { // in memory already
		return nil, 0, fmt.Errorf("%s: %w", where, err)
	}
	c.heed(http.MethodGet, path, resp.Header)
	switch {
	case resp.StatusCode == http.StatusOK && from == 0:
		return body.Bytes(), body.Len(), nil
	case resp.StatusCode == http.StatusPartialContent:
		var first, last int
		n, err := fmt.Sscanf(resp.Header.Get("Content-Range"), "bytes %d-%d/%d", &first, &last, &size)
		if n != 3 || err != nil || first != from || last-first+1 != body.Len() {
			return nil, 0, fmt.Errorf("%s: %w: it is not the part that was asked for", where, errReply)
		}
		return body.Bytes(), size, nil
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return nil, 0, refusal(resp.Request, resp.StatusCode, body.Bytes())
	}
	return nil, 0, fmt.Errorf("%s: %d: %w", where, resp.StatusCode, errReply)
}

// Remove deletes an app. One that is gone is removed.
func (t *Tenant) Remove(ctx context.Context, id string) error {
	err := t.call(ctx, http.MethodDelete, appPath(id), nil, nil, nil)
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrGone) {
		return nil
	}
	return err
}

// Person returns the name of a user.
//
// https://qlik.dev/apis/rest/users
func (t *Tenant) Person(ctx context.Context, id string) (string, error) {
	var u struct {
		Name string `json:"name"`
	}
	err := t.call(ctx, http.MethodGet, "/api/v1/users/"+url.PathEscape(id), nil, nil, &u)
	return u.Name, err
}
