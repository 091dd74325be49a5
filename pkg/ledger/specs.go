package ledger

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/qdeploy/qdeploy/pkg/compact"
)

// Specs are the specs that are applied in a tenant, by key. They are kept packed, a tenth
// of what they would be: those of a fleet would fill the memory. The zero value has none.
// They are never changed, and may be read by several goroutines.
type Specs struct {
	packed []byte // JSON, an object
}

// NewSpecs returns specs that say what all does.
func NewSpecs(all map[string]json.RawMessage) Specs {
	if len(all) == 0 {
		return Specs{}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(all); err != nil {
		panic(err) // specs are JSON
	}
	return Specs{compact.Pack(bytes.TrimSuffix(b.Bytes(), []byte("\n")))}
}

// All returns the specs by key, the caller's to keep. It takes a few hundredths of a
// millisecond, so whoever wants several of them asks once.
func (s Specs) All() map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	if s.packed == nil {
		return out
	}
	text, err := compact.Unpack(s.packed)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		panic(err) // they were packed from such an object
	}
	return out
}

// Get returns one spec, nil if there is none.
func (s Specs) Get(key string) json.RawMessage { return s.All()[key] }

// IsZero reports whether there is none.
func (s Specs) IsZero() bool { return s.packed == nil }

// MarshalJSON implements [json.Marshaler].
func (s Specs) MarshalJSON() ([]byte, error) {
	if s.packed == nil {
		return []byte("{}"), nil
	}
	return compact.Unpack(s.packed)
}

// UnmarshalJSON implements [json.Unmarshaler]. It fails on what is not an object.
func (s *Specs) UnmarshalJSON(text []byte) error {
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return err
	}
	switch b := b.Bytes(); {
	case bytes.Equal(b, []byte("null")), bytes.Equal(b, []byte("{}")):
		*s = Specs{}
	case b[0] != '{':
		return errors.New("resources are not an object")
	default:
		*s = Specs{compact.Pack(b)}
	}
	return nil
}
