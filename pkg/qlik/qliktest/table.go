package qliktest

import (
	"encoding/json"
	"slices"
	"strings"
)

// A row is an object that lives in a table.
type row interface {
	rowID() string
	// rowName orders the table; equal names are ordered by id.
	rowName() string
}

// A table holds the objects of one kind, in order of name and by id. The zero
// table is empty; its map is made with the first row, because most tenants of
// a large cloud never use most kinds.
type table[T row] struct {
	rows []T
	byID map[string]T
}

func rowKey[T row](r T) string { return r.rowName() + "\x00" + r.rowID() }

func (t *table[T]) find(key string) (int, bool) {
	return slices.BinarySearchFunc(t.rows, key, func(r T, key string) int { return strings.Compare(rowKey(r), key) })
}

func (t *table[T]) add(r T) {
	if t.byID == nil {
		t.byID = map[string]T{}
	}
	i, _ := t.find(rowKey(r))
	t.rows = slices.Insert(t.rows, i, r)
	t.byID[r.rowID()] = r
}

func (t *table[T]) remove(r T) {
	if i, ok := t.find(rowKey(r)); ok {
		t.rows = slices.Delete(t.rows, i, i+1)
	}
	delete(t.byID, r.rowID())
}

// rename moves a row to the place of its new name; set changes the row.
func (t *table[T]) rename(r T, set func()) {
	t.remove(r)
	set()
	t.add(r)
}

func (t *table[T]) get(id string) (T, bool) {
	r, ok := t.byID[id]
	return r, ok
}

func (t *table[T]) has(id string) bool {
	_, ok := t.byID[id]
	return ok
}

// named returns the first row of that exact name.
func (t *table[T]) named(name string) (r T, ok bool) {
	i, _ := t.find(name + "\x00")
	if i < len(t.rows) && t.rows[i].rowName() == name {
		return t.rows[i], true
	}
	return r, false
}

func (t *table[T]) MarshalJSON() ([]byte, error) {
	if len(t.rows) == 0 {
		return []byte("[]"), nil
	}
	return json.Marshal(t.rows)
}

func (t *table[T]) UnmarshalJSON(b []byte) error {
	var rows []T
	if err := json.Unmarshal(b, &rows); err != nil {
		return err
	}
	*t = table[T]{}
	for _, r := range rows {
		t.add(r)
	}
	return nil
}
