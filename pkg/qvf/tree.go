package qvf

import (
	"encoding/json"
	"errors"
)

// script decodes qvapp_appscript; breakpoints and favourites of the editor are left behind.
func (d *decoder) script(s stream) error {
	b, err := d.document(s)
	if err != nil {
		return err
	}
	v, err := pick(b, "qScript")
	if err != nil {
		return err
	}
	if err := d.take(2 * int64(len(v[0]))); err != nil {
		return err
	}
	d.app.Script = str(v[0])
	return nil
}

// variables decodes a variable list. In both lists an entry may say that a script made it.
func (d *decoder) variables(path string, s stream) error {
	b, err := d.document(s)
	if err != nil {
		return err
	}
	doc := scanner{b: b}
	seen := false
	err = doc.members(func(key []byte) error {
		if string(key) != "qEntryList" {
			return nil
		}
		if seen {
			return doc.errorf("second qEntryList")
		}
		seen = true
		return doc.elements(func() error { return d.variable(&doc, path) })
	})
	if err != nil {
		return err
	}
	return doc.end()
}

// variable decodes an element of a variable list.
func (d *decoder) variable(s *scanner, path string) error {
	if err := d.take(nodeCost); err != nil {
		return err
	}
	var v Variable
	var made, flag bool
	err := s.members(func(key []byte) (err error) {
		switch string(key) {
		case "qProperties":
			if v.Properties != nil {
				return s.errorf("second qProperties")
			}
			start := s.i
			v.Name, err = d.variableName(s)
			v.Properties = s.b[start:s.i:s.i]
		case "qIsScriptCreated":
			var created []byte
			created, err = s.once(&flag, "qIsScriptCreated")
			made = truth(created)
		}
		return err
	})
	if err != nil {
		return err
	}
	if v.Properties == nil {
		return s.errorf("variable without qProperties")
	}
	to := &d.app.Variables
	if made || path == nameMade {
		to = &d.app.ScriptVariables
	}
	*to = append(*to, v)
	return nil
}

// variableName consumes a variable's properties and returns qName.
func (d *decoder) variableName(s *scanner) (string, error) {
	var name []byte
	seen := false
	err := s.members(func(key []byte) (err error) {
		if string(key) == "qName" {
			name, err = s.once(&seen, "qName")
		}
		return err
	})
	if err != nil {
		return "", err
	}
	if err := d.take(2 * int64(len(name))); err != nil {
		return "", err
	}
	return str(name), nil
}

// tree decodes an object with its children.
func (d *decoder) tree(s stream, o *Object) error {
	b, err := d.document(s)
	if err != nil {
		return err
	}
	t := scanner{b: b}
	var meta, root bool
	err = t.members(func(key []byte) error {
		switch string(key) {
		case "qMetaData":
			v, err := t.once(&meta, "qMetaData")
			if kind := text(v, "qType"); kind != "" {
				o.Type = kind
			}
			return err
		case "qRoot":
			if root {
				return t.errorf("second qRoot")
			}
			root = true
			return d.node(&t, &o.Root)
		}
		return nil
	})
	if err == nil && !root {
		err = errors.New("object without qRoot")
	}
	if err != nil {
		return err
	}
	return t.end()
}

// once consumes the value of a member that may stand in its object only once.
func (s *scanner) once(seen *bool, key string) ([]byte, error) {
	if *seen {
		return nil, s.errorf("second %q", key)
	}
	*seen = true
	return s.raw()
}

func (d *decoder) node(s *scanner, n *Node) error {
	var properties, children bool
	err := s.members(func(key []byte) error {
		switch string(key) {
		case "qProperty":
			v, err := s.once(&properties, "qProperty")
			n.Properties = v
			return err
		case "qChildren":
			if children {
				return s.errorf("second qChildren")
			}
			children = true
			return s.elements(func() error { return d.child(s, n) })
		}
		return d.extra(s, n, string(key))
	})
	if err == nil && !properties {
		err = s.errorf("object without qProperty")
	}
	return err
}

func (d *decoder) child(s *scanner, n *Node) error {
	if err := d.take(nodeCost); err != nil {
		return err
	}
	var child Node
	err := d.node(s, &child)
	n.Children = append(n.Children, child)
	return err
}

func (d *decoder) extra(s *scanner, n *Node, key string) error {
	if err := d.take(nodeCost + int64(len(key))); err != nil {
		return err
	}
	if _, ok := n.Extra[key]; ok {
		return s.errorf("second %q", key)
	}
	if n.Extra == nil {
		n.Extra = map[string]json.RawMessage{}
	}
	v, err := s.raw()
	n.Extra[key] = v
	return err
}
