package githubtest

// Routes lists the operations that the hub knows, for tests.
func Routes() (list []string) {
	for _, rt := range table {
		list = append(list, rt.method+" "+rt.path)
	}
	return list
}

// RouteOf names the operation of a request, "" for none.
func RouteOf(method, path string) string {
	if rt, _ := table.find(method, path); rt != nil {
		return rt.method + " " + rt.path
	}
	return ""
}

// ParseGraph counts the fields of a GraphQL document.
func ParseGraph(text string) (int, error) {
	doc, err := parseGraph(text, nil)
	return len(doc.fields), err
}
