package qvf

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

// Summary is what can be said of a file whether or not it can be decoded.
type Summary struct {
	Size int64
	// SHA256 of the file's bytes, in hexadecimal; empty if they could not be read.
	SHA256 string
	// App is what the file holds and Digest its digest; nil and empty if it cannot be decoded.
	App    *App
	Digest string
	// Err says why there is no App, or why there is no SHA256.
	Err error
}

// Opaque says whether size and hash are all there is.
func (s Summary) Opaque() bool { return s.App == nil }

// String is one line: title and digest, or size, hash and the reason.
func (s Summary) String() string {
	if s.Opaque() {
		return fmt.Sprintf("cannot decode, %d bytes, sha256:%s: %v", s.Size, s.SHA256, s.Err)
	}
	return fmt.Sprintf("%s %s", s.App.Title(), s.Digest)
}

// Summarize decodes what it can. It never fails: a file that cannot be decoded is opaque, and Err says why.
func Summarize(r io.ReaderAt, size int64) Summary { return Options{}.Summarize(r, size) }

// Summarize is [Summarize] within the options' bounds.
func (o Options) Summarize(r io.ReaderAt, size int64) Summary {
	s := Summary{Size: size}
	h := sha256.New()
	if _, s.Err = io.Copy(h, io.NewSectionReader(r, 0, max(size, 0))); s.Err != nil {
		return s
	}
	s.SHA256 = hex.EncodeToString(h.Sum(nil))
	if s.App, s.Err = o.Decode(r, size); s.Err == nil {
		s.Digest = Digest(s.App)
	}
	return s
}
