package qliktest_test

import (
	"archive/zip"
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"mime/multipart"
	"net/textproto"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// zipped makes a zip of names and contents.
func zipped(t *testing.T, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		require.NoError(t, err)
		_, err = w.Write([]byte(files[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

func theme(t *testing.T, name, version string) []byte {
	t.Helper()
	return zipped(t, name+"/"+name+".qext", `{"name":"The `+name+`","type":"theme","version":"`+version+`"}`, name+"/theme.json", `{"v":"`+version+`"}`)
}

func extension(t *testing.T, extra string) []byte {
	t.Helper()
	return zipped(t, "hello/hello.qext", `{"name":"hello","type":"visualization","version":"0.1.0","author":{"name":"Qlik"},"supernova":true}`, "hello/hello.js", extra)
}

// send sends parts of a multipart body.
func (l *lab) send(method, path string, file []byte, data string) *answer {
	l.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if file != nil {
		p, err := w.CreateFormFile("file", "x.zip")
		require.NoError(l, err)
		_, err = p.Write(file)
		require.NoError(l, err)
	}
	if data != "" {
		p, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="data"`}, "Content-Type": {"application/json"}})
		require.NoError(l, err)
		_, err = p.Write([]byte(data))
		require.NoError(l, err)
	}
	require.NoError(l, w.Close())
	return l.do(method, path, b.Bytes(), "Content-Type", w.FormDataContentType())
}

func TestThemes(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	first := theme(t, "dark", "1.0.0")
	made := l.send("POST", "/api/v1/themes", first, `{"tags":["gitops"]}`).want(201)
	h := md5.Sum(first)
	require.Equal(t, hex.EncodeToString(h[:]), made.str("file", "md5"))
	require.EqualValues(t, len(first), made.value("file", "contentLength"))
	require.Equal(t, "dark", made.str("qextFilename"))
	require.Equal(t, "The dark", made.str("name"))
	require.NotContains(t, made.value(), "checksum")
	l.send("POST", "/api/v1/themes", first, "").want(409)

	require.Equal(t, made.value(), l.get("/api/v1/themes/dark").want(200).value())
	require.Equal(t, made.value(), l.get("/api/v1/themes/"+made.str("id")).want(200).value())
	require.Equal(t, made.value(), l.get("/api/v1/themes").want(200).value("data", 0))

	second := theme(t, "dark", "1.1.0")
	patched := l.send("PATCH", "/api/v1/themes/dark", second, "").want(200)
	require.Equal(t, made.str("id"), patched.str("id"))
	require.Equal(t, "1.1.0", patched.str("qextVersion"))
	require.Equal(t, []any{"gitops"}, patched.value("tags"))
	require.Equal(t, []any{"new"}, l.send("PATCH", "/api/v1/themes/dark", nil, `{"tags":["new"]}`).want(200).value("tags"))
	require.Equal(t, second, l.get("/api/v1/themes/dark/file").want(200).body)
	require.Equal(t, `{"v":"1.1.0"}`, string(l.get("/api/v1/themes/dark/file/theme.json").want(200).body))
	l.get("/api/v1/themes/dark/file/none.json").want(404)

	l.delete("/api/v1/themes/dark").want(204)
	l.get("/api/v1/themes/dark").want(410)
	l.get("/api/v1/themes/" + made.str("id")).want(410)
	l.get("/api/v1/themes/light").want(404)
	again := l.send("POST", "/api/v1/themes", first, "").want(201)
	require.NotEqual(t, made.str("id"), again.str("id"))
}

func TestExtensions(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	made := l.send("POST", "/api/v1/extensions", extension(t, "1"), "").want(201)
	require.Equal(t, "Qlik", made.str("author"))
	sum := made.str("checksum")
	require.NotEmpty(t, sum)
	require.NotEqual(t, sum, l.send("PATCH", "/api/v1/extensions/hello", extension(t, "2"), "").want(200).str("checksum"))
	require.Equal(t, sum, l.send("PATCH", "/api/v1/extensions/hello", extension(t, "1"), "").want(200).str("checksum"))
}

func TestArchiveRefusals(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	l.tenant.AddTheme(theme(t, "dark", "1"))
	for _, c := range []struct {
		name, method, path string
		file               []byte
		data               string
		status             int
	}{
		{"not a zip", "POST", "/api/v1/themes", []byte("PK"), "", 422},
		{"no qext", "POST", "/api/v1/themes", zipped(t, "a.txt", "a"), "", 422},
		{"bad qext", "POST", "/api/v1/themes", zipped(t, "a.qext", "{"), "", 422},
		{"an extension", "POST", "/api/v1/themes", extension(t, ""), "", 422},
		{"a theme", "POST", "/api/v1/extensions", theme(t, "x", "1"), "", 422},
		{"no file", "POST", "/api/v1/themes", nil, `{"name":"x"}`, 400},
		{"unknown field", "POST", "/api/v1/themes", theme(t, "x", "1"), `{"colour":"red"}`, 400},
		{"other qext", "PATCH", "/api/v1/themes/dark", theme(t, "x", "1"), "", 409},
		{"not there", "PATCH", "/api/v1/themes/light", theme(t, "light", "1"), "", 404},
	} {
		t.Run(c.name, func(t *testing.T) { l.send(c.method, c.path, c.file, c.data).want(c.status) })
	}
	l.post("/api/v1/themes", object{"name": "x"}).want(415)
	l.as(l.tenant.AddAPIKey("ann")).send("POST", "/api/v1/themes", theme(t, "x", "1"), "").want(403)
}

// TestPublishedArchives uploads Qlik's own samples, where they are at hand:
// Qlik answers with the md5 of the file.
func TestPublishedArchives(t *testing.T) {
	dir := os.Getenv("QDEPLOY_QVF_CORPUS")
	if dir == "" {
		t.Skip("QDEPLOY_QVF_CORPUS does not name a directory of samples")
	}
	l := newLab(t, qliktest.Options{})
	for file, c := range map[string]struct{ path, qext, md5 string }{
		"my-custom-theme.zip": {"/api/v1/themes", "my-custom-theme", "97fbc3e0770153c089b825a09d007a6b"},
		"hello-ext.zip":       {"/api/v1/extensions", "hello", "fca23ff8bbb6c71c18a9d94e0c0f231a"},
	} {
		b, err := os.ReadFile(filepath.Join(dir, file))
		require.NoError(t, err)
		made := l.send("POST", c.path, b, "").want(201)
		require.Equal(t, c.qext, made.str("qextFilename"))
		require.Equal(t, c.md5, made.str("file", "md5"))
	}
}
