package qvf

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// dataWith is what qvapp_data takes at least in an export with data.
const dataWith = 214

func (e *encoder) data(a *App) error {
	d := a.Data
	if !d.Present && (len(d.Fields) > 0 || len(d.Tables) > 0) {
		return failf(-1, nameData, "fields or tables without data")
	}
	b := appendPackedString(nil, dataVersion)
	if d.Present && len(d.Fields) == 0 && len(d.Tables) == 0 {
		b = nil // known by its size alone
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(len(d.Fields))<<32)
	for _, name := range d.Fields {
		b = appendPackedString(b, name)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(d.Tables)))
	size := emptyData
	if d.Present {
		size = dataWith
	}
	b = append(b, make([]byte, max(size-len(b), 0))...)
	free := func(int64) error { return nil }
	if _, ok, _ := parseFields(b[:min(len(b), maxDataHead)], free); !ok && len(d.Fields) > 0 {
		return failf(-1, nameData, "names of fields are too long or not UTF-8")
	}
	if !d.Present {
		b[24] = 1 // as in every export without data
	}
	if err := e.entry("", nameData, map[string]any{"Type": "qvapp_cheader"}, b, b); err != nil {
		return err
	}
	return e.tables(a)
}

func tableName(n int) string { return fmt.Sprintf("table_%d", n) }

func (e *encoder) tables(a *App) error {
	taken := map[string]bool{}
	for _, o := range a.Other {
		taken[strings.TrimPrefix(o.Name, dataDir)] = true
	}
	number := 0
	for _, t := range a.Data.Tables {
		for taken[tableName(number)] {
			number++
		}
		path := tableName(number)
		number++
		if t.Rows < 0 || t.Rows > math.MaxUint32 || t.Fields < 0 || t.Fields > math.MaxUint32 {
			return failf(-1, dataDir+path, "table %q has %d fields and %d rows", t.Name, t.Fields, t.Rows)
		}
		b := appendPackedString(appendPackedString(nil, t.Name), t.Source)
		b = append(b, make([]byte, 8)...)
		b = binary.LittleEndian.AppendUint32(b, uint32(t.Fields))
		b = binary.LittleEndian.AppendUint32(b, uint32(t.Rows))
		b = binary.LittleEndian.AppendUint32(b, tableMark)
		b = append(b, make([]byte, 12+24*min(t.Fields, 64))...)
		if _, ok := parseTable(b[:min(len(b), maxTable)]); !ok {
			return failf(-1, dataDir+path, "name and source are too long or not UTF-8")
		}
		if err := e.entry(dataDir, path, map[string]any{"Type": kindTable}, b, b); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) others(a *App) error {
	left := int64(MaxDecoded)
	for _, o := range a.Other {
		if left -= o.Size; o.Size < 0 || left < 0 {
			return fail(-1, o.Name, ErrTooLarge)
		}
		if err := checkOther(o); err != nil {
			return err
		}
		line := map[string]any{}
		if o.Type != "" {
			line["Type"] = o.Type
		}
		dir, name := "", o.Name
		if inFolder(o.Name) {
			dir, name = o.Name[:strings.Index(o.Name, "/")+1], o.Name[strings.Index(o.Name, "/")+1:]
		}
		zeros := make([]byte, o.Size)
		if err := e.entry(dir, name, line, zeros, zeros); err != nil {
			return err
		}
	}
	return nil
}

// checkOther refuses what Decode would take for something else.
func checkOther(o Entry) error {
	if !utf8.ValidString(o.Type) {
		return fail(-1, o.Name, errUTF8)
	}
	known := strings.HasPrefix(o.Name, mediaDir) && o.Type == kindMedia
	if !inFolder(o.Name) {
		known = slices.Contains([]string{kindMeasure, kindDimension, kindObject, kindBookmark}, o.Type)
	}
	if known {
		return failf(-1, o.Name, "an entry of type %s is no other entry", o.Type)
	}
	return checkID(o.Name)
}
