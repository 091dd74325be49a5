package qlik

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"time"
)

const (
	uploads    = "/api/v1/temp-contents/files"
	tusVersion = "1.0.0"

	// longestBody is the size up to which a file is imported in one request.
	// assumed: Qlik documents uploads for "large" files without a number.
	longestBody = 10 << 20

	// longestChunk keeps requests few and repeats short.
	longestChunk = 64 << 20

	// uploadTime counts from the start of an upload.
	uploadTime = 6 * time.Hour

	// uploadTries is how often in a row an upload may fail to go on.
	uploadTries = 8
)

// sizes are limits in bytes, smaller in tests.
type sizes struct{ body, chunk int64 }

// uploadLarge uploads a file in chunks, goes on where a lost connection left
// it, and returns the ID by which an import finds it. If the file was changed
// meanwhile, what was uploaded is left to expire.
//
// https://qlik.dev/apis/rest/temp-contents, https://tus.io/protocols/resumable-upload
func (t *Tenant) uploadLarge(ctx context.Context, name string, f *planned) (string, error) {
	encode := base64.StdEncoding.EncodeToString
	var location http.Header
	err := t.persist(ctx, func() (err error) { // an upload that is begun twice is forgotten once
		location, err = t.send(ctx, http.MethodPost, uploads, nil, payload{header: http.Header{
			"Tus-Resumable": {tusVersion},
			"Upload-Length": {strconv.FormatInt(f.Size(), 10)},
			"Upload-Metadata": {fmt.Sprintf("filename %s,ttl %s", encode([]byte(name)),
				encode([]byte(strconv.Itoa(int(uploadTime.Seconds())))))},
		}}, nil)
		return err
	})
	if err != nil {
		return "", err
	}
	u, err := url.Parse(location.Get("Location"))
	if err != nil || path.Base(u.Path) == "." || path.Base(u.Path) == "/" {
		return "", fmt.Errorf("POST %s: %w: no location", uploads, errReply)
	}
	id := path.Base(u.Path) // whatever host the location names, the upload is here
	at := uploads + "/" + url.PathEscape(id)
	for offset := int64(0); offset < f.Size(); {
		if offset, err = t.uploadChunk(ctx, at, f, offset); err != nil {
			return "", err
		}
	}
	return id, f.same()
}

// uploadChunk sends what begins at offset, and returns the offset after it. Each chunk,
// and what a lost connection has left of one, has all the tries.
func (t *Tenant) uploadChunk(ctx context.Context, path string, f *planned, offset int64) (int64, error) {
	known := true
	err := t.persist(ctx, func() (err error) {
		if !known {
			now, err := t.offset(ctx, path, f.Size())
			if err != nil {
				return err
			}
			was := offset
			if offset, known = now, true; now > was {
				return nil
			}
		}
		n := min(t.sizes.chunk, f.Size()-offset)
		h, err := t.send(ctx, http.MethodPatch, path, nil, payload{
			kind: "application/offset+octet-stream", sections: sections{{f, offset, n, nil}},
			header: http.Header{"Tus-Resumable": {tusVersion}, "Upload-Offset": {strconv.FormatInt(offset, 10)}},
		}, nil)
		if err == nil {
			offset, err = taken(h, path, offset, offset+n)
		}
		known = err == nil
		return err
	})
	return offset, err
}

// taken is up to where a chunk was taken, which the answer may tell: all of it, or a
// beginning.
func taken(h http.Header, path string, from, to int64) (int64, error) {
	said := h.Get("Upload-Offset")
	if said == "" {
		return to, nil
	}
	n, err := strconv.ParseInt(said, 10, 64)
	if err != nil || n <= from || n > to {
		return from, fmt.Errorf("PATCH %s: %w: offset %q", path, errReply, said)
	}
	return n, nil
}

// offset asks how much of an upload has arrived.
func (t *Tenant) offset(ctx context.Context, path string, length int64) (int64, error) {
	h, err := t.send(ctx, http.MethodHead, path, nil, payload{header: http.Header{"Tus-Resumable": {tusVersion}}}, nil)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(h.Get("Upload-Offset"), 10, 64)
	if err != nil || n < 0 || n > length {
		return 0, fmt.Errorf("HEAD %s: %w: no offset", path, errReply)
	}
	return n, nil
}

// persist tries again what failed in passing: a lost connection, an offset
// that has moved (409), an upload that is still busy with the last try (423).
func (t *Tenant) persist(ctx context.Context, try func() error) error {
	pause := t.options.Poll.Interval
	for n := 1; ; n++ {
		err := try()
		var e *Error
		moved := errors.As(err, &e) && (e.Status == http.StatusConflict || e.Status == http.StatusLocked)
		if err == nil || n == uploadTries || !moved && !lost(err) {
			return err
		}
		if err := t.clock.Sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, 10*time.Second)
	}
}
