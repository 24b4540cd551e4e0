package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// encode returns the JSON of a row.
func encode(table, key string, v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode %s %q: %w", table, key, err)
	}
	return string(b), nil
}

// decode reads the JSON of a row. A field that v does not have is an error: it
// would be lost when the row is next stored.
func decode(table, key string, doc []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, extra := d.Token(); !errors.Is(extra, io.EOF) {
			err = errors.New("there is more after the end of the value")
		}
	}
	if err != nil {
		return &RowError{table, key, err}
	}
	return nil
}

// storable tells whether both databases take s as text.
func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// legible returns s as text that both databases take. Words of other systems end
// up in the journal; a stray byte in them must not stop the loop.
func legible(s string) string {
	if storable(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
