package qvf

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// layout places streams in the pages of a new file.
type layout struct{ b []byte }

// place appends n bytes' worth of pages and returns where they begin.
func (l *layout) place(n int) int64 {
	at := int64(len(l.b))
	pages := (n + pageSize - 1) / pageSize
	l.b = append(l.b, make([]byte, pages*pageSize)...)
	return at
}

// write appends content in its own pages.
func (l *layout) write(content []byte) run {
	at := l.place(len(content))
	copy(l.b[at:], content)
	return run{at, int64(len(l.b)) - at}
}

// stream appends a stream and returns where its header is. A long one is written in two runs with
// whatever between places in the middle, so that every reader is made to follow extents.
func (l *layout) stream(content []byte, between func()) int64 {
	header, rest := l.place(pageSize), content
	var runs []run
	if half := len(content) / 2 / pageSize * pageSize; half > 4*pageSize {
		runs = append(runs, l.write(content[:half]))
		rest = content[half:]
		between()
	}
	if len(rest) > 0 {
		runs = append(runs, l.write(rest))
	}
	l.header(header, len(content), runs, 0x11)
	return header
}

const (
	listLines = (pageSize-headerUsed)/16 - 1 // of a list in a header page, besides its end
	pageLines = pageSize/16 - 1
)

// header fills a stream's header page. Runs that do not fit there go to list pages, in a tree.
func (l *layout) header(at int64, used int, runs []run, filler byte) {
	var allocated int64
	for _, r := range runs {
		allocated += r.length
	}
	for len(runs) > listLines {
		var lists []run
		for page := range slices.Chunk(runs, pageLines) {
			list := l.write(appendRuns(nil, page))
			list.length |= math.MinInt64 // the list bit
			lists = append(lists, list)
		}
		runs = lists
	}
	h := l.b[at : at+pageSize]
	binary.LittleEndian.PutUint64(h, uint64(used))
	binary.LittleEndian.PutUint64(h[0x08:], uint64(allocated))
	copy(h[0x10:0x20], bytes.Repeat([]byte{filler}, 16))
	binary.LittleEndian.PutUint64(h[0x20:], uint64(at)+headerUsed)
	binary.LittleEndian.PutUint64(h[0x28:], pageSize-headerUsed|listBit)
	copy(h[headerUsed:], appendRuns(nil, runs))
}

// folder is a directory while it is being filled.
type folder struct {
	name    string
	folders []*folder
	files   []file
}

// file is an entry to be written: the JSON of its directory line, and its stored bytes.
type file struct {
	name          string
	meta, content []byte
}

// sub returns the folder of that name, made if need be.
func (f *folder) sub(name string) *folder {
	for _, g := range f.folders {
		if g.name == name {
			return g
		}
	}
	g := &folder{name: name}
	f.folders = append(f.folders, g)
	return g
}

// lines is what the folder's directory takes, when where its entries are is not yet known.
func (f *folder) lines() int {
	n := 0
	for _, g := range f.folders {
		n += len(appendLines(nil, lineDir, 0, 0, g.name, nil))
	}
	for _, e := range f.files {
		n += len(appendLines(nil, lineFile, 0, 0, e.name, e.meta))
	}
	return n
}

// folder places everything in f and returns its directory. between is called after every entry.
func (l *layout) folder(f *folder, date float64, between func()) []byte {
	var lines []byte
	for _, g := range f.folders {
		header := l.stream(l.folder(g, date, between), between)
		lines = appendLines(lines, lineDir, date, header, g.name, nil)
	}
	for _, e := range f.files {
		header := l.stream(e.content, between)
		lines = appendLines(lines, lineFile, date, header, e.name, e.meta)
		between()
	}
	return lines
}

// root writes the whole file. The root directory's pages lie scattered among the others, as in files of
// the engine, where it grows while entries are added.
func (l *layout) root(f *folder, date float64) {
	l.place(2 * pageSize)
	size := f.lines()
	pages := (size + pageSize - 1) / pageSize
	chunk := pages/400 + 1
	var runs []run
	reserve := func() {
		if n := min(chunk, pages); n > 0 {
			at := l.place(n * pageSize)
			runs = append(runs, run{at, int64(n * pageSize)})
			pages -= n
		}
	}
	lines := l.folder(f, date, reserve)
	for pages > 0 {
		reserve()
	}
	for _, r := range runs {
		n := copy(l.b[r.offset:r.offset+r.length], lines)
		lines = lines[n:]
	}
	l.header(pageSize, size, runs, 0)
	copy(l.b, magic)
	binary.LittleEndian.PutUint32(l.b[0x0c:], pageSize)
	binary.LittleEndian.PutUint32(l.b[0x10:], 1)
	binary.LittleEndian.PutUint64(l.b[0x40:], pageSize)
	binary.LittleEndian.PutUint64(l.b[0x48:], pageSize)
	if rest := len(l.b) % fileUnit; rest > 0 {
		l.place(fileUnit - rest)
	}
}

// fileUnit divides the size of every file seen.
const fileUnit = 4096

// appendLines writes the directory lines of one entry.
func appendLines(b []byte, kind uint32, date float64, header int64, name string, meta []byte) []byte {
	le := binary.LittleEndian
	body := le.AppendUint64(nil, math.Float64bits(date))
	body = le.AppendUint64(body, uint64(header))
	body = le.AppendUint64(body, pageSize)
	body = append(le.AppendUint32(body, uint32(len(name))), name...)
	body = append(le.AppendUint32(body, uint32(len(meta))), meta...)
	const first, next = lineSize - 8, lineSize - 4
	more := (max(len(body), first) - first + next - 1) / next
	body = append(body, make([]byte, first+more*next-len(body))...)
	b = le.AppendUint32(b, kind)
	b = le.AppendUint32(b, uint32(more))
	b = append(b, body[:first]...)
	for line := range slices.Chunk(body[first:], next) {
		b = le.AppendUint32(b, lineMore)
		b = append(b, line...)
	}
	return b
}

func appendRuns(b []byte, runs []run) []byte {
	for _, r := range runs {
		b = binary.LittleEndian.AppendUint64(b, uint64(r.offset))
		b = binary.LittleEndian.AppendUint64(b, uint64(r.length))
	}
	return b
}
