package lint

import (
	"encoding/json"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// head is what every object says of itself.
type head struct {
	Info struct {
		ID   string `json:"qId"`
		Type string `json:"qType"`
	} `json:"qInfo"`
	Visualization string          `json:"visualization"`
	Master        string          `json:"qExtendsId"`
	Title         json.RawMessage `json:"title"`
	Condition     json.RawMessage `json:"showCondition"`
	Meta          struct {
		Title string `json:"title"`
	} `json:"qMetaDef"`
	Theme           string `json:"theme"`
	DefaultBookmark string `json:"defaultBookmarkId"`
}

func headOf(n qvf.Node) head {
	var h head
	unmarshal(n.Properties, &h)
	return h
}

// unmarshal reads what can be read: a property of another shape than expected stays empty.
func unmarshal(raw json.RawMessage, v any) { _ = json.Unmarshal(raw, v) }

// chart is an object that shows something, on a sheet or as a master item.
type chart struct {
	kind   string // its visualisation
	master bool
}

// structure are the types of objects that hold others or settings, and are no visualisations.
var structure = words("sheet", "masterobject", "appprops", "loadmodel", "colormap", "singlepublic", "story", "slide",
	"slideitem", "snapshot", "embeddedsnapshot", "childobject", "")

// walk calls f with every object below root, and with root itself at depth 0.
func walk(root qvf.Node, f func(n qvf.Node, h head, depth int)) { walkFrom(root, f, 0) }

func walkFrom(n qvf.Node, f func(qvf.Node, head, int), depth int) {
	f(n, headOf(n), depth)
	for _, c := range n.Children {
		walkFrom(c, f, depth+1)
	}
}

// charts returns the visualisations of a root object. A chart that shows a master item is that item's
// visualisation, and has none of its own.
func charts(o qvf.Object) (list []chart) {
	walk(o.Root, func(_ qvf.Node, h head, depth int) {
		kind := h.Visualization
		if kind == "" && depth > 0 && !structure[fold(h.Info.Type)] && h.Master == "" {
			kind = h.Info.Type
		}
		switch {
		case strings.EqualFold(h.Info.Type, "slideitem"): // its visualization is a word of the story's
		case kind != "" || h.Master != "":
			list = append(list, chart{kind: kind, master: depth == 0 && strings.EqualFold(o.Type, "masterobject")})
		}
	})
	return list
}

// name is the title of an object, or what it is.
func name(o qvf.Object) string {
	if t := o.Title(); t != "" {
		return t
	}
	return o.ID
}

// conditional says whether a sheet is shown under a condition only: a text, or an expression that is not empty.
func conditional(raw json.RawMessage) bool {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return strings.TrimSpace(text) != ""
	}
	var expression struct {
		String struct {
			Expression string `json:"qExpr"`
		} `json:"qStringExpression"`
		Value struct {
			Expression string `json:"qExpr"`
		} `json:"qValueExpression"`
	}
	return json.Unmarshal(raw, &expression) == nil && expression.String.Expression+expression.Value.Expression != ""
}
