package qlik

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Archive is a theme or an extension: a zip file, known by the name of the
// .qext file in it, which is also what apps call it.
type Archive struct {
	Name string `json:"name"`
	MD5  string `json:"md5,omitempty"`  // of the zip file, in hexadecimal
	File string `json:"file,omitempty"` // how to apply: what to upload
}

type archiveBody struct {
	ID       string `json:"id"`
	Qext     string `json:"qextFilename"`
	Checksum string `json:"checksum"` // of extensions
	Bundled  bool   `json:"bundled"`  // Qlik's own
	File     struct {
		MD5 string `json:"md5"`
	} `json:"file"`
}

// archives is the kind that lives at a path. Themes and extensions are one
// service with two names, and one listing without pages.
func archives(name plan.Kind, path string) Kind[Archive] {
	at := func(id string) string { return path + "/" + url.PathEscape(id) }
	return Kind[Archive]{
		Name:  name,
		Calls: calls("GET "+path, "POST "+path, "PATCH "+path+"/{id}", "DELETE "+path+"/{id}"),
		List: func(ctx context.Context, t *Tenant, _ string) iter.Seq2[Item[Archive], error] {
			return listArchives(ctx, t, path)
		},
		Create: func(ctx context.Context, t *Tenant, desired Archive) (string, error) {
			return t.upload(ctx, http.MethodPost, path, desired)
		},
		Update: func(ctx context.Context, t *Tenant, id string, live, desired Archive) error {
			if live.MD5 == desired.MD5 && desired.MD5 != "" {
				return nil
			}
			_, err := t.upload(ctx, http.MethodPatch, at(id), desired)
			return err
		},
		Delete: func(ctx context.Context, t *Tenant, id string) error {
			return t.call(ctx, http.MethodDelete, at(id), nil, nil, nil)
		},
	}
}

func listArchives(ctx context.Context, t *Tenant, path string) iter.Seq2[Item[Archive], error] {
	return itemsOf(ctx, t, path, nil, func(a archiveBody) (Item[Archive], bool) {
		// assumed: file.md5 and, in extensions without it, checksum are the MD5 of the
		// zip file as it was uploaded.
		return Item[Archive]{a.ID, a.Qext, Archive{Name: a.Qext, MD5: cmp.Or(a.File.MD5, a.Checksum)}}, !a.Bundled
	})
}

// upload sends the zip file of a spec, if it is the one that was planned.
//
// https://qlik.dev/apis/rest/themes: multipart, in a part called "file".
func (t *Tenant) upload(ctx context.Context, method, path string, a Archive) (id string, err error) {
	f := newForm()
	f.file(t, "file", a.Name+".zip", a.File, a.MD5)
	var made archiveBody
	if err := f.send(ctx, t, method, path, &made); err != nil {
		return "", err
	}
	switch {
	case made.Qext != "" && made.Qext != a.Name:
		return "", fmt.Errorf("%s: the archive calls itself %q", a.File, made.Qext)
	case made.ID == "" && method == http.MethodPost:
		return "", fmt.Errorf("%s %s: %w: no id", method, path, errReply)
	}
	return made.ID, nil
}
