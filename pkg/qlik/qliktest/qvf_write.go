package qliktest

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
)

// A QVFSpec says what is in an app file that QVF makes.
type QVFSpec struct {
	Title, Description, Script string
	HasData                    bool
	Parts                      []QVFPart // further entries, such as sheets and measures
}

// A QVFPart is one entry of an app file: its name is the id of the object.
type QVFPart struct {
	Name, Type, Title string
	JSON              any
}

// emptyData is qvapp_data of an app without data.
var emptyData = func() []byte {
	b := make([]byte, qvfNoData)
	copy(b, "\x031.0")
	b[24] = 1
	return b
}()

// QVF makes a small app file in Qlik's format. Equal specs give equal bytes.
func QVF(s QVFSpec) []byte {
	parts := []QVFPart{
		{"qvapp_approperties", "NxAppProperties", s.Title, map[string]any{"qTitle": s.Title, "description": s.Description, "qThumbnail": struct{}{}, "qUsage": "ANALYTICS"}},
		{"qvapp_appscript", "AppScriptObject", "", map[string]any{"qScript": s.Script, "qBreakpointList": []any{}, "qFavoriteVariables": ""}},
		{"qvapp_variablelist", "GenericVariableEntryList", "", map[string]any{"qEntryList": []any{}}},
	}
	w := &qvfWriter{}
	w.page(qvfMagic+"\xc1\x06\x00\x00", func(b []byte) {
		binary.LittleEndian.PutUint32(b[0x0c:], qvfPage)
		binary.LittleEndian.PutUint32(b[0x10:], 1)
		binary.LittleEndian.PutUint64(b[0x40:], qvfPage)
		binary.LittleEndian.PutUint64(b[0x48:], qvfPage)
	})
	w.page("", nil) // header of the root stream, written last
	for _, p := range append(parts, s.Parts...) {
		w.entry(p.Name, p.Type, p.Title, "gzjson", qvfRecord(p.JSON))
	}
	w.entry("qvapp_header", "qvapp_header", "", "", []byte(`{"FileFormat":12000,"File32":0,"FileType":1729,"UseCompression":true,"QVFFileVersion":1.43,"buildno":"50689"}`+"\x00"))
	data := emptyData
	if s.HasData {
		data = append(slices.Clone(emptyData), make([]byte, 256)...)
	}
	w.entry("qvapp_data", "qvapp_cheader", "", "", data)
	w.stream(qvfPage, w.root)
	return w.b
}

type qvfWriter struct{ b, root []byte }

// page appends a page and returns its offset.
func (w *qvfWriter) page(start string, fill func([]byte)) int {
	at := len(w.b)
	w.b = append(w.b, make([]byte, qvfPage)...)
	copy(w.b[at:], start)
	if fill != nil {
		fill(w.b[at:])
	}
	return at
}

// stream writes the content of the stream with this header page to the end of
// the file.
func (w *qvfWriter) stream(header int, content []byte) {
	at := len(w.b)
	size := (len(content) + qvfPage - 1) / qvfPage * qvfPage
	w.b = append(w.b, content...)
	w.b = append(w.b, make([]byte, size-len(content))...)
	h := w.b[header : header+qvfPage]
	clear(h)
	for i, v := range []int{0: len(content), 1: size, 4: header + 0x30, 5: qvfPage - 0x30, 6: at, 7: size} {
		binary.LittleEndian.PutUint64(h[8*i:], uint64(v))
	}
	h[0x2f] |= 0x80 // what the header points to is a list of extents
}

// entry writes a stream and its directory lines.
func (w *qvfWriter) entry(name, kind, title, format string, content []byte) {
	header := w.page("", nil)
	w.stream(header, content)
	sum := sha256.Sum256(content)
	meta := map[string]string{"ContentHash": base64.StdEncoding.EncodeToString(sum[:]), "Type": kind}
	if format != "" {
		meta["Format"] = format
	}
	if title != "" {
		meta["Title"] = title
	}
	m, _ := json.Marshal(meta)
	m = append(m, 0)
	body := binary.LittleEndian.AppendUint64(nil, math.Float64bits(45000))
	body = binary.LittleEndian.AppendUint64(body, uint64(header))
	body = binary.LittleEndian.AppendUint64(body, qvfPage)
	body = binary.LittleEndian.AppendUint32(body, uint32(len(name)))
	body = append(body, name...)
	body = binary.LittleEndian.AppendUint32(body, uint32(len(m)))
	body = append(body, m...)
	more := (max(0, len(body)-56) + 59) / 60
	body = append(body, make([]byte, 56+60*more-len(body))...)
	w.root = binary.LittleEndian.AppendUint32(w.root, 3)
	w.root = binary.LittleEndian.AppendUint32(w.root, uint32(more))
	w.root = append(w.root, body[:56]...)
	for body = body[56:]; len(body) > 0; body = body[60:] {
		w.root = binary.LittleEndian.AppendUint32(w.root, 1)
		w.root = append(w.root, body[:60]...)
	}
}

// qvfRecord wraps JSON as the records of a QVF do.
func qvfRecord(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	var z bytes.Buffer
	zw := zlib.NewWriter(&z)
	_, _ = zw.Write(raw) // a buffer does not fail
	_ = zw.Close()
	b := append([]byte{20, 0, 0, 0}, "{\"format\":\"gzjson\"}\x00"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(raw)))
	b = binary.LittleEndian.AppendUint32(b, uint32(z.Len()))
	return append(b, z.Bytes()...)
}

// withoutData is the file as exported with NoData=true: the same, with the
// data of an empty app.
func withoutData(b []byte) []byte {
	list, err := readQVFRoot(b)
	if err != nil {
		return b
	}
	e, found := findQVF(list, "qvapp_data")
	s, err := readQVFStream(b, e.header)
	if !found || err != nil || s.used <= qvfNoData || len(s.extents) == 0 || s.extents[0].length < qvfNoData {
		return b
	}
	b = slices.Clone(b)
	binary.LittleEndian.PutUint64(b[e.header:], qvfNoData)
	copy(b[s.extents[0].offset:], emptyData)
	if dir, found := findQVF(list, "data"); found { // where the tables are
		for _, at := range dir.lines {
			clear(b[at : at+64])
		}
	}
	return b
}

// withScript is the file with another load script.
func withScript(b []byte, script string) []byte {
	list, err := readQVFRoot(b)
	if err != nil {
		return b
	}
	e, found := findQVF(list, "qvapp_appscript")
	var record map[string]any
	if !found || readQVFJSON(b, list, e.name, &record) != nil || len(b)%qvfPage != 0 {
		return b
	}
	record["qScript"] = script
	w := &qvfWriter{b: slices.Clone(b)}
	w.stream(e.header, qvfRecord(record))
	return w.b
}

// restamped is the file with other dates in its directory, as every export has.
func restamped(b []byte, n int) []byte {
	list, err := readQVFRoot(b)
	if err != nil {
		return b
	}
	b = slices.Clone(b)
	for _, e := range list {
		date := math.Float64frombits(binary.LittleEndian.Uint64(b[e.lines[0]+8:]))
		binary.LittleEndian.PutUint64(b[e.lines[0]+8:], math.Float64bits(date+float64(n)/86400))
	}
	return b
}
