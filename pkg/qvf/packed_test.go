package qvf

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPacked(t *testing.T) {
	for in, want := range map[string]uint64{ // seen in files, but for the first and the last two
		"\x00":                 0,
		"\x16":                 22,
		"\xb3\x7c":             7987,
		"\xbc\x04":             316,
		"\xd7\x36\x01":         9943,
		"\xc2\xd2\x05":         47682,
		"\xe1\x01\x00\x01":     1 | 0x10001<<4,
		"\xf1\x01\x00\x00\x01": 1 | 0x1000001<<3,
	} {
		got, rest, err := packed([]byte(in + "rest"))
		require.NoError(t, err)
		require.Equal(t, want, got, "%x", in)
		require.Equal(t, "rest", string(rest))
		require.Equal(t, in, string(appendPacked(nil, want, len(in)-1)))
	}
	for _, in := range []string{"", "\x80", "\xc0\x00", "\xf0\x00\x00\x00", "\xf8\x00\x00\x00\x00\x00", "\xff"} {
		_, _, err := packed([]byte(in))
		require.Error(t, err, "%x", in)
	}
	_, _, err := packedString([]byte("\x05four"))
	require.Error(t, err)
	for _, n := range []int{0, 1, 127, 128, 1 << 14, 1 << 21} {
		s := string(make([]byte, n))
		got, rest, err := packedString(appendPackedString(nil, s))
		require.NoError(t, err)
		require.Equal(t, s, got)
		require.Empty(t, rest)
	}
}

func TestMediaContent(t *testing.T) {
	for _, n := range []int{0, 1, 9924, 1<<20 - 65, 1<<20 - 64, 1 << 22} {
		want := make([]byte, n)
		got, err := mediaContent(appendMedia(nil, want))
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, got), n)
	}
	// The head of a real file of 47663 bytes.
	require.Equal(t, "\xc2\xd2\x05\x00\x00\x01\x02\x00\x00\x09mediaitem\xcf\xd1\x05", string(appendMedia(nil, make([]byte, 47663))[:22]))
	short := append([]byte("\x16\x00\x00\x01\x02\x00\x00\x09mediaitem\x05"), "<svg>"...)
	got, err := mediaContent(short)
	require.NoError(t, err)
	require.Equal(t, "<svg>", string(got))
	for _, content := range []string{"\x89PNG\r\n\x1a\nx", "\xff\xd8\xffx", "GIF89a", "RIFF....WEBP", "<svg/>", "<?xml?><svg/>"} {
		got, err := mediaContent([]byte("a new head" + content))
		require.NoError(t, err)
		require.Equal(t, content, string(got))
	}
}

// Data in a layout that is not known is still data.
func TestDataUnknown(t *testing.T) {
	model := entryOf(t, "qvapp_meta", "DataModelMetadata", []byte(`{"qtables":[{"qname":"A","qno_of_rows":7,"qno_of_fields":2}]}`))
	b := craft(files(model, file{name: "qvapp_data", content: bytes.Repeat([]byte{0xff}, 214)}))
	app, err := DecodeBytes(b)
	require.NoError(t, err)
	require.Equal(t, Data{Present: true, Tables: []Table{{Name: "A", Fields: 2, Rows: 7}}}, app.Data)
	require.EqualValues(t, 7, app.Data.Rows())

	kind := []byte(`{"Type":"qvapp_ctable"}`)
	tables := &folder{name: "data", files: []file{
		{"table_0", kind, []byte("\x01A\x01B00000000\x02\x00\x00\x00\x03\x00\x00\x00\xff\xff\xff\xff")},
		{"table_1", kind, []byte("\x01A\x01B00000000\x02\x00\x00\x00\x03\x00\x00\x00\xff\xff\xff")},
		{"table_2", kind, []byte("\x01A\xff")},
		{"table_3", kind, []byte("\x01\xff")},
	}}
	app, err = DecodeBytes(craft(folder{folders: []*folder{tables}}))
	require.NoError(t, err)
	require.Equal(t, Data{Present: true, Tables: []Table{{Name: "A", Source: "B", Fields: 2, Rows: 3}}}, app.Data)
	require.Len(t, app.Other, 3)
	again, err := Encode(app)
	require.NoError(t, err)
	same, err := DecodeBytes(again)
	require.NoError(t, err)
	require.Equal(t, app, same)
}

// A long stream's reads go on from run to run.
func TestReadAcrossRuns(t *testing.T) {
	b := binary.LittleEndian.AppendUint64(nil, 0x0706050403020100)
	c := container{r: bytes.NewReader(b), size: 8}
	s := stream{size: 6, runs: []run{{4, 2}, {0, 3}, {7, 1}}}
	var got [4]byte
	require.NoError(t, c.read(s, got[:], 1))
	require.Equal(t, [4]byte{5, 0, 1, 2}, got)
	require.Error(t, c.read(s, got[:], 3))
	require.EqualValues(t, 7, s.offset(5))
}

func TestErrors(t *testing.T) {
	require.Equal(t, `offset 0x1400: "a": too bad`, failf(0x1400, "a", "too bad").Error())
	require.Equal(t, `"a": too bad`, failf(-1, "a", "too bad").Error())
	require.Equal(t, "git lfs pointer instead of the file (sha256:00, 9 bytes); run git lfs pull",
		(&LFSError{OID: "sha256:00", Size: 9}).Error())
}
