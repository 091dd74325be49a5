package qvf

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// Scheme is the version of [Digest]. It is mixed into the hash and changes whenever the rules do.
const Scheme = "q1"

// Part is one thing an app is made of, in the form in which two apps are compared.
type Part struct {
	// Kind is script, properties, variable, dimension, measure, object, bookmark or media.
	Kind string
	// ID is the object's id, the variable's name or the media file's name; empty for script and properties.
	ID    string
	Title string
	// Content is canonical JSON ([Canonical]), the script with LF, or a media file's bytes. JSON that has
	// no canonical form stands as it is.
	Content []byte
}

// Sum is the SHA-256 of the content, in hexadecimal.
func (p Part) Sum() string {
	sum := sha256.Sum256(p.Content)
	return hex.EncodeToString(sum[:])
}

// Digest identifies what an app contains: "sha256:" and the SHA-256, in hexadecimal, of the canonical JSON
//
//	["q1",[kind,id,sum],…]
//
// with an element for each of the app's [Parts], in their order.
//
// In it are the script with LF for CRLF; the app's properties but for what changes by itself; user-made
// variables, measures, dimensions and objects with all their children; type, title and description of
// bookmarks; the bytes of media files.
//
// Not in it are: owners, dates, published and approved; data and its model; variables that the script
// made; bodies of bookmarks; entries that are not decoded; the order of the entries; the properties
// listed in [Parts]; a digest noted in the description.
func Digest(a *App) string {
	list := []any{Scheme}
	for _, p := range Parts(a) {
		list = append(list, [3]string{p.Kind, p.ID, p.Sum()})
	}
	doc, _ := json.Marshal(list) // strings only
	if c, err := Canonical(doc); err == nil {
		doc = c
	}
	sum := sha256.Sum256(doc)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Parts takes an app apart, sorted by kind, id and content.
//
// Two forms that mean the same become one: in any string /api/v1/apps/<id>/media/files/ becomes /media/;
// a measure without qNumFormat gets the default that the engine adds when it reads one. From the app's
// properties go qSavedInProductVersion, qLastReloadTime, qMigrationHash, hash, id, spaceId, owner,
// ownerId, modifierId, createdDate, modifiedDate, publishTime, published, approved, encrypted,
// dynamicColor, originAppId, lastReloadTime; and from a version in braces in the description, as in {v2.1.0+q.3fa4c2d1}, the +q.… that
// notes a digest.
func Parts(a *App) []Part {
	parts := []Part{
		{Kind: "script", Content: bytes.ReplaceAll([]byte(a.Script), []byte("\r\n"), []byte("\n"))},
		{Kind: "properties", Title: a.Title(), Content: canonicalOr(stableProperties(a.Properties))},
	}
	for _, v := range a.Variables {
		parts = append(parts, Part{"variable", v.Name, v.Name, canonicalOr(v.Properties)})
	}
	for _, i := range a.Dimensions {
		parts = append(parts, Part{"dimension", i.ID, i.Title(), canonicalOr(i.Properties)})
	}
	for _, i := range a.Measures {
		parts = append(parts, Part{"measure", i.ID, i.Title(), canonicalOr(withNumFormat(i.Properties))})
	}
	for _, o := range a.Objects {
		parts = append(parts, Part{"object", o.ID, o.Title(), canonicalOr(o.Root.JSON())})
	}
	for _, b := range a.Bookmarks {
		doc, _ := json.Marshal(map[string]string{ // strings only
			"description": b.Meta.Description, "title": b.Meta.Title, "type": b.Type})
		parts = append(parts, Part{"bookmark", b.ID, b.Meta.Title, canonicalOr(doc)})
	}
	for _, m := range a.Media {
		parts = append(parts, Part{"media", m.Name, m.Name, m.Content})
	}
	slices.SortStableFunc(parts, func(a, b Part) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID), bytes.Compare(a.Content, b.Content))
	})
	return parts
}

// JSON is the object as Qlik's tools export it: its properties alone if it has no children, or else
// {"qProperty":…,"qChildren":[…]}, and either way in the latter form if it has Extra.
func (n Node) JSON() json.RawMessage {
	if len(n.Children) == 0 && len(n.Extra) == 0 {
		return n.Properties
	}
	return appendNode(nil, n)
}

func canonicalOr(doc []byte) []byte {
	if c, err := canonical(doc, true); err == nil {
		return c
	}
	return doc
}

// volatile are the app properties that change without anybody changing the app. Source: observed, but for
// the last two, which are attributes of apps in Qlik's REST API.
var volatile = []string{"qSavedInProductVersion", "qLastReloadTime", "qMigrationHash", "hash", "id", "spaceId",
	"owner", "ownerId", "modifierId", "createdDate", "modifiedDate", "publishTime", "published", "approved",
	"encrypted", "dynamicColor",
	"originAppId", "lastReloadTime"}

// noted is the digest in a version noted in a description by Qlik's convention.
var noted = regexp.MustCompile(`(\{v[^{}+]*)\+q\.[0-9a-zA-Z]*\}`)

func stableProperties(doc json.RawMessage) []byte {
	var m map[string]json.RawMessage
	if _, err := Canonical(doc); err != nil || json.Unmarshal(doc, &m) != nil {
		return doc
	}
	for _, key := range volatile {
		delete(m, key)
	}
	if s := text(doc, "description"); noted.MatchString(s) {
		m["description"], _ = json.Marshal(noted.ReplaceAllString(s, "$1}")) // a string
	}
	stable, err := json.Marshal(m)
	if err != nil {
		return doc
	}
	return stable
}

const numFormat = `"qNumFormat":{"qType":"U","qnDec":10,"qUseThou":0}`

// withNumFormat adds the default format to a measure that has none. Some engines save measures without
// and all add it when they read one.
func withNumFormat(doc json.RawMessage) []byte {
	var measure []byte
	at := 0
	s := scanner{b: doc}
	err := s.members(func(key []byte) (err error) {
		if string(key) == "qMeasure" {
			measure, err = s.raw()
			at = s.i - len(measure) + 1
		}
		return err
	})
	if err != nil || len(measure) == 0 || measure[0] != '{' {
		return doc
	}
	v, err := pick(measure, "qNumFormat")
	if err != nil || v[0] != nil {
		return doc
	}
	comma := ","
	if rest := (scanner{b: measure, i: 1}); rest.peek() == '}' {
		comma = ""
	}
	return slices.Concat(doc[:at], []byte(numFormat+comma), doc[at:])
}
