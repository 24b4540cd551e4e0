package streaming

import (
	"encoding/json"
	"errors"
	"fmt"
)

// scanner walks one JSON text and accepts exactly what encoding/json accepts
// (FuzzDecode compares them). It exists because the envelope of an event is
// small and its data must stay as it came: one validating pass that remembers
// a few places is several times faster than decoding into values (see
// BenchmarkDecode).
type scanner struct {
	text  []byte
	at    int
	depth int
}

// maxDepth is encoding/json's limit on nesting.
const maxDepth = 10000

var errTruncated = errors.New("JSON ends too early")

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// peek returns the next byte that is not white space, or 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) unexpected() error {
	if s.at >= len(s.text) {
		return errTruncated
	}
	return fmt.Errorf("unexpected %q at byte %d of the JSON", s.text[s.at], s.at)
}

// value skips one value and returns its text without surrounding space.
func (s *scanner) value() ([]byte, error) {
	c := s.peek()
	start := s.at
	var err error
	switch {
	case c == '{':
		err = s.object(nil)
	case c == '[':
		err = s.array(nil)
	case c == '"':
		err = s.str()
	case c == '-' || c >= '0' && c <= '9':
		err = s.number()
	case c == 't':
		err = s.literal("true")
	case c == 'f':
		err = s.literal("false")
	case c == 'n':
		err = s.literal("null")
	default:
		err = s.unexpected()
	}
	return s.text[start:s.at], err
}

// object walks an object. For each member it calls field with the key; field
// must consume the value. A nil field skips all values.
func (s *scanner) object(field func(key []byte) error) error {
	if err := s.enter('{'); err != nil {
		return err
	}
	if s.peek() == '}' {
		return s.leave()
	}
	for {
		if s.peek() != '"' {
			return s.unexpected()
		}
		start := s.at
		if err := s.str(); err != nil {
			return err
		}
		key := s.text[start:s.at]
		if s.peek() != ':' {
			return s.unexpected()
		}
		s.at++
		if field == nil {
			if _, err := s.value(); err != nil {
				return err
			}
		} else if err := field(name(key)); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.at++
		case '}':
			return s.leave()
		default:
			return s.unexpected()
		}
	}
}

// array walks an array. For each element it calls element, which must consume
// it; a nil element skips all.
func (s *scanner) array(element func() error) error {
	if err := s.enter('['); err != nil {
		return err
	}
	if s.peek() == ']' {
		return s.leave()
	}
	for {
		if element == nil {
			if _, err := s.value(); err != nil {
				return err
			}
		} else if err := element(); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.at++
		case ']':
			return s.leave()
		default:
			return s.unexpected()
		}
	}
}

func (s *scanner) enter(open byte) error {
	if s.peek() != open {
		return s.unexpected()
	}
	if s.depth++; s.depth > maxDepth {
		return fmt.Errorf("JSON is nested deeper than %d", maxDepth)
	}
	s.at++
	return nil
}

func (s *scanner) leave() error {
	s.depth--
	s.at++
	return nil
}

// str skips a string, checking its escapes. Invalid UTF-8 passes, as it does
// in encoding/json, which replaces it when the string is decoded.
func (s *scanner) str() error {
	text := s.text
	for i := s.at + 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			s.at = i + 1
			return nil
		case c < ' ':
			s.at = i
			return s.unexpected()
		case c == '\\':
			i++
			if i >= len(text) {
				break
			}
			switch text[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				for range 4 {
					if i++; i >= len(text) {
						break
					}
					if !isHex(text[i]) {
						s.at = i
						return s.unexpected()
					}
				}
			default:
				s.at = i
				return s.unexpected()
			}
		}
	}
	s.at = len(text)
	return errTruncated
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func (s *scanner) number() error {
	if s.text[s.at] == '-' {
		s.at++
	}
	switch {
	case s.at < len(s.text) && s.text[s.at] == '0':
		s.at++
	case s.digits() == 0:
		return s.unexpected()
	}
	if s.at < len(s.text) && s.text[s.at] == '.' {
		s.at++
		if s.digits() == 0 {
			return s.unexpected()
		}
	}
	if s.at < len(s.text) && (s.text[s.at] == 'e' || s.text[s.at] == 'E') {
		s.at++
		if s.at < len(s.text) && (s.text[s.at] == '+' || s.text[s.at] == '-') {
			s.at++
		}
		if s.digits() == 0 {
			return s.unexpected()
		}
	}
	return nil
}

func (s *scanner) digits() (n int) {
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
		n++
	}
	return n
}

func (s *scanner) literal(word string) error {
	for i := range len(word) {
		if s.at >= len(s.text) || s.text[s.at] != word[i] {
			return s.unexpected()
		}
		s.at++
	}
	return nil
}

// end accepts nothing but white space.
func (s *scanner) end() error {
	s.space()
	if s.at < len(s.text) {
		return s.unexpected()
	}
	return nil
}

// name strips the quotes of a key; a key with escapes is decoded first.
func name(quoted []byte) []byte {
	for _, c := range quoted {
		if c == '\\' {
			return []byte(text(quoted))
		}
	}
	return quoted[1 : len(quoted)-1]
}

// text decodes a JSON string, or returns "" for any other value.
func text(value []byte) string {
	if len(value) < 2 || value[0] != '"' {
		return ""
	}
	for _, c := range value {
		if c == '\\' || c >= 0x80 {
			var decoded string
			if json.Unmarshal(value, &decoded) != nil {
				return ""
			}
			return decoded
		}
	}
	return string(value[1 : len(value)-1])
}
