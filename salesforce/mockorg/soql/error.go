package soql

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2/lexer"
)

// The error codes that a query can earn, as Salesforce spells them.
const (
	MalformedQuery = "MALFORMED_QUERY"            // the text is not SOQL, or SOQL of a kind that is not supported
	InvalidField   = "INVALID_FIELD"              // a value does not fit its field's type
	OutOfRange     = "NUMBER_OUTSIDE_VALID_RANGE" // OFFSET above MaxOffset
	TooLong        = "QUERY_TOO_LONG"             // more than MaxLength characters
	TooComplicated = "QUERY_TOO_COMPLICATED"      // parentheses nested too deep
)

// Error tells what is wrong with a query and where. Its Message has the form
// that Salesforce uses: an excerpt, a caret below the place, the position, then
// what was found and what was expected.
type Error struct {
	Code    string // one of the codes above, for the errorCode of a REST reply
	Message string // for people; several lines
	Line    int    // from 1; 0 when the error is about the query as a whole
	Column  int    // from 1, in characters
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// place is where in a query something stands. It keeps the query, so that an
// error found while matching can show it.
type place struct {
	query string
	pos   lexer.Position
}

// excerptSide is how many characters of the query an error shows on each side.
const excerptSide = 25

// excerpt returns the part of the line around the place, and how many
// characters of it come before the place.
func (p place) excerpt() (text string, caret int) {
	before := p.query[:p.pos.Offset]
	before = before[strings.LastIndexByte(before, '\n')+1:]
	from := len(before)
	for from > 0 && caret < excerptSide {
		_, size := utf8.DecodeLastRuneInString(before[:from])
		from -= size
		caret++
	}
	after, _, _ := strings.Cut(p.query[p.pos.Offset:], "\n")
	to := 0
	for range excerptSide {
		_, size := utf8.DecodeRuneInString(after[to:])
		to += size
	}
	return before[from:] + after[:to], caret
}

func (p place) errorf(code, format string, args ...any) *Error {
	text, caret := p.excerpt()
	return &Error{
		Code: code,
		Message: fmt.Sprintf("\n%s\n%s^\nERROR at Row:%d:Column:%d\n%s", text, strings.Repeat(" ", caret),
			p.pos.Line, p.pos.Column, fmt.Sprintf(format, args...)),
		Line: p.pos.Line, Column: p.pos.Column,
	}
}
