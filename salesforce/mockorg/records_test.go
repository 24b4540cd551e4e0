package mockorg

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func newOrg(t testing.TB) *Org {
	t.Helper()
	o, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	return o
}

// holds compares a table with a plain model of it: rows by id, the order of
// creation, and every index.
func holds(tb *table, model map[string]Row, order []string) error {
	var live []string
	tb.each(func(row Row) bool { live = append(live, row.ID()); return true })
	if !slices.Equal(live, order) {
		return fmt.Errorf("live are %v, want %v", live, order)
	}
	for id, want := range model {
		if got := tb.byID[id].row; !maps.Equal(got, want) {
			return fmt.Errorf("%s is %v, want %v", id, got, want)
		}
	}
	for f, index := range tb.index {
		n := 0
		for value, set := range index {
			n += len(set)
			for rec := range set {
				if rec.dead || rec.row[f.name] != value {
					return fmt.Errorf("index %s: %s is filed under %v", f.name, rec.row.ID(), value)
				}
			}
		}
		if n != len(order) {
			return fmt.Errorf("index %s holds %d records, want %d", f.name, n, len(order))
		}
	}
	return nil
}

// TestTransactions drives random transactions, half of which fail, and savepoints
// inside them, against a model that is copied and put back.
func TestTransactions(t *testing.T) {
	o := newOrg(t)
	tb := o.tables[o.schema.object("Ticket__c")]
	model, order := map[string]Row{}, []string{}
	failure := errors.New("as asked")
	rapid.Check(t, func(t *rapid.T) {
		m, ord := maps.Clone(model), slices.Clone(order)
		fails := rapid.Bool().Draw(t, "fails")
		err := o.change("", func(x *tx) error {
			for range rapid.IntRange(1, 12).Draw(t, "steps") {
				keepM, keepOrd, mark := maps.Clone(m), slices.Clone(ord), x.savepoint()
				if err := step(t, x, m, &ord); err != nil {
					return err
				}
				if rapid.IntRange(0, 4).Draw(t, "undo") == 0 {
					x.rollback(mark)
					m, ord = keepM, keepOrd
				}
			}
			if fails {
				return failure
			}
			return nil
		})
		if fails != errors.Is(err, failure) || !fails && err != nil {
			t.Fatal(err)
		}
		if !fails {
			model, order = m, ord
		}
		if err := holds(tb, model, order); err != nil {
			t.Fatal(err)
		}
	})
}

// step makes one change to the org and to the model.
func step(t *rapid.T, x *tx, model map[string]Row, order *[]string) error {
	what := rapid.IntRange(0, 3).Draw(t, "what")
	if what <= 1 || len(*order) == 0 {
		id, err := x.insert("Ticket__c", Row{"Subject__c": rapid.StringN(1, 3, 3).Draw(t, "subject")})
		if err == nil {
			row, _ := x.get(id)
			model[id], *order = row, append(*order, id)
		}
		return err
	}
	id := rapid.SampledFrom(*order).Draw(t, "id")
	if what == 2 {
		err := x.set(id, Row{"Ext__c": rapid.StringMatching(`[a-c]{1,2}`).Draw(t, "ext")})
		row, _ := x.get(id)
		model[id] = row
		return err
	}
	delete(model, id)
	*order = slices.DeleteFunc(slices.Clone(*order), func(other string) bool { return other == id })
	return x.remove(id)
}

// A panic inside a transaction undoes it and frees the org.
func TestPanicRollsBack(t *testing.T) {
	o := newOrg(t)
	func() {
		defer func() { _ = recover() }()
		_ = o.change("", func(x *tx) error {
			if _, err := x.insert("Account", Row{"Name": "x"}); err != nil {
				t.Error(err)
			}
			panic("in the middle")
		})
	}()
	if n := len(o.Records("Account")); n != 0 {
		t.Errorf("%d accounts stayed", n)
	}
}

func TestRulesJoinTheTransaction(t *testing.T) {
	o := newOrg(t)
	var seen []string
	o.rule("Account", rule{after: func(x *tx, old, new Row) error {
		seen = append(seen, fmt.Sprint(old != nil, new != nil))
		if old == nil {
			_, err := x.insert("Contact", Row{"LastName": "of " + new.str("Name"), "AccountId": new.ID()})
			return err
		}
		if new == nil {
			return errors.New("not to be deleted")
		}
		return nil
	}})
	var id string
	err := o.change("", func(x *tx) (err error) { id, err = x.insert("Account", Row{"Name": "Acme"}); return err })
	if err != nil {
		t.Fatal(err)
	}
	if people := o.Records("Contact"); len(people) != 1 || people[0]["AccountId"] != id || people[0]["Name"] != "of Acme" {
		t.Errorf("contacts are %v", people)
	}
	if err := o.change("", func(x *tx) error { return x.remove(id) }); err == nil {
		t.Error("the rule's refusal was lost")
	}
	if rows := o.Records("Account"); len(rows) != 1 || rows[0].flag("IsDeleted") {
		t.Errorf("accounts are %v", rows)
	}
	if err := o.change("", func(x *tx) error { return x.set(id, Row{"Name": "Acme"}) }); err != nil {
		t.Error(err)
	}
	if want := []string{"false true", "true false"}; !slices.Equal(seen, want) {
		t.Errorf("the rule saw %v, want %v: a change to the same value is none", seen, want)
	}
}

func TestEndlessRulesEnd(t *testing.T) {
	o := newOrg(t)
	o.rule("Account", rule{after: func(x *tx, _, new Row) error {
		_, err := x.insert("Account", Row{"Name": new.str("Name") + "'"})
		return err
	}})
	err := o.change("", func(x *tx) error { _, err := x.insert("Account", Row{"Name": "x"}); return err })
	if err == nil || len(o.Records("Account")) != 0 {
		t.Errorf("error %v, %d accounts", err, len(o.Records("Account")))
	}
}

func TestSystemValuesAreChecked(t *testing.T) {
	o := newOrg(t)
	for name, row := range map[string]Row{
		"unknown field":   {"Shoe": "x"},
		"wrong type":      {"Urgent__c": "yes"},
		"malformed id":    {"OwnerId": "ada"},
		"not in the list": {"Status__c": "Odd"},
	} {
		if err := o.change("", func(x *tx) error { _, err := x.insert("Ticket__c", row); return err }); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Deleted records leave the way of each, and the oldest are forgotten.
func TestRecycleBin(t *testing.T) {
	o, err := New(Options{KeepDeleted: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	var ids []string
	for range 200 {
		if err := o.change("", func(x *tx) error {
			id, err := x.insert("Account", Row{"Name": "x"})
			ids = append(ids, id)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range ids[:199] {
		if err := o.change("", func(x *tx) error { return x.remove(id) }); err != nil {
			t.Fatal(err)
		}
	}
	tb := o.tables[o.schema.object("Account")]
	if len(tb.ordered) > 130 || len(tb.bin) != 10 {
		t.Errorf("%d records in order, %d in the bin", len(tb.ordered), len(tb.bin))
	}
	rows := o.Records("Account")
	if last := rows[len(rows)-1]; last.ID() != ids[199] || last.flag("IsDeleted") {
		t.Errorf("the last is %v", last)
	}
	if !slices.IsSortedFunc(rows, func(a, b Row) int { return slices.Index(ids, a.ID()) - slices.Index(ids, b.ID()) }) {
		t.Error("records are not in the order of creation")
	}
}

// TestIndexesAgree compares every query that an index can answer with the same
// query made so that none can.
func TestIndexesAgree(t *testing.T) {
	o := newOrg(t)
	words := []string{"a", "A", "b", "ß", "Σ", "ς"}
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom(words).Draw(t, "word")
		err := o.change("", func(x *tx) error {
			_, err := x.insert("Account", Row{"Name": rapid.SampledFrom(words).Draw(t, "name")})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		fast, slow := find(t, o, "Name = '"+word+"'"), find(t, o, "(Name = '"+word+"' OR Name = 'zz')")
		if !slices.Equal(fast, slow) {
			t.Fatalf("by index %v, by scan %v", fast, slow)
		}
	})
}

func find(t *rapid.T, o *Org, where string) (ids []string) {
	p, err := o.schema.prepare("SELECT Id FROM Account WHERE " + where)
	if err != nil {
		t.Fatal(err)
	}
	err = o.view(func(x *tx) error {
		rows, err := x.run(p, false)
		for _, row := range rows {
			ids = append(ids, row.ID())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}
