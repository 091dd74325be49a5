package estate

import (
	"archive/zip"
	"bytes"
	"fmt"
	"path"
	"strings"
	"sync"
)

// sum is the MD5 of a file or a packed folder, or the digest of a definition or a shape,
// or why there is none.
type sum struct {
	sum     string
	size    int64          // of a file, in bytes
	fields  map[string]any // of a shape
	problem Problem
}

// sum returns the sum of a file of some sort, made once; of an archive that must hold
// name.qext.
func (e *Estate) sum(file, name, sort string) sum {
	f, _ := e.sums.LoadOrStore(file+"\x00"+name+"\x00"+sort, sync.OnceValue(func() sum {
		f, err := e.Open(file)
		if err != nil {
			return sum{problem: fileProblem(file, err)}
		}
		defer f.Close()
		p, err := f.check(name, sort)
		if p.Message != "" {
			return sum{problem: p}
		}
		h := ""
		if err == nil {
			h, err = f.md5()
		}
		if err != nil {
			return sum{problem: fileProblem(file, err)}
		}
		return sum{sum: h, size: f.size}
	}))
	return f.(func() sum)()
}

// check says what is wrong with a file that must be of some sort.
func (f *File) check(name, sort string) (Problem, error) {
	head, err := f.head(longestPointer)
	switch {
	case err != nil:
		return Problem{}, err
	case f.folder && sort != "archive":
		return fileProblem(f.name, errFolder), nil
	case bytes.HasPrefix(head, []byte("version https://git-lfs")):
		return Problem{Message: f.name + " is a Git LFS pointer, not the " + sort, Hint: "fetch it: git lfs pull"}, nil
	case sort == "archive":
		return f.checkArchive(name), nil
	case sort == "data":
		return Problem{}, nil
	}
	return f.checkLook(head, sort), nil
}

// looks are the files of a brand: how they begin, and how long they may be.
//
// https://qlik.dev/apis/rest/brands
var looks = map[string]struct {
	begins []string
	is     string
	most   int64 // bytes
}{
	"image":  {[]string{"\x89PNG\r\n\x1a\n", "\xff\xd8\xff"}, "a PNG or a JPG", 300 << 10},
	"icon":   {[]string{"\x00\x00\x01\x00"}, "an ICO", 100 << 10},
	"styles": {[]string{""}, "a style sheet", 100 << 10},
}

func (f *File) checkLook(head []byte, sort string) Problem {
	look := looks[sort]
	fits := false
	for _, b := range look.begins {
		fits = fits || bytes.HasPrefix(head, []byte(b))
	}
	switch {
	case !fits:
		return Problem{Message: fmt.Sprintf("%s is not %s", f.name, look.is)}
	case f.size > look.most:
		return Problem{Message: fmt.Sprintf("%s has %d KB, and Qlik takes %d KB", f.name, (f.size+1023)>>10, look.most>>10)}
	}
	return Problem{}
}

// checkArchive says what is wrong with the archive of a theme or an extension.
func (f *File) checkArchive(name string) Problem {
	z, err := zip.NewReader(f, f.size)
	if err != nil {
		return Problem{Message: f.name + " is neither a folder nor a zip archive"}
	}
	var others []string
	for _, in := range z.File {
		base := path.Base(in.Name)
		if base == name+".qext" {
			return Problem{}
		}
		if path.Ext(base) == ".qext" {
			others = append(others, strings.TrimSuffix(base, ".qext"))
		}
	}
	p := Problem{Message: fmt.Sprintf("%s holds no %s.qext", f.name, name)}
	if len(others) > 0 {
		p.Hint = "by the file inside, its name is " + oneOf(others)
	}
	return p
}
