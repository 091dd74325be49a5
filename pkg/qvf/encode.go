package qvf

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Encode writes an app as a QVF file that [Decode] reads back as the same app. Equal apps give equal bytes.
//
// It serves fixtures, emulators and samples; whether Qlik's engine loads such a file is not known. The
// values of Data are not there to be written, so tables have their sizes and no rows, and Other entries,
// of which only the size is known, are written as so many zeros.
//
// The error is an [*Error] that names the entry: a name twice or impossible, properties that are not
// JSON, text that is not UTF-8, or an entry beyond 4 GiB.
func Encode(a *App) ([]byte, error) {
	e := encoder{app: a, names: map[string]struct{}{}}
	for _, step := range []func(*App) error{
		e.documents, e.items, e.objects, e.bookmarks, e.media, e.data, e.others,
	} {
		if err := step(a); err != nil {
			return nil, err
		}
	}
	var l layout
	l.root(&e.root, oleDate(a.Saved))
	return l.b, nil
}

type encoder struct {
	app   *App
	root  folder
	names map[string]struct{}
	zlib  *zlib.Writer
}

// add notes an entry to be written: in the folder that dir names, or at the root.
func (e *encoder) add(dir, name string, meta, content []byte) error {
	f, path := &e.root, dir+name
	if err := checkName(name, dir != ""); err != nil {
		return fail(-1, path, err)
	}
	if dir != "" {
		f = f.sub(strings.TrimSuffix(dir, "/"))
	}
	if _, ok := e.names[path]; ok {
		return failf(-1, path, "second entry of that name")
	}
	e.names[path] = struct{}{}
	f.files = append(f.files, file{name, meta, content})
	return nil
}

// document adds an entry that is a JSON document in a record; doc is checked.
func (e *encoder) document(path, kind, objectType string, m Meta, doc []byte) error {
	v, err := scanObject(doc)
	if err != nil {
		return fail(-1, path, err)
	}
	return e.record(path, "gzjson", kind, objectType, m, append(slices.Clip(v), 0))
}

// checkID refuses ids that are names of entries with a meaning of their own.
func checkID(id string) error {
	switch id {
	case nameHeader, nameProperties, nameScript, nameVariables, nameMade, nameModel, nameData:
		return fail(-1, id, errors.New("id is reserved"))
	}
	return nil
}

// record adds an entry that is a record.
func (e *encoder) record(path, format, kind, objectType string, m Meta, raw []byte) error {
	security := map[string]any{"id": path}
	if path == nameProperties {
		security = map[string]any{"id": e.app.ID, "spaceId": e.app.SpaceID, "Name": m.Title}
		m.Title = ""
	}
	line := map[string]any{"Type": kind, "Format": format, "SharedStatus": "Private"}
	var err error
	if line["SecurityMetaAsBase64"], err = securityMeta(security, objectType, m); err != nil {
		return fail(-1, path, err)
	}
	stored, err := e.deflate(format, raw)
	if err != nil {
		return fail(-1, path, err)
	}
	return e.entry("", path, line, raw, stored)
}

// entry adds an entry with its line's JSON, which gets the hash of the raw content.
func (e *encoder) entry(dir, name string, line map[string]any, raw, stored []byte) error {
	sum := sha256.Sum256(raw)
	line["ContentHash"] = base64.StdEncoding.EncodeToString(sum[:])
	meta, err := json.Marshal(line)
	if err != nil {
		return fail(-1, dir+name, err)
	}
	return e.add(dir, name, append(meta, 0), stored)
}

var errUTF8 = errors.New("text is not UTF-8")

func securityMeta(members map[string]any, objectType string, m Meta) (string, error) {
	for key, s := range map[string]string{"title": m.Title, "description": m.Description, "owner": m.Owner,
		"ownerId": m.OwnerID, "createdDate": m.Created, "modifiedDate": m.Modified, "publishTime": m.PublishedAt,
		"_objecttype": objectType} {
		if s != "" {
			members[key] = s
		}
	}
	members["published"], members["approved"] = m.Published, m.Approved
	if len(m.Tags) > 0 {
		members["tags"] = m.Tags
	}
	for _, v := range members {
		s, ok := v.(string)
		if ok && !utf8.ValidString(s) {
			return "", errUTF8
		}
	}
	if !utf8.ValidString(strings.Join(m.Tags, "")) {
		return "", errUTF8
	}
	doc, err := json.Marshal(members)
	return base64.StdEncoding.EncodeToString(append(doc, 0)), err
}

// deflate makes a record.
func (e *encoder) deflate(format string, raw []byte) ([]byte, error) {
	var b bytes.Buffer
	head := fmt.Sprintf(`{"format":%q}`+"\x00", format)
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(head))))
	b.WriteString(head)
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(raw))))
	at := b.Len()
	b.Write(make([]byte, 4))
	if e.zlib == nil {
		e.zlib = zlib.NewWriter(&b)
	} else {
		e.zlib.Reset(&b)
	}
	if _, err := e.zlib.Write(raw); err != nil {
		return nil, err
	}
	if err := e.zlib.Close(); err != nil {
		return nil, err
	}
	if int64(max(len(raw), b.Len())) > math.MaxUint32 {
		return nil, errors.New("beyond 4 GiB")
	}
	stored := b.Bytes()
	binary.LittleEndian.PutUint32(stored[at:], uint32(len(stored)-at-4))
	return stored, nil
}
