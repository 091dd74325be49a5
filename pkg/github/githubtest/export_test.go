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
