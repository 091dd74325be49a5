package qvf

import (
	"fmt"
	"maps"
	"slices"
)

// The steps of Encode, in the order of the entries in the file.

func (e *encoder) documents(a *App) error {
	if a.Header != nil {
		doc, err := scanObject(a.Header)
		if err != nil {
			return fail(-1, nameHeader, err)
		}
		doc = append(slices.Clip(doc), 0)
		if err := e.entry("", nameHeader, map[string]any{"Type": nameHeader}, doc, doc); err != nil {
			return err
		}
	}
	if a.Properties == nil && (a.ID != "" || a.SpaceID != "" || !isZero(a.Meta)) {
		return failf(-1, nameProperties, "an app with ID, SpaceID or Meta needs Properties")
	}
	if a.Properties != nil {
		if err := e.document(nameProperties, "NxAppProperties", "", a.Meta, a.Properties); err != nil {
			return err
		}
	}
	script, err := quoteChecked(a.Script)
	if err != nil {
		return fail(-1, nameScript, err)
	}
	script = fmt.Appendf(nil, `{"qScript":%s,"qBreakpointList":[],"qFavoriteVariables":[]}`, script)
	if err := e.document(nameScript, "AppScriptObject", "app_appscript", Meta{}, script); err != nil {
		return err
	}
	if err := e.variables(nameVariables, a.Variables, ""); err != nil {
		return err
	}
	if err := e.variables(nameMade, a.ScriptVariables, `"qIsScriptCreated":true,`); err != nil {
		return err
	}
	if a.Model != nil {
		return e.document(nameModel, "DataModelMetadata", "DataModelMetadata", Meta{}, a.Model)
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
		if err := e.item(i, kindDimension, "dimension"); err != nil {
			return err
		}
	}
	for _, i := range a.Measures {
		if err := e.item(i, kindMeasure, "measure"); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) item(i Item, kind, objectType string) error {
	if err := checkID(i.ID); err != nil {
		return err
	}
	return e.document(i.ID, kind, objectType, i.Meta, i.Properties)
}

func (e *encoder) objects(a *App) error {
	for _, o := range a.Objects {
		if err := checkID(o.ID); err != nil {
			return err
		}
		kind, err := quoteChecked(o.Type)
		if err != nil {
			return fail(-1, o.ID, err)
		}
		if err := checkNode(o.Root); err != nil {
			return fail(-1, o.ID, err)
		}
		doc := fmt.Appendf(nil, `{"qMetaData":{"qType":%s},"qRoot":`, kind)
		doc = append(appendNode(doc, o.Root), '}')
		if err := e.document(o.ID, kindObject, o.Type, o.Meta, doc); err != nil {
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
		if err := checkID(b.ID); err != nil {
			return err
		}
		if err := e.record(b.ID, "binary", kindBookmark, b.Type, b.Meta, b.Body); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) media(a *App) error {
	for _, m := range a.Media {
		line := map[string]any{"Type": kindMedia, "Format": "binary"}
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
