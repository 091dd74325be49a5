package qvf

import (
	"encoding/json"
	"time"
)

// App is what a QVF file holds. The zero value is an empty app that [Encode] accepts.
//
// JSON is kept as it was written, without surrounding white space; strings taken out of JSON are
// decoded. Empty lists are nil.
type App struct {
	// ID is the app's identifier in the tenant that exported it, SpaceID that of its space.
	ID, SpaceID string
	// Meta is what the engine noted about the app itself; its Title is the app's name.
	Meta Meta
	// Saved is when the file was written, to the millisecond; the zero time if the file says nonsense.
	Saved time.Time
	// Header is the engine's plain JSON header (qvapp_header); nil if the file has none.
	Header json.RawMessage
	// Properties is NxAppProperties (qvapp_approperties); nil if the file has none.
	Properties json.RawMessage
	// Script is the load script as stored, usually with CRLF. [Tabs] cuts it in its sections.
	Script string
	// Variables were made by users, ScriptVariables by the last reload (qIsScriptCreated).
	Variables, ScriptVariables []Variable
	// Dimensions and Measures are the master items, in the file's order.
	Dimensions, Measures []Item
	// Objects are the root objects (sheets, master visualisations, stories, LoadModel, …), in the file's order.
	Objects []Object
	// Bookmarks are bookmarks, snapshots and report filters, in the file's order.
	Bookmarks []Bookmark
	// Media are the images and other bundled files, sorted by name.
	Media []Media
	// Model describes the data model at the last reload (qvapp_meta): volatile, may be there without data.
	Model json.RawMessage
	// Data says what data the file carries.
	Data Data
	// Other are the entries that this package does not interpret, sorted by name.
	Other []Entry
}

// Meta is what Qlik records about an entry, from its SecurityMeta. Source: observed.
type Meta struct {
	Title, Description string
	Tags               []string
	// Owner is the owner's subject (or domain\name), OwnerID the user's id in the exporting tenant.
	Owner, OwnerID string
	// Published and Approved are Qlik's flags: in the app's public part; in the app as its author made it.
	Published, Approved bool
	// Created, Modified and PublishedAt are RFC 3339 as written, or empty.
	Created, Modified, PublishedAt string
}

// Item is a master measure or a master dimension.
type Item struct {
	ID   string
	Meta Meta
	// Properties is the engine's GenericMeasureProperties or GenericDimensionProperties.
	Properties json.RawMessage
}

// Variable is a variable; Name equals qName of its Properties (GenericVariableProperties).
type Variable struct {
	Name       string
	Properties json.RawMessage
}

// Object is a root object with all its children.
type Object struct {
	// ID is qInfo.qId, Type the engine's object type: "sheet", "masterobject", …
	ID, Type string
	Meta     Meta
	Root     Node
}

// Node is one object of a tree: the engine's GenericObjectEntry.
type Node struct {
	Properties json.RawMessage
	Children   []Node
	// Extra holds the other members of the entry by name (seen: qEmbeddedSnapshotRef); nil if none.
	Extra map[string]json.RawMessage
}

// Bookmark is a bookmark, a snapshot or a report filter, as Type says.
type Bookmark struct {
	ID, Type string
	Meta     Meta
	// Body is the engine's own binary serialisation, verbatim and not interpreted.
	Body []byte
}

// Media is a bundled file. Name is a slash-separated path, valid by [io/fs.ValidPath] and without
// backslashes or control characters.
type Media struct {
	Name    string
	Content []byte
}

// Data is what is known of the data inside a file. The values themselves are not decoded.
type Data struct {
	// Present says whether the file carries data.
	Present bool
	// Fields are the names of all fields, Qlik's own $Field and $Table included.
	Fields []string
	Tables []Table
}

// Table is a table of the data model.
type Table struct {
	// Name of a system table begins with "$$SysTable". Source is the file or command it was loaded from.
	Name, Source string
	Fields       int
	Rows         int64
}

// Entry is a directory entry that is not interpreted. Name is its path, Size its stored bytes.
type Entry struct {
	Name, Type string
	Size       int64
}

// Rows is the number of rows of all tables that are not Qlik's own.
func (d Data) Rows() int64 {
	var n int64
	for _, t := range d.Tables {
		if !t.System() {
			n += t.Rows
		}
	}
	return n
}

// System says whether the table is one of Qlik's own, which describe the model.
func (t Table) System() bool {
	return len(t.Name) >= len(sysTable) && t.Name[:len(sysTable)] == sysTable
}

const sysTable = "$$SysTable"

// Title is the app's title (qTitle), or else the name in its Meta.
func (a *App) Title() string {
	if s := text(a.Properties, "qTitle"); s != "" {
		return s
	}
	return a.Meta.Title
}

// Engine is the engine that saved the app (qSavedInProductVersion), "12.2741.0"; empty if unknown.
func (a *App) Engine() string { return text(a.Properties, "qSavedInProductVersion") }

// SectionAccess says whether the script restricts rows by user (hassectionaccess).
func (a *App) SectionAccess() bool {
	v, err := pick(a.Properties, "hassectionaccess")
	return err == nil && truth(v[0])
}

// FileVersion is the header's QVFFileVersion (1.43 in all files seen); 0 if unknown.
func (a *App) FileVersion() float64 {
	var v float64
	if p, err := pick(a.Header, "QVFFileVersion"); err == nil && p[0] != nil {
		_ = json.Unmarshal(p[0], &v) // a number that is none leaves 0
	}
	return v
}

// Build is the build number in the header; empty if unknown.
func (a *App) Build() string { return text(a.Header, "buildno") }

// Title is the item's title: of its properties (qMetaDef), or else of its Meta.
func (i Item) Title() string { return titleOf(i.Properties, i.Meta) }

// Title is the object's title: of its properties (qMetaDef), or else of its Meta.
func (o Object) Title() string { return titleOf(o.Root.Properties, o.Meta) }

func titleOf(properties json.RawMessage, m Meta) string {
	v, err := pick(properties, "qMetaDef")
	if err == nil && v[0] != nil {
		if s := text(v[0], "title"); s != "" {
			return s
		}
	}
	return m.Title
}
