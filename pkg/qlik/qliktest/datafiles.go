package qliktest

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
)

var dataFilesService = &service{name: "data-files", envelope: envPlain, routes: []route{
	{method: "GET", path: "/api/v1/data-files", tier: tier1, query: "connectionId includeAllSpaces includeFolders limit name ownerId page sort", handle: listDataFiles},
	{method: "POST", path: "/api/v1/data-files", tier: tier2, handle: postDataFile, raw: true},
	{method: "GET", path: "/api/v1/data-files/connections", tier: tier1, query: "limit name page personal sort spaceId", handle: listDataFileConnections},
	{method: "GET", path: "/api/v1/data-files/connections/{id}", tier: tier1, handle: getDataFileConnection},
	{method: "GET", path: "/api/v1/data-files/quotas", tier: tier1, handle: dataFileQuotas},
	{method: "GET", path: "/api/v1/data-files/{id}", tier: tier1, handle: getDataFile},
	{method: "PUT", path: "/api/v1/data-files/{id}", tier: special("data-files put", 800), handle: putDataFile, raw: true},
	{method: "DELETE", path: "/api/v1/data-files/{id}", tier: tier2, handle: deleteDataFile},
}}

// A dataFile is a file or a folder in a space or, without one, of its owner. Nothing
// downloads a file, so of its content only length and sum are kept.
type dataFile struct {
	ID, Name              string // with the folders that it is in
	Space, Owner          string // who uploaded last
	Folder                bool   `json:",omitempty"`
	Size                  int
	SHA256                string `json:",omitempty"`
	Created, Updated, Fed stamp  // Fed: its content
}

func (f *dataFile) rowID() string   { return f.ID }
func (f *dataFile) rowName() string { return f.Name }

type dataFileView struct {
	ID                 string    `json:"id"`
	Name               string    `json:"name"`
	BaseName           string    `json:"baseName"`
	FolderPath         *string   `json:"folderPath"`
	FolderID           *string   `json:"folderId"`
	Folder             bool      `json:"folder"`
	Size               int       `json:"size"`
	SpaceID            *string   `json:"spaceId"`
	OwnerID            string    `json:"ownerId"`
	CreatedDate        stamp     `json:"createdDate"`
	ModifiedDate       stamp     `json:"modifiedDate"`
	ContentUpdatedDate stamp     `json:"contentUpdatedDate"`
	Actions            []string  `json:"actions"`
	Stats              fileStats `json:"folderStats"`
}

type fileStats = map[string]int

// folderStats are those of a file; of folders only those who ask are told.
func folderStats() fileStats {
	return fileStats{
		"aggregateAppScopedFileSize": 0, "aggregateFileSize": 0, "aggregateInternalFileSize": 0, "directAppScopedFileCount": 0,
		"directFileCount": 0, "directFolderCount": 0, "directInternalFileCount": 0, "totalAppScopedFileCount": 0,
		"totalFileCount": 0, "totalFolderCount": 0, "totalInternalFileCount": 0,
	}
}

func (c *call) viewDataFile(f *dataFile) dataFileView {
	v := dataFileView{
		ID: f.ID, Name: f.Name, BaseName: path.Base(f.Name), Folder: f.Folder, Size: f.Size, OwnerID: f.Owner,
		CreatedDate: f.Created, ModifiedDate: f.Updated, ContentUpdatedDate: f.Fed, Actions: []string{"list", "read"}, Stats: folderStats(),
	}
	if f.Space != "" {
		v.SpaceID = &f.Space
	}
	if dir := path.Dir(f.Name); dir != "." {
		v.FolderPath = &dir
		if in := c.tenant.dataFile(f.Space, f.Owner, dir); in != nil {
			v.FolderID = &in.ID
		}
	}
	if c.editsData(f.Space) {
		v.Actions = append(v.Actions, "update", "delete")
	}
	return v
}

// dataFile returns the file or folder of that name in a space or, without one, of an
// owner; nil if there is none. assumed: names that differ in case are two names.
func (t *Tenant) dataFile(space, owner, name string) *dataFile {
	for _, f := range t.DataFiles.rows {
		if f.Name == name && f.Space == space && (space != "" || f.Owner == owner) {
			return f
		}
	}
	return nil
}

// seesFile reports whether the caller sees a file: the right to the data of its space.
func (c *call) seesFile(f *dataFile) bool {
	if f.Space == "" {
		return f.Owner == c.caller.ID
	}
	return c.seesData(f.Space)
}

// fileConnection returns the connection to the files of a space that the caller sees.
func (c *call) fileConnection(id string) *connection {
	rows := c.connections()
	if i := slices.IndexFunc(rows, func(x *connection) bool { return x.Files && x.ID == id }); i >= 0 {
		return rows[i]
	}
	return nil
}

type dataFileLinks struct {
	Self fileHref `json:"self"`
	Next fileHref `json:"next"`
	Prev fileHref `json:"prev"`
}

// fileHref is null at an end of the list, where others leave the link out.
type fileHref struct {
	Href *string `json:"href"`
}

func fileLinks(l pageLinks) (out dataFileLinks) {
	out.Self.Href = &l.Self.Href
	if l.Next != nil {
		out.Next.Href = &l.Next.Href
	}
	return out
}

type dataFilePage[V any] struct {
	Data  []V           `json:"data"`
	Links dataFileLinks `json:"links"`
}

func fileRows[T, V any](c *call, p page[T], view func(T) V) reply {
	if p.err != "" {
		return c.fail(http.StatusBadRequest, "DF-001", "%s", p.err)
	}
	out := dataFilePage[V]{Data: make([]V, 0, len(p.rows)), Links: fileLinks(p.links)}
	for _, r := range p.rows {
		out.Data = append(out.Data, view(r))
	}
	return ok(out)
}

// listDataFiles lists the files that a connection reaches. assumed: without one, those of
// the caller's personal space, as POST and PUT take it; the documents say it of those alone.
func listDataFiles(c *call) reply {
	q := c.query
	space, all := "", q.Get("includeAllSpaces") == "true"
	if id := q.Get("connectionId"); id != "" {
		x := c.fileConnection(id)
		if x == nil {
			return c.fail(http.StatusBadRequest, "DF-014", "no connection %s", id) // assumed: 400, of those that are declared
		}
		space = x.Space
	}
	rows := slices.DeleteFunc(slices.Clone(c.tenant.DataFiles.rows), func(f *dataFile) bool {
		return !c.seesFile(f) || !all && f.Space != space || f.Folder && q.Get("includeFolders") != "true" ||
			q.Get("name") != "" && f.Name != q.Get("name") || q.Get("ownerId") != "" && f.Owner != q.Get("ownerId")
	})
	o, bad := sortBy(c, "+name", map[string]func(*dataFile) string{ // assumed: by name unless asked
		"name":         rowKey[*dataFile],
		"baseName":     func(f *dataFile) string { return path.Base(f.Name) + "\x00" + f.ID },
		"size":         func(f *dataFile) string { return fmt.Sprintf("%019d\x00%s", f.Size, f.ID) },
		"modifiedDate": func(f *dataFile) string { return f.Updated.String() + "\x00" + f.ID },
	})
	if bad != "" {
		return c.fail(http.StatusBadRequest, "DF-002", "%s", bad)
	}
	return fileRows(c, byPage(c, rows, o, 20, 1000), c.viewDataFile)
}

// dataFileOf returns the file of the path.
func (c *call) dataFileOf() (*dataFile, *reply) {
	f, found := c.tenant.DataFiles.get(c.arg("id"))
	if !found || !c.seesFile(f) {
		r := c.notFound("no data file %s", c.arg("id"))
		return nil, &r
	}
	return f, nil
}

func getDataFile(c *call) reply {
	f, missing := c.dataFileOf()
	if missing != nil {
		return *missing
	}
	return ok(c.viewDataFile(f))
}

// deleteDataFile deletes a file, or a folder and all that is in it.
func deleteDataFile(c *call) reply {
	f, missing := c.dataFileOf()
	switch {
	case missing != nil:
		return *missing
	case !c.editsData(f.Space):
		return c.fail(http.StatusForbidden, "DF-013", "no right to delete files in this space")
	}
	for _, x := range slices.Clone(c.tenant.DataFiles.rows) {
		if x == f || f.Folder && x.Space == f.Space && (x.Space != "" || x.Owner == f.Owner) && strings.HasPrefix(x.Name, f.Name+"/") {
			c.tenant.DataFiles.remove(x)
			c.tenant.bury("data-files", x.Space+" "+x.Name)
		}
	}
	return empty(http.StatusNoContent)
}

type fileConnectionView struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Type      string  `json:"type"`
	Statement string  `json:"connectStatement"`
	SpaceID   *string `json:"spaceId"`
}

func viewFileConnection(x *connection) fileConnectionView {
	// assumed: the statement. Nobody is told to read it.
	v := fileConnectionView{ID: x.ID, Name: x.Name, Type: x.Type, Statement: "CUSTOM CONNECT TO \"provider=" + x.Type + ";\""}
	if x.Space != "" {
		v.SpaceID = &x.Space
	}
	return v
}

func listDataFileConnections(c *call) reply {
	q := c.query
	if id := q.Get("spaceId"); id != "" && !c.tenant.Spaces.has(id) {
		return c.fail(http.StatusBadRequest, "DF-009", "no space %s", id) // assumed: 400, of those that are declared
	}
	rows := slices.DeleteFunc(c.connections(), func(x *connection) bool {
		return !x.Files || q.Get("spaceId") != "" && x.Space != q.Get("spaceId") || q.Get("personal") == "true" && x.Space != "" ||
			q.Get("name") != "" && x.Name != q.Get("name")
	})
	o, bad := sortBy(c, "+spaceId", map[string]func(*connection) string{ // assumed: by space unless asked
		"spaceId": func(x *connection) string { return x.Space + "\x00" + x.ID },
	})
	if bad != "" {
		return c.fail(http.StatusBadRequest, "DF-002", "%s", bad)
	}
	return fileRows(c, byPage(c, rows, o, 20, 1000), viewFileConnection)
}

func getDataFileConnection(c *call) reply {
	x := c.fileConnection(c.arg("id"))
	if x == nil {
		return c.fail(http.StatusNotFound, "DF-014", "no connection %s", c.arg("id"))
	}
	return ok(viewFileConnection(x))
}
