package engine

import (
	"time"

	"omnibridge/vcc"
)

// restoreCall puts back what follows from the row of a call. A consult of which a
// part is missing is over, since nobody could end it: true says that it was ended.
func (m *Machine) restoreCall(x *item) (ended bool) {
	x.row.Call = copyCall(x.row.Call)
	m.tell(x) // whether it was said before the restart is not known
	if !x.consults() || x.row.State == vcc.Closed || x.row.State == vcc.WrapUp {
		return false
	}
	c, other := x.row.Call, x.other()
	if x.asker() == nil || other == nil && c.Number == "" {
		m.endConsultLegs(x, false)
		return true
	}
	if other != nil && other.State == vcc.Connected {
		c.RingsUntil = time.Time{}
	}
	if x.rings() {
		m.set(timer{at: c.RingsUntil, kind: ringOver, item: x.row.ID})
	}
	return false
}
