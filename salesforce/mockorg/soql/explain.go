package soql

import (
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// expectations says in a person's words what the grammar wanted, by the start
// of what the parser calls it.
var expectations = []struct{ grammar, words string }{
	{`Selection`, "field names or COUNT()"},
	{`"FROM"`, "',' and another field, or FROM"},
	{`Source`, "the name of an object"},
	{`Logical`, "a condition"},
	{`Condition`, "a condition"},
	{`Comparison`, "a condition"},
	{`"IN"`, "=, !=, <, <=, >, >=, LIKE, IN or NOT IN"},
	{`Literal`, "a value"},
	{`"BY"`, "BY"},
	{`Ordering`, "the name of a field"},
	{`Name`, "the name of a field"},
	{`("FIRST"`, "FIRST or LAST"},
	{`Count`, "a whole number"},
	{`("VIEW"`, "VIEW or REFERENCE"},
	{`"ROWS"`, "ROWS"},
	{`"("`, "'('"},
	{`")"`, "')'"},
}

// unsupported are words that real SOQL knows and this one does not.
var unsupported = map[string]string{
	"GROUP": "GROUP BY", "HAVING": "HAVING", "WITH": "WITH", "USING": "USING SCOPE", "TYPEOF": "TYPEOF",
	"INCLUDES": "INCLUDES", "EXCLUDES": "EXCLUDES", "UPDATE": "UPDATE",
}

// explain turns the parser's error into ours. list holds the tokens of the
// query as far as they could be read.
func explain(query string, list []lexer.Token, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	pe, ok := errors.AsType[participle.Error](err)
	if !ok {
		return &Error{Code: MalformedQuery, Message: err.Error()}
	}
	at := place{query, pe.Position()}
	unexpected, ok := errors.AsType[*participle.UnexpectedTokenError](err)
	if !ok { // the lexer's
		return at.errorf(MalformedQuery, "%s", explainText(query, pe.Position().Offset))
	}
	found := fmt.Sprintf("unexpected token: '%s'", unexpected.Unexpected.Value)
	if unexpected.Unexpected.EOF() {
		found = "unexpected end of query"
	}
	if advice := advise(list, unexpected.Unexpected); advice != "" {
		return at.errorf(MalformedQuery, "%s; %s", found, advice)
	}
	if _, wanted, ok := strings.Cut(unexpected.Message(), "(expected "); ok {
		for _, e := range expectations {
			if strings.HasPrefix(wanted, e.grammar) {
				return at.errorf(MalformedQuery, "%s; expected %s", found, e.words)
			}
		}
	}
	return at.errorf(MalformedQuery, "%s", found)
}

// explainText says why no token could be read at the offset.
func explainText(query string, offset int) string {
	rest := query[offset:]
	switch rest[0] {
	case '\'':
		return "the text that starts here has no closing quote"
	case ':':
		if offset > 0 && '0' <= query[offset-1] && query[offset-1] <= '9' {
			return "unexpected token: ':'; if it belongs to a time zone, note that the + before it is %2B in a URL"
		}
		return "unexpected token: ':'; bind variables belong to Apex, write the value itself"
	case '"':
		return `unexpected token: '"'; texts need single quotes`
	}
	for _, r := range rest {
		return fmt.Sprintf("unexpected character %q", r)
	}
	return "unexpected end of query"
}

// advise recognises the usual mistakes, and what is SOQL but not supported.
func advise(list []lexer.Token, found lexer.Token) string {
	before := "" // the word before the unexpected one
	inFrom, inWhere, inOrder := false, false, false
	for _, t := range list {
		if t.Pos.Offset >= found.Pos.Offset {
			break
		}
		before = strings.ToUpper(t.Value)
		inFrom = inFrom || before == "FROM"
		inWhere = inWhere || before == "WHERE"
		inOrder = inOrder || before == "BY" || before == "LIMIT" || before == "OFFSET"
	}
	word := strings.ToUpper(found.Value)
	switch {
	case before == "":
		return "a query starts with SELECT"
	case unsupported[word] != "" && before != ",":
		return unsupported[word] + " is not supported"
	case word == "SELECT", word == "(" && !inWhere && (before == "SELECT" || before == ","):
		return "sub-queries are not supported"
	case word == "(" && before == "FIELDS":
		return "FIELDS() is not supported, name the fields"
	case word == "(" && !inWhere:
		return "functions and aggregates other than COUNT() are not supported"
	case word == "NOT", inWhere && !inOrder && (word == "AND" || word == "OR") && before != "WHERE" && before != "(":
		return "AND and OR need parentheses to mix, and so does NOT with either: (a OR b) AND (NOT c)"
	case word == "WHERE", word == "ORDER", word == "LIMIT":
		return "the clauses come in the order FROM, WHERE, ORDER BY, LIMIT, OFFSET, each at most once"
	case word == "," && inFrom && !inWhere && !inOrder:
		return "FROM names one object"
	}
	return follows[before]
}

// follows says what must come after a word, for the places where the parser
// does not tell.
var follows = map[string]string{
	"SELECT": "expected field names or COUNT()", ",": "expected the name of a field", "FROM": "expected the name of an object",
	"WHERE": "expected a condition", "AND": "expected a condition", "OR": "expected a condition", "BY": "expected the name of a field",
}
