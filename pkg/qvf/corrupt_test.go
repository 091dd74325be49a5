package qvf_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/stretchr/testify/require"
)

// check decodes bytes that may be damaged. Either that fails with an error of this package, or there is
// an app that can be used like any other.
func check(t *testing.T, b []byte, o qvf.Options) *qvf.App {
	app, err := o.Decode(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		require.Nil(t, app)
		known := errors.Is(err, qvf.ErrNotQVF) || errors.Is(err, qvf.ErrLFSPointer)
		require.True(t, known || errors.As(err, new(*qvf.Error)), "%v", err)
		return nil
	}
	digest := qvf.Digest(app)
	for _, v := range qvf.Tabs(app.Script) {
		require.Positive(t, v.Line)
	}
	encoded, err := qvf.Encode(app)
	require.NoError(t, err)
	again, err := qvf.DecodeBytes(encoded)
	require.NoError(t, err)
	require.True(t, reflect.DeepEqual(app, again))
	require.Equal(t, digest, qvf.Digest(again))
	return app
}

// A file cut short is never taken for another app.
func testTruncated(t *testing.T, b []byte, cuts int) {
	want, err := qvf.DecodeBytes(b)
	require.NoError(t, err)
	for i := range cuts {
		n := len(b) * i / cuts
		if app, err := qvf.DecodeBytes(b[:n]); err == nil { // only unused pages were lost
			require.True(t, reflect.DeepEqual(want, app), n)
		}
	}
}

// Flipped bits give an error or an app, and never anything else. It returns how often an error.
func testFlipped(t *testing.T, b []byte, flips int) (failed int) {
	g := newGen(uint64(len(b)))
	for i := range flips {
		at := g.IntN(len(b))
		if i%2 == 0 {
			at = g.IntN(min(len(b), 4096)) // where the structure is
		}
		damaged := bytes.Clone(b)
		damaged[at] ^= 1 << g.IntN(8)
		if check(t, damaged, qvf.Options{}) == nil {
			failed++
		}
	}
	return failed
}

func TestDamaged(t *testing.T) {
	b, err := qvf.Encode(sales())
	require.NoError(t, err)
	testTruncated(t, b, len(b)/32)
	require.Positive(t, testFlipped(t, b, 150), "what is deflated has a checksum")
}

func TestCorpusDamaged(t *testing.T) {
	_, names := corpus(t)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			b := corpusFile(t, name)
			testTruncated(t, b, 10)
			testFlipped(t, b, 3)
		})
	}
}

// A reader that fails anywhere gives its error, with the place.
func TestDecodeReadErrors(t *testing.T) {
	b, err := qvf.Encode(sales())
	require.NoError(t, err)
	broken := errors.New("broken")
	for n := range 1000 {
		r := &failing{Reader: bytes.NewReader(b), left: n, err: broken}
		_, err := qvf.Decode(r, int64(len(b)))
		if err == nil {
			require.Greater(t, n, 10)
			return
		}
		require.ErrorIs(t, err, broken)
		require.ErrorAs(t, err, new(*qvf.Error))
	}
	t.Fatal("never decoded")
}

// failing reads a number of times and then fails.
type failing struct {
	*bytes.Reader
	left int
	err  error
}

func (f *failing) ReadAt(b []byte, at int64) (int, error) {
	if f.left--; f.left < 0 {
		return 0, f.err
	}
	return f.Reader.ReadAt(b, at)
}
