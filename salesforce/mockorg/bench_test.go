package mockorg

import (
	"fmt"
	"testing"
)

// crowd fills an org with n cases of 10 owners' queues and a topic that tells of
// them.
func crowd(b *testing.B, n int) *Org {
	o := newOrg(b)
	err := o.change("", func(t *tx) error {
		if _, err := t.insert("PushTopic", Row{"Name": "Cases", "Query": "SELECT Id, Subject, Status FROM Case WHERE Status != 'Closed'", "ApiVersion": 67.0}); err != nil {
			return err
		}
		for i := range n {
			if _, err := t.insert("Case", Row{"Subject": fmt.Sprint("Case ", i), "Status": "New"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return o
}

// BenchmarkCreateWithEvent is one record through the API's checks, with the
// event that a PushTopic makes of it.
func BenchmarkCreateWithEvent(b *testing.B) {
	o := crowd(b, 0)
	ob := o.schema.object("Case")
	body := map[string]any{"Subject": "Printer on fire", "Priority": "High", "Origin": "Web"}
	b.ReportAllocs()
	for b.Loop() {
		if err := o.change("", func(t *tx) error { _, err := t.create(ob, body); return err }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkQuery asks for one record among many, by id and by a field with an
// index, and for all of a kind by a field without one.
func BenchmarkQuery(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		o := crowd(b, n)
		id := o.Records("Case")[n/2].ID()
		for name, soql := range map[string]string{
			"id":    "SELECT Id, Subject, Owner.Name FROM Case WHERE Id = '" + id + "'",
			"index": fmt.Sprintf("SELECT Id, Subject FROM Case WHERE CaseNumber = '%08d'", n/2),
			"scan":  fmt.Sprintf("SELECT Id FROM Case WHERE Subject = 'Case %d'", n/2),
		} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					p, err := o.schema.prepare(soql)
					if err != nil {
						b.Fatal(err)
					}
					err = o.view(func(t *tx) error {
						rows, err := t.run(p, false)
						if len(rows) != 1 {
							return fmt.Errorf("%d rows, %v", len(rows), err)
						}
						return nil
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
