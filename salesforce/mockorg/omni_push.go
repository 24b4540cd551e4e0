package mockorg

import (
	"fmt"
	"time"

	"omnibridge/salesforce/mockorg/clock"
)

// checkPush decides whether an AgentWork may be created through the API. Codes
// and order are the best guess of salesforce-omni 2 ("Errors on invalid
// create"); clients must not branch on the messages.
func (m *omni) checkPush(t *tx, old, new Row) error {
	if old != nil {
		return nil
	}
	psrID, workID, user := new.str("PendingServiceRoutingId"), new.str("WorkItemId"), new.str("UserId")
	if psrID == "" {
		return refuse("REQUIRED_FIELD_MISSING", "Required fields are missing: [PendingServiceRoutingId]", "PendingServiceRoutingId")
	}
	if _, ok := t.get(workID); !ok {
		return refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id: the work item does not exist", "WorkItemId")
	}
	psr, ok := t.get(psrID)
	if !ok {
		return refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id: the PendingServiceRouting is gone; it was accepted, or its reason is", "PendingServiceRoutingId")
	}
	agent, ok := t.get(user)
	if !ok || !agent.flag("IsActive") {
		return refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id: no active user has this id", "UserId")
	}
	if err := matchChannel(t, workID, new.str("ServiceChannelId")); err != nil {
		return err
	}
	if err := m.checkPushable(t, psr, workID, user); err != nil {
		return err
	}
	if m.set.Undeliverable == "reject" {
		return m.deliverable(t, new, psr)
	}
	return nil
}

// checkPushable looks at the PSR: of this work item, routed externally, ready,
// and not out to an agent already.
func (m *omni) checkPushable(t *tx, psr Row, work, user string) error {
	switch {
	case psr.str("WorkItemId") != work:
		return refuse("FIELD_INTEGRITY_EXCEPTION", "the PendingServiceRouting is for another work item", "PendingServiceRoutingId", "WorkItemId")
	case psr.str("RoutingModel") != "ExternalRouting":
		return refuse("FIELD_INTEGRITY_EXCEPTION", "the PendingServiceRouting is routed by Salesforce: only ExternalRouting takes pushes", "PendingServiceRoutingId")
	case !psr.flag("IsReadyForRouting"):
		return refuse("FIELD_INTEGRITY_EXCEPTION", "the PendingServiceRouting is not ready for routing", "PendingServiceRoutingId")
	case psr.flag("IsPushed") && m.set.SecondPush == "reject":
		return refuse("FIELD_INTEGRITY_EXCEPTION", "the PendingServiceRouting is already pushed to an agent", "PendingServiceRoutingId")
	case m.set.Repush == "reject" && m.sessions[user] != nil && psr.str("LastDeclinedAgentSession") == m.sessions[user].key:
		return refuse("FIELD_INTEGRITY_EXCEPTION", "the agent declined this work in the present Omni session", "UserId")
	}
	return nil
}

// deliverable tells whether the agent's widget can take the work: online, in a
// status with the channel, and with room for it. An agent whose connection is
// lost without Salesforce knowing still counts as online.
func (m *omni) deliverable(t *tx, agentWork, psr Row) error {
	user := agentWork.str("UserId")
	presence, ok := presenceOf(t, user)
	if !ok {
		return refuse("FIELD_INTEGRITY_EXCEPTION", "the agent is not online in Omni-Channel", "UserId")
	}
	if !serves(t, presence.str("ServicePresenceStatusId"), agentWork.str("ServiceChannelId")) {
		return refuse("FIELD_INTEGRITY_EXCEPTION", "the agent's presence status does not serve the service channel", "UserId", "ServiceChannelId")
	}
	if agentWork.flag("ShouldSkipCapacityCheck") {
		return nil
	}
	capacity := capacityOf(t, user)
	if load := loadOf(t, user, agentWork.ID()); load+weight(sized(t, agentWork, psr), capacity) > capacity {
		return refuse("FIELD_INTEGRITY_EXCEPTION", "the agent has no capacity left for the work", "UserId")
	}
	return nil
}

// sized returns the row that says how much capacity the work takes: its own,
// else the PSR, else the routing configuration of the queue (salesforce-omni
// 1.1, last sentence).
func sized(t *tx, agentWork, psr Row) Row {
	for _, row := range []Row{agentWork, psr} {
		if row["CapacityWeight"] != nil || row["CapacityPercentage"] != nil {
			return row
		}
	}
	routing, _ := routingOf(t, psr.str("GroupId"))
	return routing
}

// checkAgentWorkRemove refuses to delete work that is with an agent.
func checkAgentWorkRemove(_ *tx, old Row) error {
	switch old.str("Status") {
	case "Assigned", "Opened":
		return refuse("DELETE_FAILED", "an AgentWork can be deleted only once it is no longer active; this one is "+old.str("Status"))
	}
	return nil
}

// agentWorkChanged carries out the push that a client's insert asks for.
func (m *omni) agentWorkChanged(t *tx, old, new Row) error {
	if m.system > 0 || old != nil || new == nil {
		return nil
	}
	return m.push(t, new)
}

// push offers the work to the agent (salesforce-omni 2, first row): the PSR
// says so, the owner becomes the agent, capacity is taken, the widget shows it.
func (m *omni) push(t *tx, agentWork Row) error {
	psr, ok := t.get(agentWork.str("PendingServiceRoutingId"))
	if !ok {
		return nil // made by a seed or a test, not a push
	}
	undeliverable := m.deliverable(t, agentWork, psr)
	channel, _ := t.get(agentWork.str("ServiceChannelId"))
	size, routing := sized(t, agentWork, psr), Row(nil)
	routing, _ = routingOf(t, psr.str("GroupId"))
	timeout := psr["PushTimeout"]
	if timeout == nil {
		timeout = routing["PushTimeout"]
	}
	requested := psr["CustomRequestedDateTime"]
	if requested == nil {
		requested = psr["CreatedDate"]
	}
	fields := Row{
		"OwnerId": agentWork["UserId"], "AssignedDateTime": t.now(), "RequestDateTime": requested, "PushTimeout": timeout,
		"CapacityWeight": size["CapacityWeight"], "CapacityPercentage": size["CapacityPercentage"], "CapacityModel": channel["CapacityModel"],
		"OriginalGroupId": psr["GroupId"], "OriginalQueueId": psr["QueueId"],
	}
	for _, f := range []string{"RoutingModel", "RoutingType", "RoutingPriority", "SecondaryRoutingPriority", "PreferredUserId", "IsPreferredUserRequired"} {
		fields[f] = psr[f]
	}
	if err := m.write(t, agentWork.ID(), fields); err != nil {
		return err
	}
	if err := m.writePSR(t, psr, Row{"IsPushed": true, "IsPushAttempted": true}); err != nil {
		return err
	}
	if m.set.OwnerMoves == "push" {
		if err := m.write(t, agentWork.str("WorkItemId"), Row{"OwnerId": agentWork["UserId"]}); err != nil {
			return err
		}
	}
	if err := m.recount(t, agentWork.str("UserId")); err != nil {
		return err
	}
	if undeliverable != nil {
		m.later(0, agentWork.ID(), m.unavailable)
		return nil
	}
	m.alert(t, agentWork.ID())
	return nil
}

// untold tells whether subscribers do not hear of a change: that of a PSR which a
// push makes, where Settings.PushEvent says so.
func (m *omni) untold(e entry) bool {
	return m.set.PushEvent == "off" && e.rec.table.object.name == "PendingServiceRouting" &&
		e.old != nil && e.new != nil && !e.old.flag("IsPushed") && e.new.flag("IsPushed")
}

// alert starts what follows by itself once the widget shows a request: the
// push timeout, the automatic accept, the autopilot.
func (m *omni) alert(t *tx, agentWork string) {
	row, _ := t.get(agentWork)
	m.ring(t, row, 0)
	m.pilotAlerted(row)
}

// ring sets the timers of work that has been alerting for a while.
func (m *omni) ring(t *tx, row Row, since time.Duration) {
	if n := row.num("PushTimeout"); n > 0 {
		m.later(time.Duration(n)*time.Second-since, row.ID(), m.timeOut)
	}
	channel, _ := t.get(row.str("ServiceChannelId"))
	config, _ := configOf(t, row.str("UserId"))
	if channel.flag("HasAutoAcceptEnabled") || config.flag("OptionsIsAutoAcceptEnabled") {
		m.later(time.Duration(m.set.AutoAcceptAfter)-since, row.ID(), m.autoAccept)
	}
}

// later runs a step of an AgentWork's life after a time, in a transaction of
// its own and as the Automated Process user, unless the row is gone by then.
// The step looks for itself whether it still applies.
func (m *omni) later(d time.Duration, agentWork string, step func(*tx, Row) error) {
	m.after(d, func() error {
		return m.o.change(m.itself(), func(t *tx) error {
			row, ok := t.get(agentWork)
			if !ok {
				return nil
			}
			return step(t, row)
		})
	})
}

// after runs something of the org's own after a time, unless the org is closed
// by then. There is nobody to tell of a failure, and it means a defect in here.
func (m *omni) after(d time.Duration, do func() error) *clock.Timer {
	epoch := m.epoch.Load()
	return m.o.clock.AfterFunc(d, func() {
		if m.o.chronicle.ended() || m.epoch.Load() != epoch {
			return
		}
		if err := do(); err != nil {
			panic(fmt.Sprintf("mockorg: a step of Omni-Channel itself failed: %v", err))
		}
	})
}
