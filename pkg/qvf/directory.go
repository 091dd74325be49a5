package qvf

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	lineSize  = 64
	lineFree  = 0
	lineMore  = 1
	lineFile  = 3
	lineDir   = 7
	maxFolder = 8 // how deep directories may nest; seen: 1

	mediaDir = "media/"
	dataDir  = "data/"
)

// entry is a line of a directory.
type entry struct {
	dir    bool
	nested bool // in a directory below the root
	path   string
	line   int64  // offset of the line in the file
	header uint64 // offset of the stream's header
	date   float64
	meta   []byte // JSON, nil if none; overwritten by the next entry
}

var errLine = errors.New("directory line makes no sense")

// directory calls f for every entry of a directory stream.
func (d *decoder) directory(s stream, parent string, f func(entry) error) error {
	if err := d.take(s.size); err != nil {
		return fail(s.header, parent, err)
	}
	lines := make([]byte, s.size)
	if err := d.read(s, lines, 0); err != nil {
		return err
	}
	for at := 0; at+lineSize <= len(lines); {
		kind := binary.LittleEndian.Uint32(lines[at:])
		next := at + lineSize
		switch kind {
		case lineFree, lineMore: // a continuation without its beginning is what a deletion leaves
		case lineFile, lineDir:
			e, n, err := d.entry(lines[at:], parent)
			if err != nil {
				return fail(s.offset(int64(at)), e.path, err)
			}
			e.line = s.offset(int64(at))
			if err := f(e); err != nil {
				return err
			}
			next = at + n
		default:
			return failf(s.offset(int64(at)), parent, "directory line of unknown kind %d", kind)
		}
		at = next
	}
	return nil
}

// entry reads the entry at the start of lines and says how many bytes of lines it takes.
func (d *decoder) entry(lines []byte, parent string) (entry, int, error) {
	e := entry{dir: lines[0] == lineDir, nested: parent != ""}
	more := uint64(binary.LittleEndian.Uint32(lines[4:]))
	if more > uint64(len(lines)/lineSize-1) {
		return e, 0, errLine
	}
	if err := d.grow(&d.body, int64(more+1)*lineSize); err != nil {
		return e, 0, err
	}
	body := append(d.body[:0], lines[8:lineSize]...)
	n := lineSize
	for ; more > 0; more-- {
		if binary.LittleEndian.Uint32(lines[n:]) != lineMore {
			return e, 0, errLine
		}
		body = append(body, lines[n+4:n+lineSize]...)
		n += lineSize
	}
	e.date = math.Float64frombits(binary.LittleEndian.Uint64(body))
	e.header = binary.LittleEndian.Uint64(body[8:])
	name, rest, ok := counted(body[24:])
	if !ok {
		return e, 0, errLine
	}
	e.path = parent + string(name)
	if err := checkName(string(name), parent != "" || e.dir); err != nil {
		return e, 0, err
	}
	meta, _, ok := counted(rest)
	if !ok {
		return e, 0, errLine
	}
	if len(meta) > 0 {
		e.meta = trimNUL(meta)
	}
	return e, n, nil
}

// counted reads a u32 and as many bytes.
func counted(b []byte) (value, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := binary.LittleEndian.Uint32(b)
	if b = b[4:]; uint64(n) > uint64(len(b)) {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}

// trimNUL cuts the NUL that ends JSON.
func trimNUL(b []byte) []byte { return bytes.TrimRight(b, "\x00") }

// checkName refuses names that no file could have. At the root a name is an object's id, which may hold
// slashes but not look like a file in a directory; elsewhere it is part of a path.
func checkName(name string, path bool) error {
	if name == "" || !utf8.ValidString(name) {
		return errors.New("name is empty or not UTF-8")
	}
	for _, r := range name {
		if r < ' ' || r == 0x7f {
			return errors.New("control character in the name")
		}
	}
	if !path && inFolder(name) {
		return errors.New("id looks like a path")
	}
	if path && (!fs.ValidPath(name) || name == "." || strings.Contains(name, `\`)) {
		return errors.New("name is no local path")
	}
	return nil
}

// entryMeta is the JSON of a directory line. Source: observed.
type entryMeta struct {
	Meta
	kind string // Type, which class of the engine wrote the entry
	// From SecurityMeta: object type, id, space of the app.
	objectType, id, space string
}

// parseMeta reads a line's JSON. The result shares no memory with it.
func (d *decoder) parseMeta(b []byte) (entryMeta, error) {
	var m entryMeta
	if b == nil {
		return m, nil
	}
	if err := d.take(3 * int64(len(b))); err != nil {
		return m, err
	}
	v, err := pick(b, "Type", "SecurityMetaAsBase64")
	if err != nil {
		return m, err
	}
	m.kind = str(v[0])
	if len(v[1]) < 2 || v[1][0] != '"' {
		return m, nil
	}
	coded, err := unescape(v[1][1 : len(v[1])-1])
	if err != nil || len(coded) == 0 {
		return m, err
	}
	if err := d.grow(&d.security, int64(len(coded))); err != nil {
		return m, err
	}
	n, err := base64.StdEncoding.Decode(d.security[:cap(d.security)], coded)
	if err != nil {
		return m, err
	}
	return m, d.parseSecurity(trimNUL(d.security[:n]), &m)
}

func (d *decoder) parseSecurity(b []byte, m *entryMeta) error {
	v, err := pick(b, "title", "description", "owner", "ownerId", "createdDate", "modifiedDate", "publishTime",
		"_objecttype", "id", "spaceId", "Name", "published", "approved", "tags")
	if err != nil {
		return err
	}
	for i, p := range []*string{&m.Title, &m.Description, &m.Owner, &m.OwnerID, &m.Created, &m.Modified,
		&m.PublishedAt, &m.objectType, &m.id, &m.space} {
		*p = str(v[i])
	}
	if v[10] != nil { // an app has Name for title
		m.Title = str(v[10])
	}
	m.Published, m.Approved = truth(v[11]), truth(v[12])
	if v[13] == nil || v[13][0] != '[' {
		return nil
	}
	s := scanner{b: v[13]}
	return s.elements(func() error {
		tag, err := s.raw()
		if err != nil {
			return err
		}
		m.Tags = append(m.Tags, str(tag))
		return d.take(nodeCost)
	})
}

const oleEpoch = -25569 * 24 * 60 * 60 * 1000 // 1899-12-30 in Unix milliseconds

// oleTime converts an OLE date, in days since 1899-12-30; nonsense is the zero time.
func oleTime(days float64) time.Time {
	ms := math.Round(days * 24 * 60 * 60 * 1000)
	if !(ms > 0 && days < 2958466) { // up to the year 9999
		return time.Time{}
	}
	return time.UnixMilli(oleEpoch + int64(ms)).UTC()
}

func oleDate(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()-oleEpoch) / (24 * 60 * 60 * 1000)
}
