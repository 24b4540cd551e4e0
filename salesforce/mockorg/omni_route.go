package mockorg

import (
	"fmt"
	"time"
)

// workChanged follows a work item: entering a queue makes a PSR, leaving it
// removes the PSR (salesforce-omni 1.1, 3.3). Changes that Salesforce itself
// makes on the way are not looked at.
func (m *omni) workChanged(t *tx, object string, old, new Row) error {
	if m.system > 0 {
		return nil
	}
	med := mediumOf(object)
	switch {
	case new == nil:
		return m.workGone(t, old.ID())
	case old == nil:
		return m.enqueue(t, object, new, false)
	case med.isOver(new) && !med.isOver(old):
		return m.workOver(t, object, old, new)
	case old.str("OwnerId") != new.str("OwnerId"):
		return m.ownerMoved(t, object, new)
	}
	return nil
}

// enqueue makes the PSR of a work item whose owner is a queue with a routing
// configuration. Which model that has does not matter: the PSR of a queue that
// Salesforce routes only fails to match the filters of external routers.
func (m *omni) enqueue(t *tx, object string, work Row, transfer bool) error {
	routing, routed := routingOf(t, work.str("OwnerId"))
	channel, ok := channelOf(t, object)
	if !routed || !ok || mediumOf(object).isOver(work) {
		return nil
	}
	if err := m.checkRoom(t); err != nil {
		return err
	}
	queue := work.str("OwnerId")
	psr := Row{
		"OwnerId": t.user, "WorkItemId": work["Id"], "ServiceChannelId": channel["Id"], "GroupId": queue, "QueueId": queue,
		"RoutingModel": routing["RoutingModel"], "RoutingType": "QueueBased", "RoutingPriority": routing["RoutingPriority"],
		"IsReadyForRouting": true, "IsTransfer": transfer, "Serial": int64(1),
	}
	if m.set.PSRCapacity == "config" {
		for _, f := range []string{"CapacityWeight", "CapacityPercentage", "PushTimeout"} {
			psr[f] = routing[f]
		}
	}
	return m.bySystem(func() error {
		_, err := t.insert("PendingServiceRouting", psr)
		return err
	})
}

// checkRoom refuses to queue one more work item than the org's limits allow
// (salesforce-omni 9).
func (m *omni) checkRoom(t *tx) error {
	limits := t.o.usage.now()
	psrs := t.o.tables[t.o.schema.object("PendingServiceRouting")]
	if psrs.live() >= limits.PendingRoutings {
		return refuse("LIMIT_EXCEEDED", fmt.Sprintf("Omni-Channel: the maximum of %d pending routing requests is reached", limits.PendingRoutings))
	}
	queued := m.queued.read(t.now(), time.Hour)
	if queued+len(t.log) >= limits.QueuedPerHour { // else the transaction cannot matter
		for _, e := range t.log {
			if e.old == nil && e.rec.table == psrs {
				queued++
			}
		}
	}
	if queued >= limits.QueuedPerHour {
		return refuse("LIMIT_EXCEEDED", fmt.Sprintf("Omni-Channel: the maximum of %d queued work items per hour is reached", limits.QueuedPerHour))
	}
	return nil
}

// countQueued takes up the PSRs that a commit made. The org's lock is held.
func (m *omni) countQueued(now time.Time, changes []entry) {
	for _, e := range changes {
		if e.old == nil && e.rec.table.object.name == "PendingServiceRouting" {
			m.queued.read(now, time.Hour)
			m.queued.used++
		}
	}
}

// ownerMoved follows a change of owner that was not Salesforce's own: the old
// PSR goes, with its push (Settings.OwnerChange); a queue makes a new one, which is a transfer when
// an agent had the work open (salesforce-omni 3.3).
func (m *omni) ownerMoved(t *tx, object string, work Row) error {
	id := work.ID()
	if m.set.OwnerChange == "remove" || isQueue(work.str("OwnerId")) {
		if err := m.withdraw(t, id); err != nil {
			return err
		}
	}
	opened := ofWork(t, id, "Opened")
	_, queued := routingOf(t, work.str("OwnerId"))
	queued = queued && !mediumOf(object).isOver(work) // what is over waits for nobody
	if queued {
		if err := m.requeue(t, object, work, len(opened) > 0); err != nil {
			return err
		}
	}
	channel, _ := channelOf(t, object)
	for _, w := range opened {
		switch {
		case queued:
			if err := m.end(t, w, "Transferred"); err != nil {
				return err
			}
		case channel.str("CapacityModel") == "StatusBased" && w.str("UserId") != work.str("OwnerId"):
			if err := m.end(t, w, "Closed"); err != nil {
				return err
			}
		} // in the tab-based model the open tab goes on holding the capacity
	}
	return nil
}

// requeue makes a work item wait in the queue that owns it.
func (m *omni) requeue(t *tx, object string, work Row, transfer bool) error {
	if err := m.write(t, work.ID(), mediumOf(object).queued(work, t.now())); err != nil {
		return err
	}
	return m.enqueue(t, object, work, transfer)
}

// withdraw takes a work item out of routing: the push that is out is canceled,
// then the PSR goes. What an agent has opened stays.
func (m *omni) withdraw(t *tx, work string) error {
	for _, w := range ofWork(t, work, "Assigned") {
		if err := m.cancel(t, w); err != nil {
			return err
		}
	}
	for _, psr := range t.among("PendingServiceRouting", is("WorkItemId", work)) {
		if err := m.remove(t, psr.ID()); err != nil {
			return err
		}
	}
	return nil
}

// workGone follows the deletion of a work item.
func (m *omni) workGone(t *tx, work string) error {
	if err := m.withdraw(t, work); err != nil {
		return err
	}
	for _, w := range ofWork(t, work, "Opened") {
		if err := m.end(t, w, "Closed"); err != nil {
			return err
		}
	}
	return nil
}

// workOver follows a Status that ends a work item's life, set by a person, a
// client or the visitor. In the tab-based model an opened AgentWork lives on
// until the agent closes the tab; in the status-based one it closes now.
func (m *omni) workOver(t *tx, object string, old, work Row) error {
	moved := old.str("OwnerId") != work.str("OwnerId")
	if moved || mediumOf(object).conversation || m.set.CaseClosed == "remove" {
		if err := m.withdraw(t, work.ID()); err != nil {
			return err
		}
	}
	channel, _ := channelOf(t, object)
	if channel.str("CapacityModel") != "StatusBased" {
		return nil
	}
	for _, w := range ofWork(t, work.ID(), "Opened") {
		if err := m.end(t, w, "Closed"); err != nil {
			return err
		}
	}
	return nil
}

// checkPSR refuses PSRs that could not be routed, and edits of one that is
// ready for routing (salesforce-omni 1.1).
func (m *omni) checkPSR(t *tx, old, new Row) error {
	if old != nil {
		if old.flag("IsReadyForRouting") {
			return refuse("FIELD_INTEGRITY_EXCEPTION", "the PendingServiceRouting is ready for routing and can't be edited: delete it and create another", "IsReadyForRouting")
		}
		return nil
	}
	if err := m.checkRoom(t); err != nil {
		return err
	}
	id := new.str("WorkItemId")
	if _, ok := t.get(id); !ok {
		return refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id: the work item does not exist", "WorkItemId")
	}
	if err := matchChannel(t, id, new.str("ServiceChannelId")); err != nil {
		return err
	}
	if _, ok := t.first("PendingServiceRouting", is("WorkItemId", id)); ok {
		return refuse("FIELD_INTEGRITY_EXCEPTION", "the work item already has a PendingServiceRouting: delete that first", "WorkItemId")
	}
	return nil
}

// psrChanged follows a PSR that somebody else makes, changes or deletes. The
// push of a deleted one is canceled and the work goes back to its queue, where
// it stays without a PSR (a guess; salesforce-omni 2, last row;
// Settings.PSRDeleted).
func (m *omni) psrChanged(t *tx, old, new Row) error {
	if m.system > 0 {
		return nil
	}
	switch {
	case new != nil && old != nil:
		return m.writePSR(t, new, nil)
	case old == nil:
		work, _ := t.get(new.str("WorkItemId"))
		if queue := work.str("OwnerId"); isQueue(queue) {
			return m.write(t, new.ID(), Row{"GroupId": queue, "QueueId": queue})
		}
		return nil
	case m.set.PSRDeleted == "keep":
		return nil
	}
	for _, w := range t.among("AgentWork", is("PendingServiceRoutingId", old.ID()), is("Status", "Assigned")) {
		if err := m.cancel(t, w); err != nil {
			return err
		}
		if err := m.giveBack(t, old, w); err != nil {
			return err
		}
	}
	return nil
}

// giveBack returns a pushed work item, whose owner became the agent, to the
// queue its PSR came from, or to the agent who still has it open.
func (m *omni) giveBack(t *tx, psr, agentWork Row) error {
	work, ok := t.get(agentWork.str("WorkItemId"))
	if !ok || work.str("OwnerId") != agentWork.str("UserId") {
		return nil
	}
	back := psr.str("GroupId")
	if opened := ofWork(t, work.ID(), "Opened"); back == "" && len(opened) > 0 {
		back = opened[len(opened)-1].str("UserId")
	}
	if back == "" {
		return nil
	}
	return m.write(t, work.ID(), Row{"OwnerId": back})
}

// matchChannel refuses a service channel that does not route the work item.
func matchChannel(t *tx, work, channel string) error {
	ch, ok := t.get(channel)
	if !ok {
		return refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id: the service channel does not exist", "ServiceChannelId")
	}
	if object := t.objectOf(work); ch.str("RelatedEntity") != object {
		return refuse("FIELD_INTEGRITY_EXCEPTION", "service channel "+ch.str("DeveloperName")+" routes "+ch.str("RelatedEntity")+
			", not "+object+": use the channel of the work item's object", "ServiceChannelId", "WorkItemId")
	}
	return nil
}
