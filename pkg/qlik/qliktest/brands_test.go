package qliktest_test

import (
	"bytes"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// parts makes a multipart body of names and contents, in turn.
func parts(t *testing.T, of ...string) (body []byte, kind string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(of); i += 2 {
		p, err := w.CreateFormFile(of[i], "file")
		require.NoError(t, err)
		_, err = p.Write([]byte(of[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes(), w.FormDataContentType()
}

func TestBrands(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	const path, png, ico = "/api/v1/brands", "\x89PNG\r\n\x1a\n", "\x00\x00\x01\x00"
	send := func(l *lab, method, path string, of ...string) *answer {
		body, kind := parts(t, of...)
		return l.do(method, path, body, "Content-Type", kind)
	}
	send(l, "POST", path, "name", "").want(400)
	send(l, "POST", path, "name", "A", "colour", "red").want(400)
	send(l, "POST", path, "name", "A", "logo", ico).want(400)
	send(l, "POST", path, "name", "A", "styles", strings.Repeat("x", 100<<10+1)).want(400)
	a := send(l, "POST", path, "name", "A", "description", "first", "logo", png).want(201).str("id")
	b := send(l, "POST", path, "name", "A").want(201).str("id")
	require.NotEqual(t, a, b)

	require.Empty(t, l.get(path+"/active").want(200).value())
	l.post(path+"/"+a+"/actions/activate", object{}).want(200)
	l.post(path+"/"+b+"/actions/activate", object{}).want(200)
	require.Equal(t, false, l.get(path+"/"+a).want(200).value("active"))
	l.get(path + "/active").want(301)
	l.post(path+"/"+b+"/actions/deactivate", object{}).want(200)
	l.get(path + "/active").want(200)

	files := path + "/" + a + "/files/"
	tag := l.get(path+"/"+a).str("files", 0, "eTag")
	send(l, "POST", files+"logo", "file", png+"2").want(400)
	send(l, "PUT", files+"favIcon", "file", ico).want(404)
	send(l, "POST", files+"favIcon", "file", ico).want(201)
	send(l, "POST", files+"photo", "file", png).want(400)
	require.NotEqual(t, tag, send(l, "PUT", files+"logo", "file", png+"2").want(200).str("eTag"))
	l.get(files + "logo").want(200)
	l.delete(files + "logo").want(204)
	l.get(files + "logo").want(404)

	l.patch(path+"/"+a, ops(op("/name", ""))).want(400)
	l.patch(path+"/"+a, ops(op("/name", "B"), op("/description", "second"))).want(204)
	require.Equal(t, "B", l.get(path+"/"+a).str("name"))
	l.as(l.tenant.AddAPIKey("ann")).delete(path + "/" + a).want(403)
	for range 6 {
		send(l, "POST", path, "name", "more").want(201)
	}
	got, pages := l.walk(path+"?limit=5", "id", "next")
	require.Len(t, got, 8)
	require.Equal(t, 2, pages)
	l.post(path+"/"+a+"/actions/activate", object{}).want(200)
	l.delete(path + "/" + a).want(204)
	l.get(path + "/active").want(200)
}
