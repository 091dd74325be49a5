package qlik

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"mime/multipart"
)

func md5Of(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

// form is a multipart body in the making. It keeps the first error until it is sent.
type form struct {
	body bytes.Buffer
	w    *multipart.Writer
	err  error
}

func newForm() *form {
	f := &form{}
	f.w = multipart.NewWriter(&f.body)
	return f
}

func (f *form) field(name, value string) {
	if f.err == nil {
		f.err = f.w.WriteField(name, value)
	}
}

// file adds a file of the estate under a name, see [Tenant.planned].
func (f *form) file(t *Tenant, part, name, path, sum string) {
	if f.err != nil {
		return
	}
	content, err := t.planned(path, sum)
	if err != nil {
		f.err = err
		return
	}
	f.content(part, name, content)
}

// content adds a file by what is in it.
func (f *form) content(part, name string, content []byte) {
	if f.err != nil {
		return
	}
	w, err := f.w.CreateFormFile(part, name)
	if err == nil {
		_, err = w.Write(content)
	}
	f.err = err
}

// planned reads a file of the estate, if it is the one that was planned; one without a
// sum is trusted.
func (t *Tenant) planned(path, sum string) ([]byte, error) {
	content, err := t.file(path)
	if err == nil && sum != "" && md5Of(content) != sum {
		err = fmt.Errorf("%s: %w", path, errChanged)
	}
	return content, err
}

// send sends the form and decodes the answer into out, unless that is nil.
func (f *form) send(ctx context.Context, t *Tenant, method, path string, out any) error {
	if f.err == nil {
		f.err = f.w.Close()
	}
	if f.err != nil {
		return f.err
	}
	_, err := t.send(ctx, method, path, nil, payload{kind: f.w.FormDataContentType(), bytes: f.body.Bytes()}, out)
	return err
}
