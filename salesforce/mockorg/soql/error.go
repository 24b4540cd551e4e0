package soql

import (
	"fmt"
	"strings"

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

// place is where in a query something stands, kept with an excerpt so that an
// error found while matching can show it without the whole text.
type place struct {
	excerpt      string
	caret        int // characters before the place, within excerpt
	line, column int
}

// excerptSide is how many characters of the query an error shows on each side.
const excerptSide = 25

func placeAt(query string, pos lexer.Position) place {
	from := strings.LastIndexByte(query[:pos.Offset], '\n') + 1
	before := []rune(query[from:pos.Offset])
	if len(before) > excerptSide {
		before = before[len(before)-excerptSide:]
	}
	after, _, _ := strings.Cut(query[pos.Offset:], "\n")
	// Four bytes hold the longest character, so this much text is enough.
	tail := []rune(after[:min(len(after), 4*excerptSide)])
	if len(tail) > excerptSide {
		tail = tail[:excerptSide]
	}
	return place{string(before) + string(tail), len(before), pos.Line, pos.Column}
}

func (p place) errorf(code, format string, args ...any) *Error {
	return &Error{
		Code: code,
		Message: fmt.Sprintf("\n%s\n%s^\nERROR at Row:%d:Column:%d\n%s", p.excerpt, strings.Repeat(" ", p.caret),
			p.line, p.column, fmt.Sprintf(format, args...)),
		Line: p.line, Column: p.column,
	}
}
