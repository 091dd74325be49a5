package qlik

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"mime/multipart"
)

func md5Of(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

// form is a multipart body in the making. Files stay where they are until it is sent. It
// keeps the first error until then.
type form struct {
	parts sections
	text  bytes.Buffer // what follows them
	w     *multipart.Writer
	files []*planned // open, to be closed
	err   error
}

func newForm() *form {
	f := &form{}
	f.w = multipart.NewWriter(&f.text)
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
	file, err := t.planned(path, sum)
	if err != nil {
		f.err = err
		return
	}
	f.files = append(f.files, file)
	f.content(part, name, file)
}

// content adds a file that stays open until the form was sent.
func (f *form) content(part, name string, file *planned) {
	if f.err != nil {
		return
	}
	if _, f.err = f.w.CreateFormFile(part, name); f.err == nil {
		f.cut()
		f.parts = append(f.parts, file.whole())
	}
}

// cut makes a part of the text so far.
func (f *form) cut() {
	f.parts = append(f.parts, text(f.text.String()))
	f.text.Reset()
}

// send sends the form, once, and decodes the answer into out, unless that is nil.
func (f *form) send(ctx context.Context, t *Tenant, method, path string, out any) error {
	if f.err == nil {
		f.err = f.w.Close()
	}
	if f.err == nil {
		f.cut()
		_, f.err = t.send(ctx, method, path, nil, payload{kind: f.w.FormDataContentType(), sections: f.parts}, out)
	}
	for _, file := range f.files {
		f.err = errors.Join(f.err, file.Close())
	}
	return f.err
}
