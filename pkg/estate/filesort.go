package estate

import (
	"archive/zip"
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
	"sync"
)

// sum is the MD5 of a file or a packed folder, or the digest of a definition or a shape,
// or why there is none.
type sum struct {
	sum     string
	fields  map[string]any // of a shape
	problem Problem
}

// sum returns the sum of a file of some sort, made once; of an archive that must hold
// name.qext.
func (e *Estate) sum(file, name, sort string) sum {
	f, _ := e.sums.LoadOrStore(file+"\x00"+name+"\x00"+sort, sync.OnceValue(func() sum {
		text, err := e.Content(file)
		if err != nil {
			return sum{problem: fileProblem(file, err)}
		}
		if p := checkFile(text, file, name, sort); p.Message != "" {
			return sum{problem: p}
		}
		h := md5.Sum(text)
		return sum{sum: hex.EncodeToString(h[:])}
	}))
	return f.(func() sum)()
}

// checkFile says what is wrong with a file that must be of some sort.
func checkFile(text []byte, file, name, sort string) Problem {
	if bytes.HasPrefix(text, []byte("version https://git-lfs")) {
		return Problem{Message: file + " is a Git LFS pointer, not the " + sort, Hint: "fetch it: git lfs pull"}
	}
	if sort == "archive" {
		return checkArchive(text, file, name)
	}
	return checkLook(text, file, sort)
}

// looks are the files of a brand: how they begin, and how long they may be.
//
// https://qlik.dev/apis/rest/brands
var looks = map[string]struct {
	begins []string
	is     string
	most   int // bytes
}{
	"image":  {[]string{"\x89PNG\r\n\x1a\n", "\xff\xd8\xff"}, "a PNG or a JPG", 300 << 10},
	"icon":   {[]string{"\x00\x00\x01\x00"}, "an ICO", 100 << 10},
	"styles": {[]string{""}, "a style sheet", 100 << 10},
}

func checkLook(text []byte, file, sort string) Problem {
	look := looks[sort]
	fits := false
	for _, b := range look.begins {
		fits = fits || bytes.HasPrefix(text, []byte(b))
	}
	switch {
	case !fits:
		return Problem{Message: fmt.Sprintf("%s is not %s", file, look.is)}
	case len(text) > look.most:
		return Problem{Message: fmt.Sprintf("%s has %d KB, and Qlik takes %d KB", file, (len(text)+1023)>>10, look.most>>10)}
	}
	return Problem{}
}

// checkArchive says what is wrong with the archive of a theme or an extension.
func checkArchive(text []byte, file, name string) Problem {
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return Problem{Message: file + " is neither a folder nor a zip archive"}
	}
	var others []string
	for _, f := range z.File {
		base := path.Base(f.Name)
		if base == name+".qext" {
			return Problem{}
		}
		if path.Ext(base) == ".qext" {
			others = append(others, strings.TrimSuffix(base, ".qext"))
		}
	}
	p := Problem{Message: fmt.Sprintf("%s holds no %s.qext", file, name)}
	if len(others) > 0 {
		p.Hint = "by the file inside, its name is " + oneOf(others)
	}
	return p
}
