package engine

import "omnibridge/vcc"

// named takes what people call an interaction's record, which nothing else depends
// on.
func (m *Machine) named(r vcc.Report) {
	x := m.items[r.Interaction]
	if x == nil || r.Name == "" || x.row.Work.Name == r.Name {
		return
	}
	x.row.Work.Name = r.Name
	m.touch(x)
}

// keepName gives work that arrives again the name that it is known by.
func (x *item) keepName(w *vcc.Work) {
	if w.Name == "" && w.Record == x.row.Work.Record {
		w.Name = x.row.Work.Name
	}
}
