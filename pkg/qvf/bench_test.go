package qvf_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/stretchr/testify/require"
)

// typical is an app shaped like a published one: two thirds pictures, the rest sheets and master items.
func typical(t testing.TB) []byte {
	g := gen{rand.New(rand.NewPCG(7, 7))}
	app := sales()
	word := func() string {
		return []string{"Revenue", "Cost", "Region", "Customer", "Date"}[g.IntN(5)] + fmt.Sprint(g.IntN(999))
	}
	for i := range 150 {
		app.Measures = append(app.Measures, qvf.NewMeasure(fmt.Sprintf("measure%d", i), word(), "Sum({<"+word()+"={1}>} "+word()+")"))
		app.Dimensions = append(app.Dimensions, qvf.NewDimension(fmt.Sprintf("dimension%d", i), word(), word()))
		app.Script += "LOAD " + word() + ", " + word() + " FROM [lib://:Files/" + word() + ".qvd] (qvd);\r\n"
	}
	for i := range 40 {
		sheet := qvf.NewObject(fmt.Sprintf("sheet%d", i), "sheet", word())
		for range 20 {
			p := fmt.Appendf(nil, `{"qInfo":{"qId":%q,"qType":"barchart"},"qHyperCubeDef":{"qMeasures":[{"qDef":{"qDef":%q}}]},`+
				`"showTitles":true,"title":%q,"subtitle":"","x":%.17g,"y":%.17g,"color":%q}`,
				word(), "Sum("+word()+")", word(), 100*g.Float64(), 100*g.Float64(), fmt.Sprintf("#%06x", g.Uint32()&0xffffff))
			sheet.Root.Children = append(sheet.Root.Children, qvf.Node{Properties: p})
		}
		app.Objects = append(app.Objects, sheet)
	}
	for i := range 10 {
		picture := append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 60000)...)
		for i := range picture[8:] {
			picture[8+i] = byte(g.Uint32())
		}
		app.Media = append(app.Media, qvf.Media{Name: fmt.Sprintf("p%02d.png", i), Content: picture})
	}
	b, err := qvf.Encode(app)
	require.NoError(t, err)
	return b
}

// samples are the files to measure with: the corpus if there is one, or else a synthetic app.
func samples(t testing.TB) map[string][]byte {
	m := map[string][]byte{}
	if os.Getenv(corpusEnv) == "" {
		m["synthetic"] = typical(t)
		return m
	}
	_, names := corpus(t)
	for _, name := range names {
		m[name] = corpusFile(t, name)
	}
	return m
}

// records are the zlib streams that decoding a file inflates.
func records(t testing.TB, b []byte) (packed [][]byte, size int64) {
	p := plain{t, b}
	p.read(p.stream(0x200), "", func(path string, _, content []byte) {
		if len(content) < 32 || string(content[4:14]) != `{"format":` || path == "qvapp_allproperties" ||
			path == "qvapp_derivedfieldlist" || path == "qvapp_deriveddefinitionlist" {
			return
		}
		packed = append(packed, content[32:])
		size += int64(binary.LittleEndian.Uint32(content[24:]))
	})
	return packed, size
}

// inflate inflates each stream into memory of its own, as decoding has to.
func inflate(t testing.TB, packed [][]byte, sizes []int) {
	var src bytes.Reader
	var z io.ReadCloser
	for i, b := range packed {
		src.Reset(b)
		var err error
		if z == nil {
			z, err = zlib.NewReader(&src)
		} else {
			err = z.(zlib.Resetter).Reset(&src, nil)
		}
		require.NoError(t, err)
		_, err = io.ReadFull(z, make([]byte, sizes[i]))
		require.NoError(t, err)
	}
}

func sizesOf(t testing.TB, packed [][]byte) []int {
	var sizes []int
	for _, b := range packed {
		z, err := zlib.NewReader(bytes.NewReader(b))
		require.NoError(t, err)
		n, err := io.Copy(io.Discard, z)
		require.NoError(t, err)
		sizes = append(sizes, int(n))
	}
	return sizes
}

// BenchmarkInflate is the floor: what the same streams take to inflate and nothing else.
func BenchmarkInflate(b *testing.B) {
	all := samples(b)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		file := all[name]
		b.Run(name, func(b *testing.B) {
			packed, size := records(b, file)
			sizes := sizesOf(b, packed)
			b.SetBytes(size)
			for b.Loop() {
				inflate(b, packed, sizes)
			}
		})
	}
}

// BenchmarkDecode measures MB/s of inflated content, its time over plain inflation's ("of-inflate", at
// most 2 is the goal), and live memory over the file's size ("mem/file", at most 3).
func BenchmarkDecode(b *testing.B) {
	all := samples(b)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		file := all[name]
		b.Run(name, func(b *testing.B) {
			packed, size := records(b, file)
			sizes := sizesOf(b, packed)
			memory := live(b, file) / float64(len(file))
			var decode, floor time.Duration
			for b.Loop() { // without StopTimer, which costs more than decoding a small app
				start := time.Now()
				_, err := qvf.DecodeBytes(file)
				decode += time.Since(start)
				require.NoError(b, err)
				start = time.Now()
				inflate(b, packed, sizes)
				floor += time.Since(start)
			}
			b.ReportMetric(float64(decode.Nanoseconds())/float64(b.N), "ns/op")
			b.ReportMetric(float64(size)*float64(b.N)/1e6/decode.Seconds(), "MB/s")
			b.ReportMetric(float64(decode)/float64(floor), "of-inflate")
			b.ReportMetric(memory, "mem/file")
		})
	}
}

// live is how many bytes a decoded app keeps.
func live(t testing.TB, file []byte) float64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	app, err := qvf.DecodeBytes(file)
	require.NoError(t, err)
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(app)
	return float64(after.HeapAlloc) - float64(before.HeapAlloc)
}

func BenchmarkDigest(b *testing.B) {
	all := samples(b)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		file := all[name]
		b.Run(name, func(b *testing.B) {
			app, err := qvf.DecodeBytes(file)
			require.NoError(b, err)
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				qvf.Digest(app)
			}
		})
	}
}

func TestMemory(t *testing.T) {
	for name, file := range samples(t) {
		require.Less(t, live(t, file)/float64(len(file)), 3.0, name)
	}
}
