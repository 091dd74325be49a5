package qvf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// craft writes a file with a directory that Encode would not write.
func craft(root folder) []byte {
	var l layout
	l.root(&root, 45000)
	return l.b
}

// entryOf is an entry of a type whose record holds raw.
func entryOf(t *testing.T, name, kind string, raw []byte) file {
	stored, err := (&encoder{}).deflate("gzjson", raw)
	require.NoError(t, err)
	return file{name, fmt.Appendf(nil, `{"Type":%q}`+"\x00", kind), stored}
}

func files(list ...file) folder { return folder{files: list} }

func put(b []byte, at int, v uint64) []byte {
	b = bytes.Clone(b)
	binary.LittleEndian.PutUint64(b[at:], v)
	return b
}

func TestDecodeContainer(t *testing.T) {
	good, err := Encode(New("x"))
	require.NoError(t, err)
	line := int(binary.LittleEndian.Uint64(good[0x230:])) // of the root directory
	first := int(binary.LittleEndian.Uint64(good[line+16:]))
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"short", good[:100], "unexpected EOF"},
		{"page size", put(good, 0x0c, 0x400), "page size 1024"},
		{"root outside", put(good, 0x40, 1<<40), "past the end"},
		{"root wraps around", put(good, 0x40, 1<<64-0x200), "past the end"},
		{"root between pages", put(good, 0x40, 0x208), "does not begin at a page"},
		{"root in page 0", put(good, 0x40, 0), "page is used twice"},
		{"more used than allocated", put(good, 0x200, 1<<50), "has runs for"},
		{"run past the end", put(good, 0x238, 1<<30), "past the end"},
		{"run length wraps around", put(good, 0x238, 1<<63-1), "past the end"},
		{"run over its header", put(good, 0x230, 0x200), "page is used twice"},
		{"list loops", put(put(good, 0x220, 0x400), 0x400, 0x400), "offset"},
		{"list past the end", put(good, 0x220, 1<<40), "past the end"},
		{"two entries share a stream", put(good, line+16, 0x200), "page is used twice"},
		{"stream over another's", put(good, first+0x30, uint64(line)), "page is used twice"},
		{"unknown line", put(good, line, 9), "unknown kind 9"},
		{"too many continuations", put(good, line, 3|1<<40), "makes no sense"},
		{"fewer continuations", put(good, line, 3), "makes no sense"},
		{"name too long", put(good, line+32, 1<<32-1), "makes no sense"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := DecodeBytes(c.b)
			require.ErrorContains(t, err, c.want)
			at := (*Error)(nil)
			require.ErrorAs(t, err, &at)
			require.GreaterOrEqual(t, at.Offset, int64(0))
		})
	}
}

func TestDecodeListTree(t *testing.T) {
	good, err := Encode(New("x"))
	require.NoError(t, err)
	want, err := DecodeBytes(good)
	require.NoError(t, err)
	// The root's list moves to a page of its own, behind eight more lists and then too many.
	list := bytes.Clone(good[0x230:0x400])
	for depth := range maxLists + 3 {
		b := bytes.Clone(good)
		b = append(b, list...)
		b = append(b, make([]byte, 512-len(list))...)
		for range depth {
			at := uint64(len(b) - 512)
			b = binary.LittleEndian.AppendUint64(b, at)
			b = binary.LittleEndian.AppendUint64(b, 512|listBit)
			b = append(b, make([]byte, 512-16)...)
		}
		b = put(put(b, 0x220, uint64(len(b)-512)), 0x228, 512|listBit)
		app, err := DecodeBytes(b)
		if depth > maxLists {
			require.ErrorContains(t, err, "nested too deep")
			continue
		}
		require.NoError(t, err, depth)
		require.Equal(t, want, app)
	}
}

func TestDecodeEntries(t *testing.T) {
	const (
		measure = "GenericMeasureProperties"
		object  = "GenericAppObjectEntry"
		list    = "GenericVariableEntryList"
	)
	bomb := entryOf(t, "m", measure, append(bytes.Repeat([]byte(" "), 9<<20), '{', '}'))
	longer := entryOf(t, "m", measure, []byte(`{"a":1}`))
	binary.LittleEndian.PutUint32(longer.content[24:], 3)
	shorter := entryOf(t, "m", measure, []byte(`{"a":1}`))
	binary.LittleEndian.PutUint32(shorter.content[24:], 30)
	huge := entryOf(t, "m", measure, []byte(`{"a":1}`))
	binary.LittleEndian.PutUint32(huge.content[24:], 1<<32-1)
	tail := entryOf(t, "m", measure, []byte(`{"a":1}`))
	tail.content = append(tail.content, 0)
	sum := entryOf(t, "m", measure, []byte(`{"a":1}`))
	sum.content[len(sum.content)-1]++
	format := file{"m", []byte(`{"Type":"GenericMeasureProperties"}`), append([]byte{13, 0, 0, 0}, `{"format":""}........`...)}
	deep := strings.Repeat(`{"qProperty":0,"qChildren":[`, 300) + strings.Repeat("]}", 300)
	for _, c := range []struct {
		name string
		root folder
		want string
	}{
		{"bomb", files(bomb), "exceeds the decoding limit"},
		{"longer than announced", files(longer), "more than the 3 bytes"},
		{"shorter than announced", files(shorter), "EOF"},
		{"impossible ratio", files(huge), "cannot inflate"},
		{"tail", files(tail), "has"},
		{"checksum", files(sum), "checksum"},
		{"format", files(format), "unknown record format"},
		{"no record", files(file{"m", []byte(`{"Type":"GenericMeasureProperties"}`), []byte("123")}), "record makes no sense"},
		{"json", files(entryOf(t, "m", measure, []byte(`{"a":}`))), "json at byte 5"},
		{"json tail", files(entryOf(t, "m", measure, []byte(`{}{}`))), "after the value"},
		{"json scalar", files(entryOf(t, "m", measure, []byte(`1`))), "no object"},
		{"utf-8", files(entryOf(t, "m", measure, []byte("{\"a\":\"\xff\"}"))), "invalid UTF-8"},
		{"nul in json", files(entryOf(t, "m", measure, []byte("{\"a\":\"\x00\"}"))), "control character"},
		{"too deep", files(entryOf(t, "o", object, []byte(`{"qRoot":`+deep+`}`))), "nested deeper"},
		{"no root", files(entryOf(t, "o", object, []byte(`{}`))), "without qRoot"},
		{"no property", files(entryOf(t, "o", object, []byte(`{"qRoot":{}}`))), "without qProperty"},
		{"two roots", files(entryOf(t, "o", object, []byte(`{"qRoot":{"qProperty":1},"qRoot":{"qProperty":2}}`))), "second qRoot"},
		{"two properties", files(entryOf(t, "o", object, []byte(`{"qRoot":{"qProperty":1,"qProperty":2}}`))), `second "qProperty"`},
		{"two scripts", files(entryOf(t, "qvapp_appscript", "", []byte(`{"qScript":"evil","q\u0053cript":"good"}`))), `second "qScript"`},
		{"variable", files(entryOf(t, "user_variablelist", list, []byte(`{"qEntryList":[{}]}`))), "without qProperties"},
		{"variables", files(entryOf(t, "user_variablelist", list, []byte(`{"qEntryList":{}}`))), "no '['"},
		{"two entries", files(file{name: "a"}, file{name: "a"}), "second entry"},
		{"line json", files(file{"a", []byte(`{"Type":}`), nil}), "directory line"},
		{"line base64", files(file{"a", []byte(`{"SecurityMetaAsBase64":"?"}`), nil}), "directory line"},
		{"line security", files(file{"a", []byte(`{"SecurityMetaAsBase64":"e30="}`), nil}, file{"b", []byte(`{"SecurityMetaAsBase64":"ew=="}`), nil}), "directory line"},
		{"media", folder{folders: []*folder{{name: "media", files: []file{entryOf(t, "a", "NxQvfBundledItem", []byte("plain text"))}}}}, "unknown serialisation"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := craft(c.root)
			_, err := Options{MaxDecoded: 8 << 20}.Decode(bytes.NewReader(b), int64(len(b)))
			require.ErrorContains(t, err, c.want)
			at := (*Error)(nil)
			require.ErrorAs(t, err, &at)
			require.NotEmpty(t, at.Entry)
			require.Positive(t, at.Offset)
			if c.name == "bomb" {
				require.ErrorIs(t, err, ErrTooLarge)
			}
		})
	}
}

func TestDecodeNames(t *testing.T) {
	for _, name := range []string{"", "..", ".", "../a", "a/../b", "/a", "a//b", `a\b`, "a\x00b", "a\nb", "\xff"} {
		item := file{name, []byte(`{"Type":"NxQvfBundledItem"}`), nil}
		b := craft(folder{folders: []*folder{{name: "media", files: []file{item}}}})
		_, err := DecodeBytes(b)
		require.ErrorContains(t, err, "name", "%q", name)
		_, err = Encode(&App{Media: []Media{{Name: name}}})
		require.ErrorContains(t, err, "name", "%q", name)
	}
	for _, id := range []string{"media/../../x", "data/x", "a\x00"} {
		_, err := DecodeBytes(craft(files(file{name: id})))
		require.Error(t, err)
	}
	dir := folder{name: "d"}
	for range maxFolder + 1 {
		dir = folder{name: "d", folders: []*folder{{name: "d", folders: dir.folders}}}
	}
	_, err := DecodeBytes(craft(dir))
	require.ErrorContains(t, err, "nested too deep")
}

// The types of entries mean something at the root; paths, in media and data.
func TestDecodeStrangePlaces(t *testing.T) {
	dim := entryOf(t, "d", "GenericDimensionProperties", []byte(`{}`))
	b := craft(folder{files: []file{dim, {name: "a/b"}}, folders: []*folder{
		{name: "x", files: []file{dim}}, {name: "data", files: []file{dim}}, {name: "media", files: []file{dim}}}})
	app, err := DecodeBytes(b)
	require.NoError(t, err)
	require.Len(t, app.Dimensions, 1)
	size := int64(len(dim.content))
	const kind = "GenericDimensionProperties"
	require.Equal(t, []Entry{{Name: "a/b"}, {"data/d", kind, size}, {"media/d", kind, size}, {"x/d", "", size}}, app.Other)
	again, err := Encode(app)
	require.NoError(t, err)
	same, err := DecodeBytes(again)
	require.NoError(t, err)
	require.Equal(t, app, same)
}

func TestDecodeForeign(t *testing.T) {
	for _, b := range [][]byte{nil, []byte("x"), []byte("PK\x03\x04"), make([]byte, 4096)} {
		_, err := DecodeBytes(b)
		require.ErrorIs(t, err, ErrNotQVF)
		s := Summarize(bytes.NewReader(b), int64(len(b)))
		require.True(t, s.Opaque())
		require.EqualValues(t, len(b), s.Size)
		require.Len(t, s.SHA256, 64)
		require.ErrorIs(t, s.Err, ErrNotQVF)
		require.Contains(t, s.String(), "cannot decode")
	}
	_, err := Decode(bytes.NewReader(nil), -1)
	require.ErrorIs(t, err, ErrNotQVF)
	_, err = Decode(bytes.NewReader(nil), 1<<40)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	broken := errors.New("broken")
	s := Summarize(readerFunc(func([]byte, int64) (int, error) { return 0, broken }), 9)
	require.ErrorIs(t, s.Err, broken)
	require.Empty(t, s.SHA256)
}

type readerFunc func([]byte, int64) (int, error)

func (f readerFunc) ReadAt(b []byte, at int64) (int, error) { return f(b, at) }

func TestDecodeLFSPointer(t *testing.T) {
	oid := "sha256:" + strings.Repeat("4d", 32)
	for in, want := range map[string]LFSError{
		"version https://git-lfs.github.com/spec/v1\noid " + oid + "\nsize 12345\n":       {oid, 12345},
		"version https://git-lfs.github.com/spec/v1\r\noid " + oid + "\r\nsize 1\r\n":     {oid, 1},
		"version https://git-lfs.github.com/spec/v1\nsize -\n" + strings.Repeat("x", 999): {},
	} {
		_, err := DecodeBytes([]byte(in))
		require.ErrorIs(t, err, ErrLFSPointer)
		lfs := (*LFSError)(nil)
		require.ErrorAs(t, err, &lfs)
		require.Equal(t, want, *lfs)
	}
}

// Whatever the bytes, no more is allocated than the limit says.
func TestDecodeBounded(t *testing.T) {
	const limit, slack = 8 << 20, 1 << 20
	object := func(s string) []byte {
		return []byte(`{"qRoot":{"qProperty":0,"qChildren":[` + s + `{"qProperty":0}]}}`)
	}
	for name, f := range map[string]file{
		"nodes":     entryOf(t, "o", "GenericAppObjectEntry", object(strings.Repeat(`{"qProperty":0},`, 1<<17))),
		"extra":     entryOf(t, "o", "GenericAppObjectEntry", object(strings.Repeat(`{"qProperty":0,"":0},`, 1<<17))),
		"variables": entryOf(t, "user_variablelist", "", []byte(`{"qEntryList":[`+strings.Repeat(`{"qProperties":{}},`, 1<<17)+`{}]}`)),
		"script":    entryOf(t, "qvapp_appscript", "", []byte(`{"qScript":"`+strings.Repeat(`\n`, 5<<19)+`"}`)),
		"list":      entryOf(t, "m", "GenericMeasureProperties", []byte(`{"a":[`+strings.Repeat(`[],`, 9<<18)+`0]}`)),
		"fields":    {"qvapp_data", nil, append([]byte("\x031.0\x00\x00\x00\x00\xff\xff\xff\x7f"), make([]byte, 1<<18)...)},
	} {
		b := craft(files(f))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		app, err := Options{MaxDecoded: limit}.Decode(bytes.NewReader(b), int64(len(b)))
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(limit+slack), name)
		if name != "list" {
			require.ErrorIs(t, err, ErrTooLarge, name)
			require.Nil(t, app)
		}
	}
}
