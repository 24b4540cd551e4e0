package salesforce

import "encoding/json"

// fieldSet holds the fields of a record that signals are made of, as JSON has them: of
// change events and of rows read by SOQL alike.
type fieldSet map[string]json.RawMessage

// with returns f overlaid by newer fields; f stays as it is. Null is a value.
func (f fieldSet) with(newer fieldSet) fieldSet {
	all := make(fieldSet, len(f)+len(newer))
	for name, value := range f {
		all[name] = value
	}
	for name, value := range newer {
		all[name] = value
	}
	return all
}

// into decodes f as a row.
func (f fieldSet) into(row any) error {
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, row)
}

// memory holds records by id, those used last: at least half of its size, at
// most all of it. What it forgets is read again.
type memory struct {
	half       int
	young, old map[string]fieldSet
}

func newMemory(size int) *memory {
	return &memory{half: max(size/2, 1), young: map[string]fieldSet{}, old: map[string]fieldSet{}}
}

func (m *memory) get(id string) (fieldSet, bool) {
	if f, ok := m.young[id]; ok {
		return f, true
	}
	f, ok := m.old[id]
	if ok {
		m.put(id, f)
	}
	return f, ok
}

func (m *memory) put(id string, f fieldSet) {
	if _, ok := m.young[id]; !ok && len(m.young) >= m.half {
		m.old, m.young = m.young, map[string]fieldSet{}
	}
	delete(m.old, id)
	m.young[id] = f
}

func (m *memory) forget(id string) {
	delete(m.young, id)
	delete(m.old, id)
}
