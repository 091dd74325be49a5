// Package compact makes data small that is kept for thousands of tenants, and seldom looked
// at: what one tenant has is much the same all over.
//
// It is a package of the qdeploy program, not a stable API.
package compact

import (
	"bytes"
	"compress/flate"
	"io"
	"sync"
)

// deflators are kept: one is larger than what it packs.
var deflators = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is one
	}
	return w
}}

// Pack returns plain in fewer bytes, and the same for the same.
func Pack(plain []byte) []byte {
	var b bytes.Buffer
	z := deflators.Get().(*flate.Writer)
	defer deflators.Put(z)
	z.Reset(&b)
	_, _ = z.Write(plain) // to memory
	_ = z.Close()
	return bytes.Clone(b.Bytes()) // without what the buffer has to spare
}

var inflators = sync.Pool{New: func() any { return flate.NewReader(nil) }}

// Unpack is the reverse of [Pack]. It fails on what is damaged.
func Unpack(packed []byte) ([]byte, error) {
	z := inflators.Get().(io.ReadCloser)
	defer inflators.Put(z)
	if err := z.(flate.Resetter).Reset(bytes.NewReader(packed), nil); err != nil {
		return nil, err
	}
	b := bytes.NewBuffer(make([]byte, 0, 16*len(packed)))
	_, err := b.ReadFrom(z)
	return b.Bytes(), err
}
