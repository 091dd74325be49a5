package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// decode reads a spec into maps, slices and json.Number, each number spelt the
// one way that [number] spells it.
func decode(spec json.RawMessage) (map[string]any, error) {
	v, err := decodeAny(spec)
	if err != nil {
		return nil, fmt.Errorf("spec is not JSON: %v", err)
	}
	switch v := v.(type) {
	case nil:
		return map[string]any{}, nil
	case map[string]any:
		return v, nil
	}
	return nil, errors.New("spec is not a JSON object")
}

func decodeAny(raw json.RawMessage) (any, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("more than one value")
	}
	return respell(v), nil
}

func respell(v any) any {
	switch v := v.(type) {
	case json.Number:
		return number(v)
	case []any:
		for i, e := range v {
			v[i] = respell(e)
		}
	case map[string]any:
		for k, e := range v {
			switch e.(type) {
			case json.Number, []any, map[string]any:
				v[k] = respell(e)
			}
		}
	}
	return v
}

// farthest is the exponent beyond which a number keeps its spelling.
const farthest = 1 << 20

// number spells a JSON number one way, without losing a digit: 1.0, 10e-1 and 1
// are all "1". JSON does not tell them apart and the services that store them
// write what they like: to compare spellings would show drift that no apply
// mends. So 1.0 in place of 1 is no change, in no digest.
func number(n json.Number) json.Number {
	s, sign := strings.CutPrefix(string(n), "-")
	mantissa, exponent := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(s[i+1:])
		if err != nil || max(e, -e) > farthest {
			return n
		}
		mantissa, exponent = s[:i], e
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	exponent -= len(fraction)
	significant := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(significant)
	if significant == "" {
		return "0"
	}
	out := positional(significant, exponent)
	if sign {
		out = "-" + out
	}
	return json.Number(out)
}

// positional writes digits × 10^exponent, with an exponent only when the number
// would be longer than 21 digits, as JavaScript does.
func positional(digits string, exponent int) string {
	point := len(digits) + exponent // digits before the decimal point
	switch {
	case exponent >= 0 && point <= 21:
		return digits + strings.Repeat("0", exponent)
	case exponent < 0 && point > 0:
		return digits[:point] + "." + digits[point:]
	case exponent < 0 && point > -6:
		return "0." + strings.Repeat("0", -point) + digits
	case len(digits) == 1:
		return digits + "e" + strconv.Itoa(point-1)
	}
	return digits[:1] + "." + digits[1:] + "e" + strconv.Itoa(point-1)
}

// encode writes v compactly with sorted keys and without escaping < > &.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // v came from decode
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Canonical returns spec with sorted keys, no spaces, and each number spelt one
// way; it is how specs are compared and hashed.
func Canonical(spec json.RawMessage) (json.RawMessage, error) {
	if canonical(spec) {
		return slices.Clone(spec), nil
	}
	m, err := decode(spec)
	if err != nil {
		return nil, err
	}
	return encode(m), nil
}

// clone returns a deep copy of what decode returned.
func clone(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = clone(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = clone(e)
		}
		return out
	}
	return v
}
