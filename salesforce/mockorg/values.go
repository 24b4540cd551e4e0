package mockorg

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// How the REST API and the event streams print dates and times, which have whole
// seconds on the wire even though the org knows them more exactly.
const (
	restTime   = "2006-01-02T15:04:05.000+0000"
	streamTime = "2006-01-02T15:04:05.000Z"
)

// inputTimes are the forms in which a request may give a date-time.
var inputTimes = [...]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700", "2006-01-02T15:04:05"}

// shown is the value of a field as clients see it, in queries and on the wire.
func (f *field) shown(value any) any {
	if at, ok := value.(time.Time); ok && f.kind == kindDateTime {
		return at.Truncate(time.Second)
	}
	return value
}

// parse brings a JSON value from a request into the type the field stores, or
// refuses it in Salesforce's words.
func (f *field) parse(value any) (any, *APIError) {
	if value == nil {
		return nil, nil
	}
	switch f.kind {
	case kindBoolean:
		return f.parseBool(value)
	case kindInt, kindDouble, kindPercent:
		return f.parseNumber(value)
	}
	text, ok := value.(string)
	if !ok {
		return nil, f.mistyped("string", value)
	}
	switch f.kind {
	case kindDateTime, kindDate:
		return f.parseTime(text)
	case kindReference, kindID:
		if text == "" {
			return nil, nil
		}
		if id, ok := parseID(text); ok {
			return id, nil
		}
		return nil, refuse("MALFORMED_ID", fmt.Sprintf("%s: id value of incorrect type: %s", f.label, clip(text)), f.name)
	}
	return f.parseText(text)
}

func (f *field) parseBool(value any) (any, *APIError) {
	switch v := value.(type) {
	case bool:
		return v, nil
	case string:
		if b, err := strconv.ParseBool(v); err == nil {
			return b, nil
		}
	}
	return nil, f.mistyped("boolean", value)
}

func (f *field) parseNumber(value any) (any, *APIError) {
	var text string
	switch v := value.(type) {
	case json.Number:
		text = v.String()
	case string:
		if v == "" {
			return nil, nil
		}
		text = v
	default:
		return nil, f.mistyped(string(f.kind), value)
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return nil, f.mistyped(string(f.kind), value)
	}
	if f.kind == kindInt {
		if n != math.Trunc(n) {
			return nil, f.mistyped("int", value)
		}
		if math.Abs(n) > 999_999_999 {
			return nil, f.outOfRange(text)
		}
		return int64(n), nil
	}
	scale := math.Pow10(f.scale)
	n = math.Round(n*scale) / scale
	if math.Abs(n) >= math.Pow10(f.precision-f.scale) {
		return nil, f.outOfRange(text)
	}
	return n, nil
}

func (f *field) outOfRange(text string) *APIError {
	return refuse("NUMBER_OUTSIDE_VALID_RANGE", fmt.Sprintf("%s: value outside of valid range on numeric field: %s", f.label, clip(text)), f.name)
}

func (f *field) parseTime(text string) (any, *APIError) {
	if text == "" {
		return nil, nil
	}
	if f.kind == kindDate {
		if at, err := time.Parse(time.DateOnly, text); err == nil {
			return at, nil
		}
		return nil, f.mistyped("date", text)
	}
	for _, layout := range inputTimes {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	return nil, f.mistyped("datetime", text)
}

func (f *field) parseText(text string) (any, *APIError) {
	if text == "" {
		return nil, nil
	}
	if f.kind == kindPicklist {
		if value, ok := f.pick(text); ok {
			return value, nil
		}
		if f.restricted {
			return nil, refuse("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
				fmt.Sprintf("%s: bad value for restricted picklist field: %s", f.label, clip(text)), f.name)
		}
	}
	if f.length > 0 && utf8.RuneCountInString(text) > f.length {
		return nil, refuse("STRING_TOO_LONG", fmt.Sprintf("%s: data value too large: %s (max length=%d)", f.label, clip(text), f.length), f.name)
	}
	if f.kind == kindEmail && !plausibleEmail(text) {
		return nil, refuse("INVALID_EMAIL_ADDRESS", fmt.Sprintf("%s: invalid email address: %s", f.label, clip(text)), f.name)
	}
	return text, nil
}

// pick finds a picklist value in any case.
func (f *field) pick(text string) (string, bool) {
	for _, value := range f.values {
		if strings.EqualFold(value, text) {
			return value, true
		}
	}
	return "", false
}

func plausibleEmail(text string) bool {
	local, domain, ok := strings.Cut(text, "@")
	return ok && local != "" && domain != "" && !strings.ContainsAny(text, " \t\n,;") && !strings.Contains(domain, "@")
}

// mistyped is the refusal of a JSON value of the wrong kind.
func (f *field) mistyped(want string, value any) *APIError {
	token := "VALUE_STRING"
	switch v := value.(type) {
	case json.Number:
		token = "VALUE_NUMBER_INT"
		if strings.ContainsAny(v.String(), ".eE") {
			token = "VALUE_NUMBER_FLOAT"
		}
	case bool:
		token = strings.ToUpper(fmt.Sprintf("VALUE_%t", v))
	case map[string]any:
		token = "START_OBJECT"
	case []any:
		token = "START_ARRAY"
	}
	return refuse("JSON_PARSER_ERROR", fmt.Sprintf("Cannot deserialize instance of %s from %s value %s in field %s",
		want, token, clip(fmt.Sprint(value)), f.name))
}

// clip shortens a client's text for an error message.
func clip(text string) string {
	const most = 80
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "..."
}

// appendValue appends a value as JSON, times in the given layout.
func appendValue(b []byte, f *field, value any, layout string) []byte {
	switch v := value.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return appendText(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return appendNumber(b, v)
	case time.Time:
		if f.kind == kindDate {
			layout = time.DateOnly
		}
		b = append(b, '"')
		b = v.UTC().Truncate(time.Second).AppendFormat(b, layout)
		return append(b, '"')
	}
	panic(fmt.Sprintf("mockorg: a row holds a %T", value)) // normal lets no other type in
}

// appendNumber prints a double with its point, as Salesforce does: 20.0.
func appendNumber(b []byte, v float64) []byte {
	from := len(b)
	b = strconv.AppendFloat(b, v, 'f', -1, 64)
	for _, c := range b[from:] {
		if c == '.' {
			return b
		}
	}
	return append(b, ".0"...)
}

// appendText appends a JSON string. Plain ASCII, which is nearly all there is,
// needs no encoder.
func appendText(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf || c == 0x7f {
			quoted, err := json.Marshal(text)
			if err != nil {
				panic(err) // a string always encodes
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}

// assign writes fields into row, with the schema's spelling and types.
func (ob *object) assign(row, fields Row) error {
	for name, value := range fields {
		f := ob.field(name)
		if f == nil {
			return fmt.Errorf("%s has no field %s", ob.name, name)
		}
		value, err := f.normal(value)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", ob.name, f.name, err)
		}
		row[f.name] = value
	}
	return nil
}

// normal brings a Go value into the type the field stores.
func (f *field) normal(value any) (any, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case int:
		return f.normal(int64(v))
	case int64:
		if f.kind == kindDouble || f.kind == kindPercent {
			return float64(v), nil
		}
		if f.kind == kindInt {
			return v, nil
		}
	case float64:
		if f.kind == kindDouble || f.kind == kindPercent {
			return v, nil
		}
	case bool:
		if f.kind == kindBoolean {
			return v, nil
		}
	case time.Time:
		if f.kind == kindDateTime || f.kind == kindDate {
			return v.UTC(), nil
		}
	case string:
		return f.normalText(v)
	}
	return nil, fmt.Errorf("a %T does not fit a %s field", value, f.kind)
}

func (f *field) normalText(text string) (any, error) {
	switch {
	case f.kind == kindReference || f.kind == kindID:
		if text == "" {
			return nil, nil
		}
		if id, ok := parseID(text); ok {
			return id, nil
		}
		return nil, fmt.Errorf("%q is no id", text)
	case f.text() || f.kind == kindPicklist:
		if text == "" {
			return nil, nil // the platform stores no empty strings
		}
		if f.restricted && !slices.Contains(f.values, text) {
			return nil, fmt.Errorf("%q is not one of %s", text, strings.Join(f.values, ", "))
		}
		return text, nil
	}
	return nil, fmt.Errorf("a text does not fit a %s field", f.kind)
}
