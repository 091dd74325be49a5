package qvf

import (
	"encoding/binary"
	"encoding/json"
	"unicode/utf8"
)

const (
	dataVersion = "1.0"
	emptyData   = 35        // bytes of qvapp_data in an export without data
	maxDataHead = 1 << 20   // of qvapp_data that is read for the names of fields
	maxTable    = 64 << 10  // of a table that is read for its name and size
	tableMark   = 1<<32 - 1 // follows a table's size
)

// data decodes the head of qvapp_data: version, u32 0, u32 number of fields, their names. Its layout
// belongs to the engine, so what cannot be read is no error: the size alone says that there is data.
func (d *decoder) data(s stream) error {
	b, err := d.head(s, maxDataHead)
	if err != nil {
		return err
	}
	fields, ok, err := parseFields(b, d.take)
	d.app.Data.Fields = fields
	if len(fields) > 0 || !ok && s.size > emptyData {
		d.app.Data.Present = true
	}
	return err
}

// parseFields returns the names of fields at the head of qvapp_data, and whether that is what b begins
// with. The error is take's, which is told what is allocated.
func parseFields(b []byte, take func(int64) error) (names []string, ok bool, err error) {
	version, b, bad := packedString(b)
	if bad != nil || version != dataVersion || len(b) < 8 {
		return nil, false, nil
	}
	count := binary.LittleEndian.Uint32(b[4:])
	for b = b[8:]; count > 0; count-- {
		var name string
		if name, b, bad = packedString(b); bad != nil || !utf8.ValidString(name) {
			return nil, false, nil
		}
		if err := take(nodeCost + int64(len(name))); err != nil {
			return nil, false, err
		}
		names = append(names, name)
	}
	return names, true, nil
}

// table decodes the head of data/table_N: name, source, 8 bytes, u32 fields, u32 rows, u32 -1. It says
// whether that is what it found.
func (d *decoder) table(s stream) (bool, error) {
	b, err := d.head(s, maxTable)
	if err != nil {
		return false, err
	}
	if err := d.take(nodeCost + int64(len(b))); err != nil {
		return false, err
	}
	t, ok := parseTable(b)
	if ok {
		d.app.Data.Present = true
		d.app.Data.Tables = append(d.app.Data.Tables, t)
	}
	return ok, nil
}

func parseTable(b []byte) (t Table, ok bool) {
	var err error
	if t.Name, b, err = packedString(b); err != nil || !utf8.ValidString(t.Name) {
		return t, false
	}
	if t.Source, b, err = packedString(b); err != nil || !utf8.ValidString(t.Source) {
		return t, false
	}
	if len(b) < 20 || binary.LittleEndian.Uint32(b[16:]) != tableMark {
		return t, false
	}
	t.Fields = int(binary.LittleEndian.Uint32(b[8:]))
	t.Rows = int64(binary.LittleEndian.Uint32(b[12:]))
	return t, true
}

// modelTables are the tables as the data model describes them, for data that keeps them elsewhere.
func (d *decoder) modelTables() []Table {
	var m struct {
		Tables []struct {
			Name   string `json:"qname"`
			Rows   int64  `json:"qno_of_rows"`
			Fields int    `json:"qno_of_fields"`
		} `json:"qtables"`
	}
	if d.take(8*int64(len(d.app.Model))) != nil || json.Unmarshal(d.app.Model, &m) != nil {
		return nil
	}
	var tables []Table
	for _, t := range m.Tables {
		tables = append(tables, Table{Name: t.Name, Fields: t.Fields, Rows: t.Rows})
	}
	return tables
}
