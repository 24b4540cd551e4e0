package soql

import (
	"fmt"
	"strings"
	"testing"
)

const benchQuery = "SELECT Id, Status, Owner.Name FROM AgentWork WHERE Status IN ('Assigned', 'Opened') AND " +
	"(Channel LIKE 'chat%' OR Load__c > 2) AND CreatedDate = LAST_N_DAYS:3 ORDER BY CreatedDate DESC LIMIT 200"

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(benchQuery); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	q, err := Parse(benchQuery)
	if err != nil {
		b.Fatal(err)
	}
	fields := map[string]any{"Status": "opened", "Channel": "Chat EMEA", "Load__c": int64(1), "CreatedDate": noon}
	get := func(path string) (any, error) { return fields[path], nil }
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := q.Match(get, noon); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func BenchmarkMatchLongList(b *testing.B) {
	ids := make([]string, 2000)
	for i := range ids {
		ids[i] = fmt.Sprintf("'0015e00000A%04d'", i)
	}
	q, err := Parse("SELECT Id FROM X WHERE Id IN (" + strings.Join(ids, ", ") + ")")
	if err != nil {
		b.Fatal(err)
	}
	id := "0015e00000A1234"
	var v any = id + idChecksum(id)
	get := func(string) (any, error) { return v, nil }
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := q.Match(get, noon); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}
