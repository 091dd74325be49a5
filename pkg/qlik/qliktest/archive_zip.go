package qliktest

import (
	"archive/zip"
	"bytes"
	"cmp"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"path"
	"slices"
	"strings"
)

// read takes over an uploaded archive. It must be a zip with one .qext file,
// at the top or in a folder.
func (a *archive) read(data []byte) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fmt.Errorf("not an archive: %w", err)
	}
	i := slices.IndexFunc(z.File, func(f *zip.File) bool { return strings.HasSuffix(f.Name, ".qext") })
	if i < 0 {
		return fmt.Errorf("the archive has no .qext file")
	}
	raw, err := zipEntry(z.File[i])
	if err != nil {
		return err
	}
	// Authors are written as text or as an object with a name.
	var q struct {
		about
		Author json.RawMessage `json:"author"`
	}
	if err := json.Unmarshal(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), &q); err != nil {
		return fmt.Errorf("%s: %w", z.File[i].Name, err)
	}
	var author struct{ Name string }
	if json.Unmarshal(q.Author, &q.about.Author) != nil && json.Unmarshal(q.Author, &author) == nil {
		q.about.Author = author.Name
	}
	sum, err := checksum(z)
	if err != nil {
		return err
	}
	if q.about.Tags == nil {
		q.about.Tags = a.About.Tags // tags given with an earlier upload stay
	}
	a.About = q.about
	a.Qext = strings.TrimSuffix(path.Base(z.File[i].Name), ".qext")
	h := md5.Sum(data)
	a.Zip, a.MD5, a.Checksum = data, hex.EncodeToString(h[:]), sum
	return nil
}

const maxEntry = 1 << 26

func zipEntry(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	return io.ReadAll(io.LimitReader(r, maxEntry))
}

// checksum is the same for equal files, however they were packed.
//
// assumed: Qlik's own algorithm is not documented.
func checksum(z *zip.Reader) (string, error) {
	var lines []string
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		b, err := zipEntry(f)
		if err != nil {
			return "", fmt.Errorf("%s: %w", f.Name, err)
		}
		lines = append(lines, fmt.Sprintf("%s %x", f.Name, sha256.Sum256(b)))
	}
	slices.Sort(lines)
	return fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(lines, "\n")))), nil
}

func archiveFile(c *call, in *archives) reply {
	a, missing := c.archive(in)
	if missing != nil {
		return *missing
	}
	return ok(a.Zip).with("Content-Disposition", `attachment; filename="`+a.Qext+`.zip"`)
}

// archiveEntry serves one file of an archive, named from its top or from the
// folder of the .qext file.
func archiveEntry(c *call, in *archives) reply {
	a, missing := c.archive(in)
	if missing != nil {
		return *missing
	}
	want := c.arg("filepath")
	z, err := zip.NewReader(bytes.NewReader(a.Zip), int64(len(a.Zip)))
	if err != nil {
		panic(err) // it was read when it came
	}
	for _, f := range z.File {
		if f.Name == want || f.Name == a.Qext+"/"+want {
			b, err := zipEntry(f)
			if err != nil {
				panic(err)
			}
			return ok(b).with("Content-Type", cmp.Or(mime.TypeByExtension(path.Ext(want)), "application/octet-stream"))
		}
	}
	return c.notFound("no file %q in %q", want, a.Qext)
}
