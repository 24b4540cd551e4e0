package soql

import (
	"sync"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// The grammar follows the published one: NOT takes a single condition and AND
// and OR do not mix, so that whoever needs more writes parentheses, as
// Salesforce demands.
type (
	statement struct {
		Select  *selection  `parser:"'SELECT' @@"`
		From    *source     `parser:"'FROM' @@"`
		Where   *logical    `parser:"('WHERE' @@)?"`
		OrderBy []*ordering `parser:"('ORDER' 'BY' @@ (',' @@)*)?"`
		Limit   *count      `parser:"('LIMIT' @@)?"`
		Offset  *count      `parser:"('OFFSET' @@)?"`
		For     string      `parser:"('FOR' @('VIEW' | 'REFERENCE'))?"`
		AllRows bool        `parser:"@('ALL' 'ROWS')?"`
	}

	selection struct {
		Count  bool    `parser:"  (?= 'COUNT' '(' ')') @('COUNT' '(' ')')"`
		Fields []*name `parser:"| @@ (',' @@)*"`
	}

	source struct {
		Pos    lexer.Position
		Object string `parser:"@Ident"`
		Alias  string `parser:"('AS'? (?! 'WHERE' | 'ORDER' | 'LIMIT' | 'OFFSET' | 'FOR' | 'ALL' | 'USING' | 'WITH' | 'GROUP' | 'HAVING' | 'UPDATE') @Ident)?"`
	}

	name struct {
		Pos  lexer.Position
		Path string `parser:"(?! 'SELECT' | 'FROM' | 'WHERE' | 'AND' | 'OR' | 'NOT') @Ident"`
	}

	logical struct {
		Not   *condition   `parser:"  'NOT' @@"`
		First *condition   `parser:"| @@"`
		And   []*condition `parser:"( ('AND' @@)+"`
		Or    []*condition `parser:"| ('OR' @@)+ )?"`
	}

	condition struct {
		Group      *logical    `parser:"  '(' @@ ')'"`
		Comparison *comparison `parser:"| @@"`
	}

	comparison struct {
		Field *name      `parser:"@@"`
		Op    string     `parser:"( @Operator"`
		Value *literal   `parser:"  @@"`
		Like  *literal   `parser:"| 'LIKE' @@"`
		NotIn bool       `parser:"| @'NOT'? 'IN'"`
		List  []*literal `parser:"  '(' (?! 'SELECT') @@ (',' @@)* ')' )"`
	}

	literal struct {
		Pos      lexer.Position
		Null     bool   `parser:"  @'NULL'"`
		True     bool   `parser:"| @'TRUE'"`
		False    bool   `parser:"| @'FALSE'"`
		String   string `parser:"| @String"`
		DateTime string `parser:"| @DateTime"`
		Date     string `parser:"| @Date"`
		Number   string `parser:"| @Number"`
		Days     string `parser:"| @DateFormula | @Ident"`
	}

	ordering struct {
		Field *name  `parser:"@@"`
		Way   string `parser:"@('ASC' | 'DESC')?"`
		Nulls string `parser:"('NULLS' @('FIRST' | 'LAST'))?"`
	}

	count struct {
		Pos  lexer.Position
		Text string `parser:"@Number"`
	}
)

// grammar builds the parser once, at the first query: it reflects over the
// types above, which costs more than a query does. One token always tells the
// alternatives apart, so the parser need not try any twice, and the first error
// it meets is the right one.
var grammar = sync.OnceValue(func() *participle.Parser[statement] {
	return participle.MustBuild[statement](
		participle.Lexer(tokens()),
		participle.CaseInsensitive("Ident"),
		participle.UseLookahead(0),
	)
})

// tokens splits a query. Names carry their relationship dots; rules in lower
// case are dropped.
var tokens = sync.OnceValue(func() *lexer.StatefulDefinition {
	return lexer.MustSimple([]lexer.SimpleRule{
		{Name: "space", Pattern: `\s+`},
		{Name: "DateTime", Pattern: `\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:?\d\d)?`},
		{Name: "Date", Pattern: `\d{4}-\d\d-\d\d`},
		{Name: "Number", Pattern: `[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?`},
		{Name: "DateFormula", Pattern: `[A-Za-z_]+:\d+`},
		{Name: "Ident", Pattern: `[A-Za-z]\w*(\.[A-Za-z]\w*)*`},
		{Name: "String", Pattern: `'(\\.|[^'\\])*'`},
		{Name: "Operator", Pattern: `<=|>=|<>|!=|[=<>]`},
		{Name: "Punct", Pattern: `[(),]`},
	})
})
