package qvf

import (
	"errors"
	"fmt"
)

var (
	// ErrNotQVF says that the bytes do not begin like a QVF file.
	ErrNotQVF = errors.New("not a QVF file")
	// ErrLFSPointer says that the bytes are a Git LFS pointer and the app lies elsewhere; see [LFSError].
	ErrLFSPointer = errors.New("git lfs pointer instead of the file")
	// ErrTooLarge says that decoding would exceed [Options.MaxDecoded].
	ErrTooLarge = errors.New("exceeds the decoding limit")
)

// Error says where in a file decoding stopped, or which entry could not be encoded.
type Error struct {
	// Offset is where in the file: of the page or directory line at fault, or of the entry's stream.
	// It is -1 when encoding.
	Offset int64
	// Entry is the path of the entry at fault; empty for the container itself.
	Entry string
	Err   error
}

// Error is "offset 0x1400: qvapp_appscript: what is wrong".
func (e *Error) Error() string {
	where := ""
	if e.Offset >= 0 {
		where = fmt.Sprintf("offset 0x%x: ", e.Offset)
	}
	if e.Entry != "" {
		where += fmt.Sprintf("%q: ", e.Entry)
	}
	return where + e.Err.Error()
}

// Unwrap returns what is wrong.
func (e *Error) Unwrap() error { return e.Err }

// LFSError is an [ErrLFSPointer] with what the pointer says. Source: the Git LFS pointer specification.
type LFSError struct {
	// OID is "sha256:<hex>", Size the size of the file pointed to; empty and 0 if the pointer is malformed.
	OID  string
	Size int64
}

// Error names the object pointed to.
func (e *LFSError) Error() string {
	return fmt.Sprintf("%v (%s, %d bytes); run git lfs pull", ErrLFSPointer, e.OID, e.Size)
}

// Is says that e is an [ErrLFSPointer].
func (e *LFSError) Is(target error) bool { return target == ErrLFSPointer }

func fail(offset int64, entry string, err error) error {
	return &Error{Offset: offset, Entry: entry, Err: err}
}

func failf(offset int64, entry, format string, args ...any) error {
	return fail(offset, entry, fmt.Errorf(format, args...))
}
