package qliktest_test

import (
	"encoding/base64"
	"io"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func TestTempContents(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	loc := l.post("/api/v1/temp-contents?filename=a.bin&ttl=60", []byte("0123456789")).want(201).header.Get("Location")
	require.Regexp(t, `^/api/v1/temp-contents/[0-9a-f]{24}$`, loc)
	got := l.get(loc + "?inline=1").want(200)
	require.Equal(t, "0123456789", string(got.body))
	require.Equal(t, `inline; filename="a.bin"`, got.header.Get("Content-Disposition"))
	part := l.do("GET", loc, nil, "Range", "bytes=2-4").want(206)
	require.Equal(t, "234", string(part.body))
	require.Equal(t, "bytes 2-4/10", part.header.Get("Content-Range"))
	l.do("GET", loc, nil, "Range", "bytes=20-").want(416)
	details := l.get(loc + "/details").want(200)
	require.Equal(t, "10", details.str("Size"))
	require.EqualValues(t, 60, details.value("TTLSeconds"))

	ann := l.as(l.tenant.AddAPIKey("ann"))
	ann.get(loc).want(404) // it is the bot's
	l.clock.add(time.Minute)
	l.get(loc).want(410)
	l.get(loc + "/details").want(410)
	l.get("/api/v1/temp-contents/0").want(404)
	for _, ttl := range []string{"0", "259201", "x"} {
		l.post("/api/v1/temp-contents?ttl="+ttl, []byte("x")).want(400)
	}
}

func meta(filename, ttl string) string {
	b := base64.StdEncoding
	return "filename " + b.EncodeToString([]byte(filename)) + ",ttl " + b.EncodeToString([]byte(ttl))
}

// tus sends a request of the upload protocol.
func (l *lab) tus(method, path string, body any, headers ...string) *answer {
	l.Helper()
	return l.do(method, path, body, append([]string{"Tus-Resumable", "1.0.0"}, headers...)...)
}

func (l *lab) appendTo(path, chunk string, offset int) *answer {
	l.Helper()
	return l.tus("PATCH", path, []byte(chunk), "Upload-Offset", strconv.Itoa(offset), "Content-Type", "application/offset+octet-stream")
}

func (l *lab) upload(filename, ttl string, length int) string {
	l.Helper()
	r := l.tus("POST", "/api/v1/temp-contents/files", nil, "Upload-Length", strconv.Itoa(length), "Upload-Metadata", meta(filename, ttl)).want(201)
	u, err := url.Parse(r.header.Get("Location"))
	require.NoError(l, err)
	return u.Path
}

func TestResumableUpload(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	path := l.upload("Big.qvf", "14400", len(appFile))
	l.appendTo(path, string(appFile[:1000]), 0).want(204)
	l.appendTo(path, "again", 0).want(409)
	head := l.tus("HEAD", path, nil).want(200)
	require.Equal(t, "1000", head.header.Get("Upload-Offset"))
	require.Equal(t, strconv.Itoa(len(appFile)), head.header.Get("Upload-Length"))
	id := path[len("/api/v1/temp-contents/files/"):]
	l.post("/api/v1/apps/import?fileId="+id, nil).want(400) // not complete
	l.appendTo(path, string(appFile[1000:])+"more", 1000).want(413)
	require.Equal(t, strconv.Itoa(len(appFile)), l.appendTo(path, string(appFile[1000:]), 1000).want(204).header.Get("Upload-Offset"))
	app := l.post("/api/v1/apps/import?fileId="+id, nil).want(200)
	require.Equal(t, "Sales", app.str("attributes", "name"))
	l.post("/api/v1/apps/import?fileId="+id, appFile).want(400) // one or the other
}

func TestResumableUploadRefusals(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	files := "/api/v1/temp-contents/files"
	path := l.upload("a", "60", 10)
	require.Equal(t, "1.0.0", l.do("POST", files, nil, "Upload-Length", "1").want(412).header.Get("Tus-Version"))
	l.do("PATCH", path, []byte("x"), "Tus-Resumable", "0.9").want(412)
	l.do("HEAD", path, nil).want(412)
	l.tus("POST", files, nil).want(400)
	l.tus("POST", files, nil, "Upload-Length", "-1").want(400)
	l.tus("POST", files, nil, "Upload-Length", "1", "Upload-Metadata", "filename %%").want(400)
	l.tus("POST", files, nil, "Upload-Length", "1", "Upload-Metadata", meta("a", "0")).want(400)
	l.tus("POST", files, nil, "Upload-Length", strconv.Itoa(2<<30)).want(413)
	l.tus("PATCH", path, []byte("x"), "Upload-Offset", "0").want(415)
	l.tus("PATCH", path, []byte("x"), "Content-Type", "application/offset+octet-stream").want(400)
	l.appendTo(files+"/0", "x", 0).want(404)
	l.clock.add(time.Minute) // counted from the creation
	l.appendTo(path, "x", 0).want(410)
	l.tus("HEAD", path, nil).want(410)
}

// TestUploadIsLocked sends half a chunk and, while the rest is on its way,
// another.
func TestUploadIsLocked(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	path := l.upload("a", "60", 10)
	body, feed := io.Pipe()
	req := l.request("PATCH", path, nil, "Tus-Resumable", "1.0.0", "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream")
	req.Body = body
	done := make(chan int)
	go func() {
		w := httptest.NewRecorder()
		l.handler.ServeHTTP(w, req)
		done <- w.Code
	}()
	_, err := feed.Write([]byte("01234")) // returns when it was read
	require.NoError(t, err)
	l.appendTo(path, "x", 0).want(423)
	require.NoError(t, feed.CloseWithError(io.ErrUnexpectedEOF))
	require.Equal(t, 400, <-done)
	require.Equal(t, "5", l.tus("HEAD", path, nil).want(200).header.Get("Upload-Offset")) // what came is kept
	l.appendTo(path, "56789", 5).want(204)
}
