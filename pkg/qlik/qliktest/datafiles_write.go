package qliktest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"path"
	"slices"
	"strings"
)

// dataExtensions may be uploaded. assumed: Qlik tells each tenant its own list.
var dataExtensions = []string{"csv", "json", "kml", "parquet", "qvd", "qvx", "tsv", "txt", "xlsx", "xml"}

// largestDataFile is what one request may bring. assumed: Qlik tells each tenant its own.
const largestDataFile = 500 << 20

func (c *call) largestDataFile() int { return cmp.Or(c.cloud.opts.DataFileSize, largestDataFile) }

type fileQuotasView struct {
	Extensions []string `json:"allowedExtensions"`
	Internal   []string `json:"allowedInternalExtensions"`
	FileSize   int      `json:"maxFileSize"`
	LargeSize  int      `json:"maxLargeFileSize"`
	MaxSize    int      `json:"maxSize"` // of personal files together
	Size       int      `json:"size"`    // that they have
}

func dataFileQuotas(c *call) reply {
	v := fileQuotasView{Extensions: dataExtensions, Internal: []string{}, FileSize: c.largestDataFile(), LargeSize: maxRaw, MaxSize: maxRaw}
	for _, f := range c.tenant.DataFiles.rows {
		if f.Space == "" && f.Owner == c.caller.ID {
			v.Size += f.Size
		}
	}
	return ok(v)
}

// A feed is what a request brings for a file: where it goes, and its content unless
// that stays.
type feed struct {
	name, space string
	folder, has bool
	content     []byte
}

// feed reads the parts File and Json of a request; name stands for one that is not given.
func (c *call) feed(name string, fields ...string) (in feed, refused *reply) {
	parts, refused := c.parts("File", "Json")
	if refused != nil {
		return in, refused
	}
	f := c.members(parts["Json"], fields...)
	in.name, in.folder = cmp.Or(f.str("name"), name), f.bool("folder")
	id, large := f.str("connectionId"), f.str("tempContentFileId")
	fail := func(status int, code, format string, args ...any) (feed, *reply) {
		r := c.fail(status, code, format, args...)
		return in, &r
	}
	in.content, in.has = parts["File"]
	switch {
	case f.err != "":
		return fail(http.StatusBadRequest, "HTTP-400", "Json: %s", f.err)
	case len(in.content) > c.largestDataFile():
		return fail(http.StatusRequestEntityTooLarge, "HTTP-413", "more than %d bytes in one request", c.largestDataFile())
	case large != "" && in.has:
		return fail(http.StatusBadRequest, "HTTP-400", "either File or tempContentFileId") // assumed
	}
	if id != "" { // without one the file is the caller's own
		x := c.fileConnection(id)
		if x == nil {
			return fail(http.StatusBadRequest, "DF-014", "no connection %s", id) // assumed: 400
		}
		in.space = x.Space
	}
	if large != "" {
		x, missing := c.temp(large)
		if missing != nil || len(x.data) != x.length {
			return fail(http.StatusBadRequest, "DF-012", "no temporary content %s", large)
		}
		in.content, in.has = x.data, true
	}
	return in, c.refuseFeed(in)
}

// refuseFeed says what is wrong with a name, and with where it is to go.
func (c *call) refuseFeed(in feed) *reply {
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(in.name), "."))
	var r reply
	switch {
	case in.name != path.Clean(in.name) || path.IsAbs(in.name) || strings.HasPrefix(in.name, "..") || strings.ContainsAny(in.name, "<>\":\x00|?*"):
		r = c.fail(http.StatusBadRequest, "DF-015", "the name %q is not canonical", in.name)
	case !c.editsData(in.space):
		r = c.fail(http.StatusForbidden, "DF-013", "no right to files in this space")
	case !in.folder && ext == "":
		r = c.fail(http.StatusBadRequest, "DF-011", "the name %q has no extension", in.name)
	case !in.folder && !slices.Contains(dataExtensions, ext):
		r = c.fail(http.StatusBadRequest, "DF-010", "files of %q are not taken", ext)
	default:
		return nil
	}
	return &r
}

// fill gives a file its content.
func (c *call) fill(f *dataFile, content []byte) {
	sum := sha256.Sum256(content)
	f.Size, f.SHA256, f.Fed = len(content), hex.EncodeToString(sum[:]), c.now
}

// addDataFile adds a file or a folder, and the folders above it that are missing. It
// reports whether nothing of that name, and no file as a folder, is in the way.
func (c *call) addDataFile(f *dataFile) bool {
	if c.tenant.dataFile(f.Space, f.Owner, f.Name) != nil || !c.addFolders(f) {
		return false
	}
	f.ID = c.tenant.newID("data-files", f.Space+" "+f.Name, guid, c.tenant.DataFiles.has)
	c.tenant.DataFiles.add(f)
	return true
}

func (c *call) addFolders(f *dataFile) bool {
	dir := path.Dir(f.Name)
	if dir == "." {
		return true
	}
	if in := c.tenant.dataFile(f.Space, f.Owner, dir); in != nil {
		return in.Folder
	}
	return c.addDataFile(&dataFile{Name: dir, Space: f.Space, Owner: c.caller.ID, Folder: true, Created: c.now, Updated: c.now, Fed: c.now})
}

func postDataFile(c *call) reply {
	in, refused := c.feed("", "name*", "connectionId", "folder", "tempContentFileId")
	switch {
	case refused != nil:
		return *refused
	case in.folder == in.has:
		return c.badRequest("a folder has no content, a file has some") // assumed
	}
	f := &dataFile{Name: in.name, Space: in.space, Owner: c.caller.ID, Folder: in.folder, Created: c.now, Updated: c.now, Fed: c.now}
	if in.has {
		c.fill(f, in.content)
	}
	if !c.addDataFile(f) {
		return c.fail(http.StatusConflict, "HTTP-409", "%q exists, or a file is where a folder must be", in.name)
	}
	return created(c.viewDataFile(f))
}

// putDataFile replaces the content, moves and renames. One without a connection moves
// the file to the caller's own.
func putDataFile(c *call) reply {
	f, missing := c.dataFileOf()
	switch {
	case missing != nil:
		return *missing
	case !c.editsData(f.Space):
		return c.fail(http.StatusForbidden, "DF-013", "no right to files in this space")
	case f.Folder:
		return c.fail(http.StatusBadRequest, "DF-018", "%q is a folder", f.Name)
	}
	in, refused := c.feed(f.Name, "name", "connectionId", "tempContentFileId")
	if refused != nil {
		return *refused
	}
	next := *f
	next.Name, next.Space, next.Owner, next.Updated = in.name, in.space, c.caller.ID, c.now
	if in.has {
		c.fill(&next, in.content)
	}
	other := c.tenant.dataFile(next.Space, next.Owner, next.Name)
	if other != nil && other != f || !c.addFolders(&next) {
		return c.fail(http.StatusConflict, "HTTP-409", "%q exists, or a file is where a folder must be", in.name)
	}
	c.tenant.DataFiles.rename(f, func() { *f = next })
	return created(c.viewDataFile(f))
}

type dumpDataFile struct {
	Space  string `json:"space"`
	Name   string `json:"name"`
	Size   int    `json:"size"`
	SHA256 string `json:"sha256"`
	ID     string `json:"id"`
}

// dumpDataFiles describes the files of spaces.
func (t *Tenant) dumpDataFiles() (list []dumpDataFile) {
	for _, f := range t.DataFiles.rows {
		if s, found := t.Spaces.get(f.Space); found && !f.Folder {
			list = append(list, dumpDataFile{s.Name, f.Name, f.Size, f.SHA256, f.ID})
		}
	}
	return list
}
