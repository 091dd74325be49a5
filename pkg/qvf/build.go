package qvf

import "fmt"

// New is an app with a header, a title and nothing else, to build fixtures from.
func New(title string) *App {
	q := appendString(nil, []byte(title))
	return &App{
		Meta: Meta{Title: title},
		Header: []byte(`{"FileFormat":12000,"File32":0,"FileType":1729,"UseCompression":true,"ScrambleA":0,` +
			`"ScrambleB":0,"ProhibitBinaryLoad":false,"QVFFileVersion":1.43,"buildno":"50699"}`),
		Properties: fmt.Appendf(nil, `{"qTitle":%s,"qSavedInProductVersion":"12.2741.0","qThumbnail":{},`+
			`"qUsage":"ANALYTICS","description":"","published":false,"hassectionaccess":false}`, q),
	}
}

// NewVariable is a variable as the engine describes one.
func NewVariable(id, name, definition string) Variable {
	return Variable{Name: name, Properties: fmt.Appendf(nil, `{"qInfo":{"qId":%s,"qType":"variable"},"qMetaDef":{},`+
		`"qName":%s,"qNumberPresentation":{"qType":"U","qnDec":10,"qUseThou":0},"qDefinition":%s,"tags":[]}`,
		quote(id), quote(name), quote(definition))}
}

// NewMeasure is a master measure as the engine describes one.
func NewMeasure(id, title, expression string) Item {
	return Item{ID: id, Meta: Meta{Title: title}, Properties: fmt.Appendf(nil, `{"qInfo":{"qId":%s,"qType":"measure"},`+
		`"qMeasure":{"qLabel":%s,"qDef":%s,"qGrouping":"N","qExpressions":[],"qActiveExpression":0,%s},`+
		`"qMetaDef":{"title":%[2]s,"description":"","tags":[]}}`, quote(id), quote(title), quote(expression), numFormat)}
}

// NewDimension is a master dimension over one field, as the engine describes one.
func NewDimension(id, title, field string) Item {
	return Item{ID: id, Meta: Meta{Title: title}, Properties: fmt.Appendf(nil, `{"qInfo":{"qId":%s,"qType":"dimension"},`+
		`"qDim":{"qGrouping":"N","qFieldDefs":[%s],"qFieldLabels":[%s],"title":%[3]s},`+
		`"qMetaDef":{"title":%[3]s,"description":"","tags":[]}}`, quote(id), quote(field), quote(title))}
}

// NewObject is a root object of a type, such as "sheet", with its children.
func NewObject(id, kind, title string, children ...Node) Object {
	return Object{ID: id, Type: kind, Meta: Meta{Title: title}, Root: Node{
		Properties: fmt.Appendf(nil, `{"qInfo":{"qId":%s,"qType":%s},"qMetaDef":{"title":%s,"description":""}}`,
			quote(id), quote(kind), quote(title)),
		Children: children,
	}}
}

func quote(s string) []byte { return appendString(nil, []byte(s)) }
