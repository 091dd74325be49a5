package qliktest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
)

// A digest is the source of every id: sha256 over what names the object.
func digest(parts ...string) [sha256.Size]byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	var sum [sha256.Size]byte
	h.Sum(sum[:0])
	return sum
}

// Formats of ids, by kind of object.
func hex24(sum [sha256.Size]byte) string { return hex.EncodeToString(sum[:12]) }
func hex32(sum [sha256.Size]byte) string { return hex.EncodeToString(sum[:16]) }
func url32(sum [sha256.Size]byte) string { return base64.RawURLEncoding.EncodeToString(sum[:24]) }
func guid(sum [sha256.Size]byte) string {
	sum[6] = sum[6]&0x0f | 0x40
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// newID derives the id of a new object from its tenant, kind, natural name
// and how many of that name came before it, deleted ones included. Equal
// names made in any order therefore get equal ids, and no id is used twice.
func (t *Tenant) newID(kind, natural string, format func([sha256.Size]byte) string, taken func(string) bool) string {
	key := kind + "\x00" + natural
	for n := t.Made[key]; ; n++ {
		id := format(digest(t.cloud.opts.Seed, t.ID, kind, natural, strconv.Itoa(n)))
		if taken(id) {
			continue
		}
		if n > 0 {
			t.count(key, n+1)
		}
		return id
	}
}

// bury remembers that an object of this natural name existed, before it is
// deleted or renamed, so that the next one does not inherit its id.
func (t *Tenant) bury(kind, natural string) {
	key := kind + "\x00" + natural
	if t.Made[key] == 0 {
		t.count(key, 1)
	}
}

// renamed buries a natural name that changes.
func (t *Tenant) renamed(kind, old, now string) {
	if old != now {
		t.bury(kind, old)
	}
}

func (t *Tenant) count(key string, n int) {
	if t.Made == nil {
		t.Made = map[string]int{}
	}
	t.Made[key] = n
}

// A stamp is a time in milliseconds; zero is no time and prints as "".
type stamp int64

func stampOf(t time.Time) stamp { return stamp(t.UnixMilli()) }

func (s stamp) time() time.Time { return time.UnixMilli(int64(s)).UTC() }

func (s stamp) add(d time.Duration) stamp { return s + stamp(d.Milliseconds()) }

func (s stamp) String() string {
	if s == 0 {
		return ""
	}
	return s.time().Format("2006-01-02T15:04:05.000Z")
}

func (s stamp) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

func (s *stamp) UnmarshalJSON(b []byte) error {
	if string(b) == `""` {
		*s = 0
		return nil
	}
	t, err := time.Parse(`"2006-01-02T15:04:05.000Z"`, string(b))
	if err != nil {
		return err
	}
	*s = stampOf(t)
	return nil
}
