package soql

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2/lexer"
)

// Depths beyond which a query is refused.
const (
	maxDepth   = 100 // nested parentheses; keeps the parser's recursion small
	maxParents = 5   // relationship steps in one path, as documented by Salesforce
)

// Parse reads a query. The error is always an *Error.
func Parse(query string) (*Query, error) {
	q, err := parse(query)
	if err != nil {
		return nil, err
	}
	return q, nil
}

func parse(query string) (*Query, *Error) {
	if len(query) > MaxLength && utf8.RuneCountInString(query) > MaxLength {
		return nil, &Error{Code: TooLong, Message: fmt.Sprintf("SOQL statement is too long: at most %d characters", MaxLength)}
	}
	if !utf8.ValidString(query) {
		return nil, &Error{Code: MalformedQuery, Message: "the query is not valid UTF-8"}
	}
	stream, tokens, err := scan(query)
	if err != nil {
		return nil, err
	}
	tree, parseErr := grammar().ParseFromLexer(stream)
	if parseErr != nil {
		return nil, explain(query, tokens, parseErr)
	}
	b := builder{query: query, from: tree.From}
	q := b.build(tree)
	if b.err != nil {
		return nil, b.err
	}
	return q, nil
}

// scanner hands the tokens of a query to the parser, keeps them for explain, and
// refuses deep nesting before the parser, which recurses, sees it.
type scanner struct {
	lexer.Lexer
	query string
	list  []lexer.Token
	depth int
}

// Next returns the next token; the parser's reader calls it.
func (s *scanner) Next() (lexer.Token, error) {
	t, err := s.Lexer.Next()
	if err != nil {
		return t, err
	}
	s.list = append(s.list, t)
	switch t.Value {
	case "(":
		s.depth++
	case ")":
		s.depth--
	}
	if s.depth > maxDepth {
		return t, place{s.query, t.Pos}.errorf(TooComplicated, "more than %d nested parentheses", maxDepth)
	}
	return t, nil
}

func scan(query string) (*lexer.PeekingLexer, []lexer.Token, *Error) {
	lex, err := tokens().LexString("", query)
	if err != nil {
		return nil, nil, explain(query, nil, err)
	}
	s := &scanner{Lexer: lex, query: query}
	stream, err := lexer.Upgrade(s)
	if err != nil {
		return nil, nil, explain(query, s.list, err)
	}
	return stream, s.list, nil
}

// builder turns the parse tree into a Query. It keeps the first error.
type builder struct {
	query string
	from  *source
	err   *Error
}

func (b *builder) fail(pos lexer.Position, code, format string, args ...any) {
	if b.err == nil {
		b.err = place{b.query, pos}.errorf(code, format, args...)
	}
}

func (b *builder) build(tree *statement) *Query {
	q := &Query{From: tree.From.Object, Count: tree.Select.Count, For: strings.ToUpper(tree.For), AllRows: tree.AllRows, Limit: -1, Offset: -1}
	if strings.Contains(q.From, ".") {
		b.fail(tree.From.Pos, MalformedQuery, "unexpected token: '%s'; FROM names one object", q.From)
	}
	seen := map[string]bool{}
	for _, f := range tree.Select.Fields {
		path := b.path(f)
		if key := strings.ToLower(path); seen[key] {
			b.fail(f.Pos, MalformedQuery, "duplicate field selected: %s", path)
		} else {
			seen[key] = true
		}
		q.Fields = append(q.Fields, path)
	}
	if tree.Where != nil {
		q.Where = b.logical(tree.Where)
		q.equalities = map[string][]any{}
		findEqualities(q.Where, q.equalities)
	}
	for _, o := range tree.OrderBy {
		if q.Count {
			b.fail(o.Field.Pos, MalformedQuery, "ORDER BY does not go with COUNT()")
		}
		q.OrderBy = append(q.OrderBy, Order{
			Path: b.path(o.Field), Desc: strings.EqualFold(o.Way, "DESC"), NullsLast: strings.EqualFold(o.Nulls, "LAST"),
		})
	}
	if tree.Limit != nil {
		q.Limit = b.count(tree.Limit, "LIMIT")
	}
	if tree.Offset != nil {
		if q.Offset = b.count(tree.Offset, "OFFSET"); q.Offset > MaxOffset {
			b.fail(tree.Offset.Pos, OutOfRange, "Maximum SOQL offset allowed is %d", MaxOffset)
		}
	}
	return q
}

// path strips the object's name or alias from the front of a path.
func (b *builder) path(n *name) string {
	first, rest, dotted := strings.Cut(n.Path, ".")
	if dotted && (strings.EqualFold(first, b.from.Alias) || strings.EqualFold(first, b.from.Object)) {
		return rest
	}
	if strings.Count(n.Path, ".") > maxParents {
		b.fail(n.Pos, MalformedQuery, "'%s' passes through more than %d relationships", n.Path, maxParents)
	}
	return n.Path
}

func (b *builder) count(n *count, clause string) int {
	v, err := strconv.ParseInt(n.Text, 10, 32)
	if err != nil || v < 0 || n.Text[0] == '+' {
		b.fail(n.Pos, MalformedQuery, "unexpected token: '%s'; %s needs a whole number, zero or more", n.Text, clause)
	}
	return int(v)
}

func (b *builder) logical(l *logical) Expr {
	if l.Not != nil {
		return negation{b.condition(l.Not)}
	}
	first := b.condition(l.First)
	rest, all := l.And, len(l.And) > 0
	if !all {
		rest = l.Or
	}
	if len(rest) == 0 {
		return first
	}
	parts := []Expr{first}
	for _, c := range rest {
		parts = append(parts, b.condition(c))
	}
	if all {
		return conjunction(parts)
	}
	return disjunction(parts)
}

func (b *builder) condition(c *condition) Expr {
	if c.Group != nil {
		return b.logical(c.Group)
	}
	return b.comparison(c.Comparison)
}

func (b *builder) comparison(c *comparison) Expr {
	path, at := b.path(c.Field), place{b.query, c.Field.Pos}
	switch {
	case c.Value != nil:
		t := &test{path: path, op: c.Op, value: b.value(c.Value), at: at}
		if t.op == "<>" {
			t.op = "!="
		}
		if equality := t.op == "=" || t.op == "!="; !equality && (t.value.isNull() || t.value.kind == boolKind) {
			b.fail(c.Value.Pos, MalformedQuery, "operator %s does not go with %s; use = or !=", t.op, t.value.String())
		}
		return t
	case c.Like != nil:
		l := &likeTest{path: path, at: at}
		if c.Like.String == "" {
			b.fail(c.Like.Pos, MalformedQuery, "LIKE needs a text in quotes")
			return l
		}
		var err error
		if l.pattern, l.printed, err = newPattern(unquoted(c.Like.String)); err != nil {
			b.fail(c.Like.Pos, MalformedQuery, "%v", err)
		}
		return l
	default:
		return b.list(c, path, at)
	}
}

func (b *builder) list(c *comparison, path string, at place) *inTest {
	in := &inTest{path: path, not: c.NotIn, at: at, values: make([]value, len(c.List))}
	var sample *value
	for i, l := range c.List {
		v := b.value(l)
		in.values[i] = v
		if v.isNull() {
			continue
		}
		if sample == nil {
			sample = &in.values[i]
		}
		if sample.kind.family() != v.kind.family() {
			b.fail(l.Pos, MalformedQuery, "the values of a list must be of one type: %s does not go with %s", v.String(), sample.String())
		}
	}
	in.index()
	return in
}

func unquoted(s string) string { return s[1 : len(s)-1] }

func (b *builder) value(l *literal) value {
	switch {
	case l.Null:
		return value{kind: nullKind}
	case l.True, l.False:
		return value{kind: boolKind, integer: b2i(l.True)}
	case l.String != "":
		runes, err := unescape(unquoted(l.String), false)
		if err != nil {
			b.fail(l.Pos, MalformedQuery, "%v", err)
		}
		return value{kind: textKind, text: string(runes)}
	case l.Number != "":
		return b.number(l)
	case l.Days != "":
		f, ok := newFormula(l.Days)
		if !ok {
			b.fail(l.Pos, MalformedQuery, "unexpected token: '%s'; expected a value (texts need single quotes)", l.Days)
		}
		return value{kind: formulaKind, formula: f}
	default:
		return b.date(l)
	}
}

func (b *builder) number(l *literal) value {
	if n, err := strconv.ParseInt(l.Number, 10, 64); err == nil {
		return value{kind: intKind, integer: n}
	}
	f, err := strconv.ParseFloat(l.Number, 64)
	if err != nil {
		b.fail(l.Pos, MalformedQuery, "the number %s is too large", l.Number)
	}
	return value{kind: decimalKind, decimal: f}
}

func (b *builder) date(l *literal) value {
	if l.Date != "" {
		t, err := time.Parse(time.DateOnly, l.Date)
		if err != nil {
			b.fail(l.Pos, MalformedQuery, "there is no day %s", l.Date)
		}
		b.checkYear(l, t)
		return value{kind: dateKind, time: t}
	}
	for _, layout := range [...]string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700"} {
		if t, err := time.Parse(layout, l.DateTime); err == nil {
			b.checkYear(l, t.UTC())
			return value{kind: dateTimeKind, time: t.UTC()}
		}
	}
	b.fail(l.Pos, MalformedQuery, "'%s' is no date-time; write 2026-11-22T08:15:00Z or 2026-11-22T08:15:00+01:00", l.DateTime)
	return value{}
}

// The years that a date in Salesforce can have.
const firstYear, lastYear = 1700, 4000

func (b *builder) checkYear(l *literal, t time.Time) {
	if t.Year() < firstYear || t.Year() > lastYear {
		b.fail(l.Pos, MalformedQuery, "dates lie between the years %d and %d", firstYear, lastYear)
	}
}
