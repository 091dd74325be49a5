package qvf

import (
	"bytes"
	"errors"
)

// The engine's binary serialisation begins lengths like UTF-8: the number of leading ones of the first
// byte says how many bytes follow, little endian, above the first byte's remaining bits. Source: observed.

var errPacked = errors.New("malformed length")

// packed reads such a length at the start of b and returns what follows it.
func packed(b []byte) (uint64, []byte, error) {
	if len(b) == 0 {
		return 0, nil, errPacked
	}
	more := 0
	for more < 5 && b[0]&(0x80>>more) != 0 {
		more++
	}
	if more > 4 || len(b) <= more {
		return 0, nil, errPacked
	}
	v := uint64(b[0] & (0x7f >> more))
	for i, c := range b[1 : more+1] {
		v |= uint64(c) << (7 - more + 8*i)
	}
	return v, b[more+1:], nil
}

// appendPacked writes v in 1+more bytes; v fits in 7*(more+1) bits.
func appendPacked(b []byte, v uint64, more int) []byte {
	ones := byte(0xff) << (8 - more)
	low := 7 - more
	b = append(b, ones|byte(v)&(0x7f>>more))
	for v >>= low; more > 0; more-- {
		b = append(b, byte(v))
		v >>= 8
	}
	return b
}

// packedString reads a length and as many bytes.
func packedString(b []byte) (string, []byte, error) {
	n, b, err := packed(b)
	if err != nil || n > uint64(len(b)) {
		return "", nil, errPacked
	}
	return string(b[:n]), b[n:], nil
}

func appendPackedString(b []byte, s string) []byte {
	more := 0
	for more < 4 && len(s)>>(7*(more+1)) > 0 {
		more++
	}
	return append(appendPacked(b, uint64(len(s)), more), s...)
}

const mediaTag = "mediaitem"

// mediaHead is what stands between the item's length and its tag. Source: observed, meaning unknown.
var mediaHead = []byte{0, 0, 1, 2, 0, 0}

// mediaContent takes a bundled file out of its serialisation: length of the rest, head, tag, length,
// bytes. If that changes one day, the file is found by the signature of the common image formats.
func mediaContent(b []byte) ([]byte, error) {
	if n, rest, err := packed(b); err == nil && n == uint64(len(rest)) && len(rest) > len(mediaHead) {
		tag, rest, err := packedString(rest[len(mediaHead):])
		if n, content, err2 := packed(rest); err == nil && err2 == nil && tag == mediaTag && n == uint64(len(content)) {
			return content, nil
		}
	}
	at := -1
	for _, magic := range []string{"\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF8", "RIFF", "<svg", "<?xml", "BM"} {
		i := bytes.Index(b[:min(len(b), 64)], []byte(magic))
		if i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	if at < 0 {
		return nil, errors.New("unknown serialisation of a bundled file")
	}
	return b[at:], nil
}

// appendMedia is the inverse of mediaContent. Lengths take three bytes even when two would do, because
// all files seen have the content at byte 22 and a reader may count on it; from 1 MiB on they take four.
func appendMedia(b, content []byte) []byte {
	more := 2
	if len(content) >= 1<<20-64 {
		more = 3
	}
	if len(content) >= 1<<27-64 {
		more = 4
	}
	total := len(mediaHead) + 1 + len(mediaTag) + 1 + more + len(content)
	b = appendPacked(b, uint64(total), more)
	b = append(b, mediaHead...)
	b = appendPackedString(b, mediaTag)
	b = appendPacked(b, uint64(len(content)), more)
	return append(b, content...)
}
