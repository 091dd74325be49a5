package qvf

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// MaxDecoded is how many bytes [Decode] allocates at most for what it decodes, unless told otherwise.
const MaxDecoded = 256 << 20

// Options bound decoding. The zero value is the default.
type Options struct {
	// MaxDecoded is how many bytes may be allocated, in all, whatever the file holds; 0 means [MaxDecoded].
	MaxDecoded int64
}

// Decode reads an app with the default [Options].
//
// The error is [ErrNotQVF], an [LFSError], or an [*Error] that says where; it wraps [ErrTooLarge] or the
// reader's own error when that is why.
func Decode(r io.ReaderAt, size int64) (*App, error) { return Options{}.Decode(r, size) }

// DecodeBytes is [Decode] of a file in memory. The app does not share memory with b.
func DecodeBytes(b []byte) (*App, error) { return Decode(bytes.NewReader(b), int64(len(b))) }

// Decode reads an app within the options' bounds.
func (o Options) Decode(r io.ReaderAt, size int64) (*App, error) {
	d := decoder{app: &App{}, names: map[string]struct{}{}}
	d.container = container{r: r, size: max(size, 0), budget: cmp.Or(o.MaxDecoded, MaxDecoded)}
	root, err := d.open()
	if err != nil {
		return nil, err
	}
	if err := d.walk(root, "", 0); err != nil {
		return nil, err
	}
	d.finish()
	return d.app, nil
}

const (
	entryCost = 2048 // allocated for an entry besides its content, at most
	nodeCost  = 512  // for a list element, with what growing the list throws away
)

// Names of entries that an app has once, and types of the others. Source: observed.
const (
	nameHeader     = "qvapp_header"
	nameProperties = "qvapp_approperties"
	nameScript     = "qvapp_appscript"
	nameVariables  = "user_variablelist"
	nameMade       = "qvapp_variablelist" // by the script
	nameModel      = "qvapp_meta"
	nameData       = "qvapp_data"

	kindMeasure   = "GenericMeasureProperties"
	kindDimension = "GenericDimensionProperties"
	kindObject    = "GenericAppObjectEntry"
	kindBookmark  = "GenericBookmarkEntry"
	kindMedia     = "NxQvfBundledItem"
	kindTable     = "qvapp_ctable"
)

// decoder fills an app from a container.
type decoder struct {
	container
	inflater
	app   *App
	names map[string]struct{} // of entries, to refuse seconds

	body, security []byte // of the last directory line
}

// walk decodes a directory and those below it.
func (d *decoder) walk(dir stream, parent string, depth int) error {
	if depth > maxFolder {
		return failf(dir.header, parent, "directories nested too deep")
	}
	return d.directory(dir, parent, func(e entry) error {
		if err := d.take(entryCost); err != nil {
			return fail(e.line, e.path, err)
		}
		if _, ok := d.names[e.path]; ok {
			return failf(e.line, e.path, "second entry of that name")
		}
		d.names[e.path] = struct{}{}
		s, err := d.stream(e.header)
		if err != nil {
			return within(e.path, err)
		}
		if e.dir {
			return d.walk(s, e.path+"/", depth+1)
		}
		return d.file(e, s)
	})
}

// within names the entry in an error of the container.
func within(path string, err error) error {
	if e := (*Error)(nil); errors.As(err, &e) && e.Entry == "" {
		e.Entry = path
	}
	return err
}

// file decodes one entry. What it is, says its name or else its type.
func (d *decoder) file(e entry, s stream) error {
	m, err := d.parseMeta(e.meta)
	if err != nil {
		return fail(e.line, e.path, fmt.Errorf("directory line: %w", err))
	}
	if d.app.Saved.IsZero() {
		d.app.Saved = oleTime(e.date)
	}
	if err := d.content(e, m, s); err != nil {
		if at := (*Error)(nil); errors.As(err, &at) {
			return within(e.path, err)
		}
		return fail(s.header, e.path, err)
	}
	return nil
}

func (d *decoder) content(e entry, m entryMeta, s stream) error {
	var err error
	path := e.path
	switch path {
	case nameHeader:
		d.app.Header, err = d.json(s)
		return err
	case nameProperties:
		d.app.ID, d.app.SpaceID, d.app.Meta = m.id, m.space, m.Meta
		d.app.Properties, err = d.json(s)
		return err
	case nameModel:
		d.app.Model, err = d.json(s)
		return err
	case nameScript:
		return d.script(s)
	case nameVariables, nameMade:
		return d.variables(path, s)
	case nameData:
		return d.data(s)
	}
	if name, ok := strings.CutPrefix(path, mediaDir); ok && m.kind == kindMedia {
		return d.media(name, s)
	}
	if strings.HasPrefix(path, dataDir) && m.kind == kindTable {
		if ok, err := d.table(s); ok || err != nil {
			return err
		}
	}
	if e.nested {
		if !inFolder(path) {
			m.kind = "" // types have a meaning at the root only
		}
		d.other(path, m, s)
		return nil
	}
	return d.object(path, m, s)
}

// inFolder says whether a path leads into one of the directories that apps have.
func inFolder(path string) bool {
	return strings.HasPrefix(path, mediaDir) || strings.HasPrefix(path, dataDir)
}

// object decodes an entry that is named by its id.
func (d *decoder) object(id string, m entryMeta, s stream) error {
	switch m.kind {
	case kindMeasure, kindDimension:
		p, err := d.json(s)
		if err != nil {
			return err
		}
		list := &d.app.Measures
		if m.kind == kindDimension {
			list = &d.app.Dimensions
		}
		*list = append(*list, Item{ID: id, Meta: m.Meta, Properties: p})
	case kindObject:
		o := Object{ID: id, Type: m.objectType, Meta: m.Meta}
		if err := d.tree(s, &o); err != nil {
			return err
		}
		d.app.Objects = append(d.app.Objects, o)
	case kindBookmark:
		body, err := d.record(s)
		if err != nil {
			return err
		}
		if len(body) == 0 {
			body = nil
		}
		d.app.Bookmarks = append(d.app.Bookmarks, Bookmark{ID: id, Type: m.objectType, Meta: m.Meta, Body: body})
	default:
		d.other(id, m, s)
	}
	return nil
}

func (d *decoder) media(name string, s stream) error {
	b, err := d.record(s)
	if err != nil {
		return err
	}
	content, err := mediaContent(b)
	if err != nil {
		return err
	}
	if len(content) == 0 {
		content = nil
	}
	d.app.Media = append(d.app.Media, Media{Name: name, Content: content})
	return nil
}

func (d *decoder) other(path string, m entryMeta, s stream) {
	d.app.Other = append(d.app.Other, Entry{Name: path, Type: m.kind, Size: s.size})
}

// finish puts in order what the directory's order says nothing about.
func (d *decoder) finish() {
	slices.SortFunc(d.app.Media, func(a, b Media) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(d.app.Other, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	if d.app.Data.Present && len(d.app.Data.Tables) == 0 {
		d.app.Data.Tables = d.modelTables()
	}
}
