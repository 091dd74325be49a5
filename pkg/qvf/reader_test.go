package qvf_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"testing"

	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/stretchr/testify/require"
)

// plain is a second reader of the format, written from the package's documentation and sharing no code
// with it. It trusts what it reads.
type plain struct {
	testing.TB
	b []byte
}

func (p plain) u32(b []byte, at int) int { return int(binary.LittleEndian.Uint32(b[at:])) }
func (p plain) u64(b []byte, at int) int { return int(binary.LittleEndian.Uint64(b[at:])) }

func (p plain) extents(at, n int) []byte {
	var out []byte
	for end := at + n; at < end; at += 16 {
		offset, length := p.u64(p.b, at), binary.LittleEndian.Uint64(p.b[at+8:])
		switch {
		case length == 0:
			return out
		case length>>63 == 1:
			out = append(out, p.extents(offset, int(length&^(1<<63)))...)
		default:
			out = append(out, p.b[offset:offset+int(length)]...)
		}
	}
	return out
}

func (p plain) stream(at int) []byte {
	list := p.u64(p.b, at+0x20)
	length := binary.LittleEndian.Uint64(p.b[at+0x28:]) &^ (1 << 63)
	return p.extents(list, int(length))[:p.u64(p.b, at)]
}

// read calls f for each file with its path, its line's JSON and its stream.
func (p plain) read(dir []byte, parent string, f func(path string, meta, content []byte)) {
	for at := 0; at < len(dir); at += 64 {
		kind := p.u32(dir, at)
		if kind != 3 && kind != 7 {
			continue
		}
		body := bytes.Clone(dir[at+8 : at+64])
		for i := range p.u32(dir, at+4) {
			next := at + 64*(i+1)
			require.Equal(p, 1, p.u32(dir, next))
			body = append(body, dir[next+4:next+64]...)
		}
		require.Equal(p, 0x200, p.u64(body, 16))
		n := p.u32(body, 24)
		path := parent + string(body[28:28+n])
		meta := body[32+n:][:p.u32(body, 28+n)]
		content := p.stream(p.u64(body, 8))
		if kind == 7 {
			p.read(content, path+"/", f)
			continue
		}
		require.Zero(p, meta[len(meta)-1])
		f(path, meta[:len(meta)-1], content)
	}
}

func (p plain) record(b []byte, format string) []byte {
	require.Equal(p, 20, p.u32(b, 0))
	require.Equal(p, `{"format":"`+format+"\"}\x00", string(b[4:24]))
	require.Equal(p, len(b)-32, p.u32(b, 28))
	z, err := zlib.NewReader(bytes.NewReader(b[32:]))
	require.NoError(p, err)
	raw, err := io.ReadAll(z)
	require.NoError(p, err)
	require.Len(p, raw, p.u32(b, 24))
	return raw
}

// Another reader of the format reads what the writer writes.
func TestPlainReader(t *testing.T) {
	app := sales()
	for i := range 2000 { // so many that the root's extent list is a tree
		app.Measures = append(app.Measures, qvf.NewMeasure(fmt.Sprintf("id%d", i), "T", "Sum(x)"))
	}
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<17) // 2 MiB
	app.Media = append(app.Media, qvf.Media{Name: "photo.png", Content: append([]byte("\x89PNG\r\n\x1a\n"), big...)})
	b, err := qvf.Encode(app)
	require.NoError(t, err)
	require.Zero(t, len(b)%4096)
	p := plain{t, b}
	require.Equal(t, "ffff0100c1060000", fmt.Sprintf("%x", b[:8]))
	measures, seen := 0, map[string][]byte{}
	p.read(p.stream(p.u64(b, 0x40)), "", func(path string, meta, content []byte) {
		seen[path] = content
		var line map[string]string
		require.NoError(t, json.Unmarshal(meta, &line))
		if line["Type"] != "GenericMeasureProperties" {
			return
		}
		measures++
		raw := p.record(content, "gzjson")
		require.True(t, json.Valid(bytes.TrimSuffix(raw, []byte{0})))
		security, err := base64.StdEncoding.DecodeString(line["SecurityMetaAsBase64"])
		require.NoError(t, err)
		require.True(t, json.Valid(bytes.TrimSuffix(security, []byte{0})))
	})
	require.Equal(t, len(app.Measures), measures)
	var script struct{ QScript string }
	require.NoError(t, json.Unmarshal(bytes.TrimSuffix(p.record(seen["qvapp_appscript"], "gzjson"), []byte{0}), &script))
	require.Equal(t, app.Script, script.QScript)
	require.Equal(t, app.Media[0].Content, p.record(seen["media/logo.png"], "binary")[22:])
	photo := p.record(seen["media/photo.png"], "binary")
	require.True(t, bytes.HasSuffix(photo, app.Media[1].Content))
	require.GreaterOrEqual(t, len(seen["qvapp_data"]), 214)
	require.Equal(t, byte('{'), seen["qvapp_header"][0])
}

// An export without data has the 35 bytes of qvapp_data that all such exports have.
func TestWithoutData(t *testing.T) {
	b, err := qvf.Encode(qvf.New("x"))
	require.NoError(t, err)
	p := plain{t, b}
	p.read(p.stream(0x200), "", func(path string, _, content []byte) {
		if path == "qvapp_data" {
			require.Len(t, content, 35)
			require.Equal(t, byte(1), content[24])
		}
	})
}
