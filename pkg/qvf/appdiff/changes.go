package appdiff

import "encoding/json"

// Action says what happened to a thing.
type Action string

// The actions.
const (
	Added   Action = "added"
	Removed Action = "removed"
	Changed Action = "changed"
)

// Changes is what differs between two revisions. It is plain data, its order is fixed, and the same two apps
// give the same Changes.
type Changes struct {
	Old Revision `json:"old"`
	New Revision `json:"new"`
	// Security says what changed in who may see what. It comes first wherever changes are shown.
	Security []Notice `json:"security,omitempty"`
	// Requires are the extensions and the theme that the app needs from now on, or no longer.
	Requires []Requirement `json:"requires,omitempty"`
	// Script is nil if the scripts are the same but for their line ends.
	Script     *Script `json:"script,omitempty"`
	Measures   []Item  `json:"measures,omitempty"`
	Dimensions []Item  `json:"dimensions,omitempty"`
	// Variables are those that users made.
	Variables []Item `json:"variables,omitempty"`
	// Objects are root objects: sheets, then master visualisations, stories, and the rest.
	Objects   []Object `json:"objects,omitempty"`
	Bookmarks []Item   `json:"bookmarks,omitempty"`
	Images    []Image  `json:"images,omitempty"`
	// Properties are those of the app itself.
	Properties []Field `json:"properties,omitempty"`
	// Notes are differences outside of the digest: they do not make an app a changed app.
	Notes []Note `json:"notes,omitempty"`
}

// Empty says whether the revisions have one content: whether [qvf.Digest] is the same for both.
func (c *Changes) Empty() bool {
	return c.Script == nil && len(c.Measures)+len(c.Dimensions)+len(c.Variables)+len(c.Objects)+
		len(c.Bookmarks)+len(c.Images)+len(c.Properties) == 0
}

// Revision is one of the two apps.
type Revision struct {
	Title  string `json:"title"`
	Digest string `json:"digest"`
	Engine string `json:"engine,omitempty"`
}

// Notice is a change of section access, in the script or in the app's properties.
type Notice struct {
	Action Action `json:"action"`
	// In is script or properties.
	In string `json:"in"`
	// Tab and Line are where the script has it, in the new revision unless it was removed. Line counts
	// within the tab, from 1.
	Tab  string `json:"tab,omitempty"`
	Line int    `json:"line,omitempty"`
}

// Requirement is an extension or a theme that an app needs in its tenant.
type Requirement struct {
	// Kind is extension or theme.
	Kind   string `json:"kind"`
	Action Action `json:"action"`
	Name   string `json:"name"`
	// OldName is what a changed theme was.
	OldName string `json:"oldName,omitempty"`
	// Charts is how many charts use the extension, or used it.
	Charts int `json:"charts,omitempty"`
}

// Script is what changed in the load script.
type Script struct {
	// Tabs are those that changed, in the order of the new script, each removed one where it was.
	Tabs []Tab `json:"tabs"`
	// Inserted and Deleted count lines over all tabs but those that are too different.
	Inserted int `json:"inserted"`
	Deleted  int `json:"deleted"`
}

// Tab is a section of the script that changed.
type Tab struct {
	// Name is empty for text before the first tab.
	Name   string `json:"name"`
	Action Action `json:"action"`
	// OldName is what a renamed tab was called.
	OldName string `json:"oldName,omitempty"`
	// Moved says that the tab comes elsewhere in the order of tabs.
	Moved bool `json:"moved,omitempty"`
	// Hunks are the changed lines with three of context. Lines count within the tab, as the editor counts.
	Hunks []Hunk `json:"hunks,omitempty"`
	// Inserted and Deleted count lines.
	Inserted int `json:"inserted,omitempty"`
	Deleted  int `json:"deleted,omitempty"`
	// TooDifferent says that lines could not be compared at a bearable cost: OldLines became NewLines.
	TooDifferent bool `json:"tooDifferent,omitempty"`
	OldLines     int  `json:"oldLines,omitempty"`
	NewLines     int  `json:"newLines,omitempty"`
}

// Hunk is a run of lines of a unified diff. A start counts from 1; it is the line before if the length is 0.
type Hunk struct {
	OldStart int `json:"oldStart"`
	OldLines int `json:"oldLines"`
	NewStart int `json:"newStart"`
	NewLines int `json:"newLines"`
	// Lines begin with a space, - or +. The last line of a text that does not end with a line end has
	// no "\n", all others do.
	Lines []string `json:"lines"`
}

// Item is a measure, a dimension, a variable or a bookmark.
type Item struct {
	// ID is the object's id, or the variable's name.
	ID     string `json:"id"`
	Action Action `json:"action"`
	Title  string `json:"title"`
	// OldTitle is what a renamed item was called.
	OldTitle string `json:"oldTitle,omitempty"`
	// Type is what kind of bookmark it is: bookmark, snapshot, …
	Type string `json:"type,omitempty"`
	// Expression is the measure's expression, the dimension's fields or the variable's definition, in the
	// new revision unless the item was removed.
	Expression string `json:"expression,omitempty"`
	// Fields are what differs, if the item was changed.
	Fields []Field `json:"fields,omitempty"`
}

// Object is a sheet, a master visualisation, a chart or any other object.
type Object struct {
	ID     string `json:"id"`
	Action Action `json:"action"`
	// Type is the engine's object type: "sheet", "masterobject", …
	Type string `json:"type"`
	// Visualization is what kind of chart it is: "barchart", "filterpane", …; empty if it is none.
	Visualization    string `json:"visualization,omitempty"`
	OldVisualization string `json:"oldVisualization,omitempty"`
	Title            string `json:"title,omitempty"`
	// OldTitle is what a renamed object was called.
	OldTitle string `json:"oldTitle,omitempty"`
	// Master is the title of the master visualisation that the object shows.
	Master string `json:"master,omitempty"`
	// Dimensions and Measures are what an added or removed object shows: titles of master items, or else
	// fields and expressions.
	Dimensions []string `json:"dimensions,omitempty"`
	Measures   []string `json:"measures,omitempty"`
	// From is the object in which a moved object was before.
	From   string  `json:"from,omitempty"`
	Fields []Field `json:"fields,omitempty"`
	Layout *Layout `json:"layout,omitempty"`
	// Children are all objects within an added or removed one, and the changed ones within a changed one.
	Children []Object `json:"children,omitempty"`
}

// Layout is what merely stands elsewhere in a root object.
type Layout struct {
	// Moved are the ids of the objects that moved or were resized.
	Moved []string `json:"moved,omitempty"`
	// Reordered says that objects come in another order.
	Reordered bool `json:"reordered,omitempty"`
	// Fields are of the root object itself: rank, rows, columns, …
	Fields []Field `json:"fields,omitempty"`
}

// Field is a value that differs. Old or New is nil if there was, or is, no such value.
type Field struct {
	// Path is the JSON Pointer of the value in the properties; an array's element has its index in the new
	// revision, a removed one that in the old.
	Path string `json:"path"`
	// Label is what a developer calls it; empty if only the path is known.
	Label string          `json:"label,omitempty"`
	Old   json.RawMessage `json:"old,omitempty"`
	New   json.RawMessage `json:"new,omitempty"`
	// OldText and NewText are the values in words, where they differ from the values.
	OldText string `json:"oldText,omitempty"`
	NewText string `json:"newText,omitempty"`
}

// Image is a media file.
type Image struct {
	Name      string `json:"name"`
	Action    Action `json:"action"`
	OldSize   int    `json:"oldSize,omitempty"`
	NewSize   int    `json:"newSize,omitempty"`
	OldSHA256 string `json:"oldSHA256,omitempty"`
	NewSHA256 string `json:"newSHA256,omitempty"`
}

// Note is a difference outside of the digest.
type Note struct {
	// Kind is data, owner, published, variables or bookmarks.
	Kind string `json:"kind"`
	// Text is in words of this package alone.
	Text string `json:"text"`
}
