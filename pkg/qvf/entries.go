package qvf

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// The steps of Encode, in the order of the entries in the file.

func (e *encoder) documents(a *App) error {
	if a.Header != nil {
		doc, err := scanObject(a.Header)
		if err != nil {
			return fail(-1, "qvapp_header", err)
		}
		doc = append(slices.Clip(doc), 0)
		if err := e.entry("", "qvapp_header", map[string]any{"Type": "qvapp_header"}, doc, doc); err != nil {
			return err
		}
	}
	if a.Properties == nil && (a.ID != "" || a.SpaceID != "" || !isZero(a.Meta)) {
		return failf(-1, "qvapp_approperties", "an app with ID, SpaceID or Meta needs Properties")
	}
	if a.Properties != nil {
		if err := e.document("qvapp_approperties", "NxAppProperties", "", a.Meta, a.Properties); err != nil {
			return err
		}
	}
	script, err := quoteChecked(a.Script)
	if err != nil {
		return fail(-1, "qvapp_appscript", err)
	}
	script = fmt.Appendf(nil, `{"qScript":%s,"qBreakpointList":[],"qFavoriteVariables":[]}`, script)
	if err := e.document("qvapp_appscript", "AppScriptObject", "app_appscript", Meta{}, script); err != nil {
		return err
	}
	if err := e.variables("user_variablelist", a.Variables, ""); err != nil {
		return err
	}
	if err := e.variables("qvapp_variablelist", a.ScriptVariables, `"qIsScriptCreated":true,`); err != nil {
		return err
	}
	if a.Model != nil {
		return e.document("qvapp_meta", "DataModelMetadata", "DataModelMetadata", Meta{}, a.Model)
	}
	return nil
}

func isZero(m Meta) bool {
	return m.Tags == nil && m.Title+m.Description+m.Owner+m.OwnerID+m.Created+m.Modified+m.PublishedAt == "" &&
		!m.Published && !m.Approved
}

// quoteChecked writes a string as canonical JSON.
func quoteChecked(s string) ([]byte, error) {
	q := appendString(nil, []byte(s))
	if _, err := scanAll(q); err != nil {
		return nil, err
	}
	return q, nil
}

func (e *encoder) variables(path string, list []Variable, made string) error {
	doc := fmt.Appendf(nil, `{"qId":%q,"qEntryList":[`, path)
	for i, v := range list {
		properties, err := scanAll(v.Properties)
		if err != nil {
			return fail(-1, path, fmt.Errorf("variable %q: %w", v.Name, err))
		}
		if name := text(properties, "qName"); name != v.Name {
			return failf(-1, path, "variable %q has qName %q", v.Name, name)
		}
		if i > 0 {
			doc = append(doc, ',')
		}
		doc = fmt.Appendf(doc, `{"qValue":"NaN",%s"qProperties":%s}`, made, properties)
	}
	const kind = "GenericVariableEntryList"
	return e.document(path, kind, kind, Meta{}, append(doc, "]}"...))
}

func (e *encoder) items(a *App) error {
	for _, i := range a.Dimensions {
		if err := e.document(i.ID, "GenericDimensionProperties", "dimension", i.Meta, i.Properties); err != nil {
			return err
		}
	}
	for _, i := range a.Measures {
		if err := e.document(i.ID, "GenericMeasureProperties", "measure", i.Meta, i.Properties); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) objects(a *App) error {
	for _, o := range a.Objects {
		kind, err := quoteChecked(o.Type)
		if err != nil {
			return fail(-1, o.ID, err)
		}
		if err := checkNode(o.Root); err != nil {
			return fail(-1, o.ID, err)
		}
		doc := fmt.Appendf(nil, `{"qMetaData":{"qType":%s},"qRoot":`, kind)
		doc = append(appendNode(doc, o.Root), '}')
		if err := e.document(o.ID, "GenericAppObjectEntry", o.Type, o.Meta, doc); err != nil {
			return err
		}
	}
	return nil
}

// checkNode makes sure that a node's parts, put together, are still its parts.
func checkNode(n Node) error {
	if _, err := scanAll(n.Properties); err != nil {
		return fmt.Errorf("properties: %w", err)
	}
	for key, v := range n.Extra {
		if key == "qProperty" || key == "qChildren" {
			return fmt.Errorf("extra %q is no extra", key)
		}
		if _, err := scanAll(v); err != nil {
			return fmt.Errorf("extra %q: %w", key, err)
		}
	}
	for _, c := range n.Children {
		if err := checkNode(c); err != nil {
			return err
		}
	}
	return nil
}

// appendNode writes a node as the engine's GenericObjectEntry.
func appendNode(b []byte, n Node) []byte {
	b = append(append(b, `{"qProperty":`...), n.Properties...)
	b = append(b, `,"qChildren":[`...)
	for i, c := range n.Children {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendNode(b, c)
	}
	b = append(b, ']')
	for _, key := range slices.Sorted(maps.Keys(n.Extra)) {
		b = append(appendString(append(b, ','), []byte(key)), ':')
		b = append(b, n.Extra[key]...)
	}
	return append(b, '}')
}

func (e *encoder) bookmarks(a *App) error {
	for _, b := range a.Bookmarks {
		if err := e.record(b.ID, "binary", "GenericBookmarkEntry", b.Type, b.Meta, b.Body); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) media(a *App) error {
	for _, m := range a.Media {
		line := map[string]any{"Type": "NxQvfBundledItem", "Format": "binary"}
		raw := appendMedia(nil, m.Content)
		stored, err := e.deflate("binary", raw)
		if err != nil {
			return fail(-1, mediaDir+m.Name, err)
		}
		if err := e.entry(mediaDir, m.Name, line, raw, stored); err != nil {
			return err
		}
	}
	return nil
}

// dataWith is what qvapp_data takes at least in an export with data.
const dataWith = 214

func (e *encoder) data(a *App) error {
	d := a.Data
	if !d.Present && (len(d.Fields) > 0 || len(d.Tables) > 0) {
		return failf(-1, "qvapp_data", "fields or tables without data")
	}
	b := appendPackedString(nil, dataVersion)
	if d.Present && len(d.Fields) == 0 && len(d.Tables) == 0 {
		b = nil // known by its size alone
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(len(d.Fields))<<32)
	for _, name := range d.Fields {
		b = appendPackedString(b, name)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(d.Tables)))
	size := emptyData
	if d.Present {
		size = dataWith
	}
	b = append(b, make([]byte, max(size-len(b), 0))...)
	if !d.Present {
		b[24] = 1 // as in every export without data
	}
	if err := e.entry("", "qvapp_data", map[string]any{"Type": "qvapp_cheader"}, b, b); err != nil {
		return err
	}
	return e.tables(a)
}

func tableName(n int) string { return fmt.Sprintf("table_%d", n) }

func (e *encoder) tables(a *App) error {
	taken := map[string]bool{}
	for _, o := range a.Other {
		taken[strings.TrimPrefix(o.Name, dataDir)] = true
	}
	number := 0
	for _, t := range a.Data.Tables {
		for taken[tableName(number)] {
			number++
		}
		path := tableName(number)
		number++
		if t.Rows < 0 || t.Rows > math.MaxUint32 || t.Fields < 0 || t.Fields > math.MaxUint32 {
			return failf(-1, dataDir+path, "table %q has %d fields and %d rows", t.Name, t.Fields, t.Rows)
		}
		b := appendPackedString(appendPackedString(nil, t.Name), t.Source)
		b = append(b, make([]byte, 8)...)
		b = binary.LittleEndian.AppendUint32(b, uint32(t.Fields))
		b = binary.LittleEndian.AppendUint32(b, uint32(t.Rows))
		b = binary.LittleEndian.AppendUint32(b, tableMark)
		b = append(b, make([]byte, 12+24*min(t.Fields, 64))...)
		if err := e.entry(dataDir, path, map[string]any{"Type": "qvapp_ctable"}, b, b); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) others(a *App) error {
	left := int64(MaxDecoded)
	for _, o := range a.Other {
		if left -= o.Size; o.Size < 0 || left < 0 {
			return fail(-1, o.Name, ErrTooLarge)
		}
		line := map[string]any{}
		if o.Type != "" {
			line["Type"] = o.Type
		}
		zeros := make([]byte, o.Size)
		dir, name := "", o.Name
		for _, d := range []string{mediaDir, dataDir} {
			if rest, ok := strings.CutPrefix(o.Name, d); ok {
				dir, name = d, rest
			}
		}
		if err := e.entry(dir, name, line, zeros, zeros); err != nil {
			return err
		}
	}
	return nil
}
