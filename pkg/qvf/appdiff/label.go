package appdiff

import (
	"slices"
	"strconv"
	"strings"
)

// labeller names the value that a walker is at in a developer's words; empty if it cannot.
type labeller func(l library, w *walker) string

// appLabels, itemLabels and objectLabels name values by their path, in which * stands for one token.
var appLabels = map[string]string{
	"qTitle": "title", "description": "description", "qThumbnail/qUrl": "thumbnail", "hassectionaccess": "section access",
	"qUsage": "usage",
}

var itemLabels = map[string]string{
	"qMetaDef/title": "title", "qMetaDef/description": "description", "qMetaDef/tags": "tags",
	"qMeasure/qDef": "expression", "qMeasure/qLabel": "label", "qMeasure/qLabelExpression": "label expression",
	"qDim/qFieldDefs": "field", "qDim/qFieldLabels": "field label", "qDim/title": "title", "qDim/qAlias": "alias",
	"qDim/qLabelExpression": "label expression", "qDim/qGrouping": "grouping",
	"qDefinition": "definition", "qComment": "comment", "tags": "tags", "title": "title", "description": "description",
	"type": "type",
}

var objectLabels = map[string]string{
	"qMetaDef/title": "title", "qMetaDef/description": "description", "qMetaDef/tags": "tags",
	"title": "title", "subtitle": "subtitle", "footnote": "footnote", "labelExpression": "title expression",
	"descriptionExpression": "description expression",
	"visualization":         "chart type", "qInfo/qType": "chart type", "qExtendsId": "master visualisation",
	"showCondition": "show condition", "enabledCondition": "enabled condition", "markdown": "text",
	"qHyperCubeDef/qCalcCond": "calculation condition", "qHyperCubeDef/qCalcCondition/qCond": "calculation condition",
	"qHyperCubeDef/qCalcCondition/qMsg": "calculation condition message",
	"objects/*/condition":               "show condition of a contained object",
	"objects/*/label":                   "label of a contained object",
	"thumbnail":                         "thumbnail", "theme": "theme", "qStateName": "alternate state",
	"actions": "actions",
}

// columnLabels name values inside a dimension or a measure of a chart.
var columnLabels = map[string]string{
	"": "", "qLibraryId": "library item", "qDef/qDef": "expression", "qDef/qFieldDefs": "field",
	"qDef/qLabel": "label", "qDef/qLabelExpression": "label", "qDef/qFieldLabels": "label",
	"qCalcCond": "show condition", "qCalcCondition/qCond": "show condition", "qDef/qNumFormat/qFmt": "number format",
}

// wrappers end the path of an expression's text.
var wrappers = []string{"qStringExpression", "qValueExpression", "qExpr", "qv", "qStaticContentUrlDef", "qUrl"}

func appLabel(_ library, w *walker) string  { return lookup(appLabels, w.path) }
func itemLabel(_ library, w *walker) string { return lookup(itemLabels, w.path) }

func objectLabel(l library, w *walker) string {
	if i, kind := column(w.path); i >= 0 {
		rest := w.path[i+1:]
		name := columnName(l, w.at[i])
		if name == "" && len(rest) > 0 && i > 0 {
			n, _ := strconv.Atoi(w.path[i]) // it is an index
			name = strconv.Itoa(n + 1)
		} else if name == "" {
			name = columnText(l, w.at[i])
		}
		label := strings.TrimSpace(kind + " " + name)
		if what := lookup(columnLabels, rest); what != "" {
			return label + ": " + what
		} else if len(rest) > 0 {
			return label + ": " + strings.Join(rest, "/")
		}
		return label
	}
	return lookup(objectLabels, w.path)
}

// lookup finds the label of a path, with or without the wrapping of an expression at its end.
func lookup(labels map[string]string, path []string) string {
	for {
		key := strings.Join(path, "/")
		if label, ok := labels[key]; ok {
			return label
		}
		if len(path) == 3 {
			if label, ok := labels[path[0]+"/*/"+path[2]]; ok {
				return label
			}
		}
		if len(path) == 0 || !slices.Contains(wrappers, path[len(path)-1]) {
			return ""
		}
		path = path[:len(path)-1]
	}
}

// column finds the last dimension or measure of a chart on a path: where its index is, -1 if there is none.
func column(path []string) (i int, kind string) {
	for i := len(path) - 1; i > 0; i-- {
		switch path[i-1] {
		case "qDimensions":
			return i, "dimension"
		case "qMeasures":
			return i, "measure"
		}
	}
	if len(path) > 0 && path[0] == "qListObjectDef" {
		return 0, "dimension"
	}
	return -1, ""
}

// columnName is what a dimension or measure of a chart is called; empty if it has no name.
func columnName(l library, v any) string {
	if title := l[str(v, "qLibraryId")]; title != "" {
		return title
	}
	for _, path := range [][]string{{"qDef", "qLabel"}, {"qDef", "qFieldLabels", "0"}} {
		if s := str(v, path...); s != "" {
			return s
		}
	}
	return ""
}

// columnText is what a dimension or measure of a chart shows: the master item's title, or the expression.
func columnText(l library, v any) string {
	if title := l[str(v, "qLibraryId")]; title != "" {
		return title
	}
	for _, path := range [][]string{{"qDef", "qDef"}, {"qDef", "qFieldDefs", "0"}, {"qLibraryId"}} {
		if s := str(v, path...); s != "" {
			return s
		}
	}
	return ""
}

// words is a value in words, where that says more than the value.
func (g *gatherer) words(w *walker, v any) string {
	switch v := v.(type) {
	case string:
		if last := w.path[max(0, len(w.path)-1):]; slices.Equal(last, []string{"qLibraryId"}) || slices.Equal(last, []string{"qExtendsId"}) {
			return g.library[v]
		}
	case map[string]any:
		if text, ok := unwrap(v); ok {
			return text
		}
		if i, _ := column(w.path); i == len(w.path)-1 {
			return columnText(g.library, v)
		}
	case []any:
		if len(v) != 1 || len(w.path) == 0 {
			return ""
		}
		text, _ := v[0].(string) // qFieldDefs and qFieldLabels mostly hold one
		return text
	}
	return ""
}

// names lists the elements of an array.
func (g *gatherer) names(list []any) string {
	var names []string
	for _, v := range list {
		name := columnText(g.library, v)
		for _, path := range identity {
			if name == "" {
				name = str(v, path...)
			}
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func measureText(v any) string  { return str(v, "qMeasure", "qDef") }
func variableText(v any) string { return str(v, "qDefinition") }

func dimensionText(v any) string {
	var fields []string
	list, _ := dig(v, "qDim", "qFieldDefs").([]any)
	for _, f := range list {
		if s, ok := f.(string); ok {
			fields = append(fields, s)
		}
	}
	return strings.Join(fields, " › ")
}
