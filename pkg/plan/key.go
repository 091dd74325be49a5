package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind is a class of Qlik object, "space" for example.
type Kind string

// Key identifies a resource within a tenant: a kind and a name. Qlik's IDs
// differ from tenant to tenant and are never part of it. The name of a resource
// that lives inside another begins with the other's name and a slash, as in
// "assignment/Finance/group:Auditors".
type Key struct {
	Kind Kind
	Name string
}

// String returns "kind/name".
func (k Key) String() string { return string(k.Kind) + "/" + k.Name }

// IsZero reports whether k is the zero Key.
func (k Key) IsZero() bool { return k == Key{} }

// ParseKey reads what [Key.String] writes: the kind ends at the first slash.
func ParseKey(s string) (Key, error) {
	kind, name, ok := strings.Cut(s, "/")
	if !ok || kind == "" || name == "" {
		return Key{}, fmt.Errorf("%q is not kind/name", s)
	}
	return Key{Kind(kind), name}, nil
}

// keyOf returns the key that s says, or the zero Key, which is in no map.
func keyOf(s string) Key {
	k, _ := ParseKey(s)
	return k
}

// MarshalText writes the key as [Key.String] does.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what [Key.MarshalText] writes; empty text is the zero Key.
func (k *Key) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 || string(b) == "/" {
		*k = Key{}
		return nil
	}
	*k, err = ParseKey(string(b))
	return err
}

// Compare orders keys by kind, then by name.
func (k Key) Compare(l Key) int {
	if k.Kind != l.Kind {
		return cmp.Compare(k.Kind, l.Kind)
	}
	return cmp.Compare(k.Name, l.Name)
}

func sortedKeys[V any](m map[Key]V) []Key {
	return slices.SortedFunc(maps.Keys(m), Key.Compare)
}
