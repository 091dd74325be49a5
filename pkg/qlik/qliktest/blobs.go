package qliktest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"sync"
)

// A blob is the content of an app, kept once however many apps have it.
type blob struct {
	Data []byte

	sum         string // sha256, hex
	title       string // from the app's own properties, "" if they cannot be read
	description string
	script      string
	hasData     bool
}

// A blobStore keeps contents by their sum, for all tenants of a cloud.
type blobStore struct {
	mu  sync.RWMutex
	sum map[string]*blob
}

// put stores a content, or returns errNotQVF.
func (s *blobStore) put(data []byte) (*blob, error) {
	if !bytes.HasPrefix(data, []byte(qvfMagic)) {
		return nil, errNotQVF
	}
	h := sha256.Sum256(data)
	sum := hex.EncodeToString(h[:])
	if b := s.get(sum); b != nil {
		return b, nil
	}
	b := &blob{Data: data, sum: sum}
	b.read()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sum == nil {
		s.sum = map[string]*blob{}
	}
	s.sum[sum] = b
	return b, nil
}

// share returns the stored copy of a content, and stores it if there is none:
// thousands of tenants are sent the same app. What is not an app is not kept.
func (s *blobStore) share(data []byte) []byte {
	b, err := s.put(data)
	if err != nil {
		return data
	}
	return b.Data
}

func (s *blobStore) get(sum string) *blob {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.sum[sum]
}

// read looks into the file. What cannot be read is left empty, and counts as
// an app without data.
func (b *blob) read() {
	list, err := readQVFRoot(b.Data)
	if err != nil {
		return
	}
	var props struct{ QTitle, Description string }
	if readQVFJSON(b.Data, list, "qvapp_approperties", &props) == nil {
		b.title, b.description = props.QTitle, props.Description
	}
	var script struct{ QScript string }
	if readQVFJSON(b.Data, list, "qvapp_appscript", &script) == nil {
		b.script = script.QScript
	}
	if e, found := findQVF(list, "qvapp_data"); found {
		s, err := readQVFStream(b.Data, e.header)
		b.hasData = err == nil && s.used > qvfNoData
	}
}
