package qvf

import (
	"bytes"
	"strconv"
	"strings"
)

// lfsPointer returns an *LFSError if head begins a Git LFS pointer.
// Source: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
func lfsPointer(head []byte) error {
	if !bytes.HasPrefix(head, []byte("version https://git-lfs")) {
		return nil
	}
	e := &LFSError{}
	for line := range strings.Lines(string(head)) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		switch key {
		case "oid":
			e.OID = value
		case "size":
			e.Size, _ = strconv.ParseInt(value, 10, 64) // malformed: 0
		}
	}
	return e
}
