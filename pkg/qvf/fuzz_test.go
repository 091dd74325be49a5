package qvf_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/stretchr/testify/require"
)

func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"))
	for _, app := range []*qvf.App{{}, qvf.New("x"), sales()} {
		b, err := qvf.Encode(app)
		require.NoError(f, err)
		f.Add(b)
		f.Add(bytes.Replace(b, []byte{3, 0, 0, 0}, []byte{7, 0, 0, 0}, 1))
		f.Add(b[:len(b)/2])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		check(t, b, qvf.Options{MaxDecoded: 16 << 20})
	})
}

// FuzzDecodePatched changes a sound file in a few places: each four bytes are an offset, a kind of change
// and a value.
func FuzzDecodePatched(f *testing.F) {
	base, err := qvf.Encode(sales())
	require.NoError(f, err)
	f.Add([]byte{})
	f.Add([]byte{0x40, 0, 1, 4, 0x30, 2, 2, 2})
	f.Fuzz(func(t *testing.T, patches []byte) {
		b := bytes.Clone(base)
		for ; len(patches) >= 4; patches = patches[4:] {
			at := (int(patches[0]) | int(patches[1])<<8) % (len(b) - 8)
			switch v := patches[3]; patches[2] % 4 {
			case 0:
				b[at] = v
			case 1: // a page
				binary.LittleEndian.PutUint64(b[at&^7:], uint64(v)*0x200)
			case 2: // a number
				binary.LittleEndian.PutUint32(b[at&^3:], uint32(v))
			case 3: // a list
				binary.LittleEndian.PutUint64(b[at&^7:], uint64(v)*16|1<<63)
			}
		}
		check(t, b, qvf.Options{MaxDecoded: 16 << 20})
	})
}

// FuzzDecodeDocuments puts the bytes where checksums keep FuzzDecode from: inside of records.
func FuzzDecodeDocuments(f *testing.F) {
	f.Add([]byte(`{"qInfo":{"qId":"a"},"qMetaDef":{"title":"\u00e4"}}`), "a", "b")
	f.Add([]byte(`{"qName":"v","qMeasure":{}}`), "logo.png", "\ufffd")
	f.Fuzz(func(t *testing.T, doc []byte, name, text string) {
		app := qvf.New(text)
		app.Script, app.Meta = text, qvf.Meta{Title: text, Tags: []string{text}, Owner: text}
		app.Measures = []qvf.Item{{ID: name, Meta: app.Meta, Properties: doc}}
		app.Objects = []qvf.Object{{ID: "o", Type: text, Root: qvf.Node{Properties: doc, Children: []qvf.Node{{Properties: doc}},
			Extra: map[string]json.RawMessage{text: doc}}}}
		app.Media = []qvf.Media{{Name: name, Content: doc}}
		app.Bookmarks = []qvf.Bookmark{{ID: "b", Type: text, Body: doc}}
		qvf.Digest(app)
		b, err := qvf.Encode(app)
		if err != nil {
			return
		}
		_, err = qvf.DecodeBytes(b)
		require.NoError(t, err)
		check(t, b, qvf.Options{})
	})
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{`{"b":[1,2.50,-0,1e21],"a":"\u20ac\/"}`, `null`, `"\ud83d\ude00"`, `{"":{}}`, `[1e400]`, "\"\xff\""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := qvf.Canonical(b)
		if err != nil {
			require.Nil(t, c)
			return
		}
		require.True(t, json.Valid(b))
		require.True(t, utf8.Valid(c))
		again, err := qvf.Canonical(c)
		require.NoError(t, err)
		require.Equal(t, string(c), string(again))
		var want, got any
		require.NoError(t, json.Unmarshal(b, &want))
		require.NoError(t, json.Unmarshal(c, &got))
		require.Equal(t, want, got)
	})
}
