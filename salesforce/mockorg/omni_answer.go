package mockorg

// accept opens assigned work, at once or, when Settings.AcceptSerial says so,
// after a change of the PSR in a transaction of its own.
func (m *omni) accept(t *tx, agentWork Row) error {
	psr, ok := t.get(agentWork.str("PendingServiceRoutingId"))
	if !ok || m.set.AcceptSerial == "none" {
		return m.open(t, agentWork)
	}
	m.later(0, agentWork.ID(), func(t *tx, row Row) error {
		if row.str("Status") != "Assigned" {
			return nil
		}
		return m.open(t, row)
	})
	return m.writePSR(t, psr, nil)
}

// open is the accept (salesforce-omni 3.3 "Accept"): AgentWork, then the record,
// then the PSR goes. Accepting a transfer from another agent ends that agent's
// AgentWork.
func (m *omni) open(t *tx, agentWork Row) error {
	user, workID := agentWork.str("UserId"), agentWork.str("WorkItemId")
	before := ofWork(t, workID, "Opened")
	err := m.write(t, agentWork.ID(), Row{
		"Status": "Opened", "AcceptDateTime": t.now(), "SpeedToAnswer": seconds(agentWork, "RequestDateTime", t.now()),
	})
	if err != nil {
		return err
	}
	if work, ok := t.get(workID); ok {
		fields := mediumOf(t.objectOf(workID)).served(work, t.now())
		fields["OwnerId"] = user
		if err := m.write(t, workID, fields); err != nil {
			return err
		}
	}
	if psr, ok := t.get(agentWork.str("PendingServiceRoutingId")); ok {
		if err := m.remove(t, psr.ID()); err != nil {
			return err
		}
	}
	if agentWork.str("PendingServiceRoutingId") == "" {
		for _, w := range before {
			if err := m.end(t, w, "Transferred"); err != nil {
				return err
			}
		}
	}
	m.pilotOpened(agentWork)
	return nil
}

// autoAccept accepts as the widget of an agent with auto-accept does, which it
// cannot once its connection is lost.
func (m *omni) autoAccept(t *tx, agentWork Row) error {
	if agentWork.str("Status") != "Assigned" || m.lost(agentWork.str("UserId")) {
		return nil
	}
	return m.accept(t, agentWork)
}

// lost tells whether an agent's connection is gone without Salesforce knowing.
func (m *omni) lost(user string) bool {
	s := m.sessions[user]
	return s == nil || s.dropped
}

// decline refuses assigned work at the agent's wish.
func (m *omni) decline(t *tx, agentWork Row, reason string) error {
	load := loadOf(t, agentWork.str("UserId"), "")
	return m.refused(t, agentWork, Row{
		"Status": "Declined", "DeclineDateTime": t.now(), "DeclineReason": reason, "AgentCapacityWhenDeclined": load,
	}, "PresenceStatusOnDeclineId")
}

// timeOut takes work back that the agent let alert for too long.
func (m *omni) timeOut(t *tx, agentWork Row) error {
	if agentWork.str("Status") != "Assigned" {
		return nil
	}
	return m.refused(t, agentWork, Row{"Status": "DeclinedOnPushTimeout", "PushTimeoutDateTime": t.now()}, "PresenceStatusOnPushTimeoutId")
}

// unavailable takes work back from an agent who is not there.
func (m *omni) unavailable(t *tx, agentWork Row) error {
	if agentWork.str("Status") != "Assigned" {
		return nil
	}
	return m.refused(t, agentWork, Row{"Status": "Unavailable"}, "")
}

// refused ends a push without an accept (salesforce-omni 3.3 "Decline"): the
// AgentWork, then the PSR is free for the next push, then the owner moves back.
// The PSR shows who declined by that agent's session, and only a decline or a
// timeout does so (11.5). next names the configured status the agent turns to.
func (m *omni) refused(t *tx, agentWork, fields Row, next string) error {
	user := agentWork.str("UserId")
	if err := m.write(t, agentWork.ID(), fields); err != nil {
		return err
	}
	psr, queued := t.get(agentWork.str("PendingServiceRoutingId"))
	if queued {
		_, still := t.first("AgentWork", is("PendingServiceRoutingId", psr.ID()), is("Status", "Assigned"))
		change := Row{"IsPushed": still}
		session := m.sessions[user]
		if session != nil && (fields["Status"] != "Unavailable" || m.set.UnavailableSession == "set") {
			change["LastDeclinedAgentSession"] = session.key
		}
		if err := m.writePSR(t, psr, change); err != nil {
			return err
		}
	}
	if err := m.giveBack(t, psr, agentWork); err != nil {
		return err
	}
	if err := m.leftAlone(t, agentWork); err != nil { // a transfer whose first agent has gone meanwhile
		return err
	}
	if err := m.recount(t, user); err != nil {
		return err
	}
	if config, ok := configOf(t, user); ok && next != "" && config.str(next) != "" {
		m.turnLater(user, config.str(next))
	}
	return nil
}

// cancel ends a push whose reason is gone; the PSR is the caller's business.
func (m *omni) cancel(t *tx, agentWork Row) error {
	if err := m.write(t, agentWork.ID(), Row{"Status": "Canceled", "CancelDateTime": t.now()}); err != nil {
		return err
	}
	return m.recount(t, agentWork.str("UserId"))
}

// end finishes opened work as Closed or Transferred and frees its capacity.
func (m *omni) end(t *tx, agentWork Row, status string) error {
	handled := seconds(agentWork, "AcceptDateTime", t.now())
	err := m.write(t, agentWork.ID(), Row{"Status": status, "CloseDateTime": t.now(), "HandleTime": handled, "ActiveTime": handled})
	if err != nil {
		return err
	}
	return m.recount(t, agentWork.str("UserId"))
}

// closeTab closes opened work as the agent does by closing its tab. A
// conversation ends with it; a case or lead stays as it is, with its owner
// (salesforce-omni 2, "Opened → Closed").
func (m *omni) closeTab(t *tx, agentWork Row) error {
	if err := m.end(t, agentWork, "Closed"); err != nil {
		return err
	}
	id := agentWork.str("WorkItemId")
	med := mediumOf(t.objectOf(id))
	work, ok := t.get(id)
	if !ok || !med.conversation || med.isOver(work) {
		return nil
	}
	if others := t.among("AgentWork", is("WorkItemId", id), is("Status", "Opened", "Assigned")); len(others) > 0 {
		return nil // somebody else is still, or about to be, in the conversation
	}
	return m.write(t, id, med.ended(work, byAgent, t.now()))
}

// transfer moves opened work to a queue or straight to another agent. A queue
// gets a new PSR; an agent gets a second AgentWork that Salesforce makes itself,
// without any PSR, and the first one lasts until that is accepted
// (salesforce-omni 3.3 "Transfer to a specific agent").
func (m *omni) transfer(t *tx, agentWork Row, to string) error {
	if isQueue(to) {
		if _, ok := routingOf(t, to); !ok {
			return conflict("the queue has no routing configuration: transferred work would wait there unseen; choose another or give it one")
		}
		return t.set(agentWork.str("WorkItemId"), Row{"OwnerId": to}) // the rest follows from the owner
	}
	next := Row{"UserId": to, "OwnerId": to, "AssignedDateTime": t.now(), "RequestDateTime": t.now(), "TransferRequesterId": agentWork["UserId"]}
	for _, f := range []string{"WorkItemId", "ServiceChannelId", "CapacityWeight", "CapacityPercentage", "CapacityModel", "OriginalGroupId",
		"OriginalQueueId", "RoutingModel", "RoutingType", "RoutingPriority", "PushTimeout"} {
		next[f] = agentWork[f]
	}
	if err := m.deliverable(t, next, nil); err != nil {
		return conflict("the other agent cannot take the transfer: %v", err)
	}
	if waiting := ofWork(t, agentWork.str("WorkItemId"), "Assigned"); len(waiting) > 0 {
		return conflict("the work is already alerting at another agent: wait for the answer")
	}
	var id string
	err := m.bySystem(func() (err error) {
		id, err = t.insert("AgentWork", next)
		return err
	})
	if err != nil {
		return err
	}
	if err := m.write(t, agentWork.str("WorkItemId"), Row{"OwnerId": to}); err != nil {
		return err
	}
	if err := m.recount(t, to); err != nil {
		return err
	}
	m.alert(t, id)
	return nil
}

// leave is the customer going away: a conversation that waits is missed, one
// that is being served ends, and a case is closed by whoever asked
// (salesforce-omni 3.3 "Visitor cancels").
func (m *omni) leave(t *tx, work Row) error {
	object := t.objectOf(work.ID())
	med := mediumOf(object)
	if len(med.over) == 0 {
		return conflict("a %s has no customer who could leave: delete it or change its owner instead", object)
	}
	if med.isOver(work) {
		return conflict("%s %s is over already (%s)", object, work.ID(), work.str("Status"))
	}
	opened := ofWork(t, work.ID(), "Opened")
	if len(opened) > 0 {
		return t.set(work.ID(), med.ended(work, byVisitor, t.now()))
	}
	if med.conversation || m.set.CaseClosed == "remove" {
		if err := m.withdraw(t, work.ID()); err != nil {
			return err
		}
	}
	fields := med.missed(work, byVisitor, t.now())
	if med.conversation && isQueue(work.str("OwnerId")) {
		fields["OwnerId"] = m.lastAgent(t, work.ID())
	}
	return m.write(t, work.ID(), fields)
}

// lastAgent is the owner of a missed chat: whoever it was offered to last, else
// the Automated Process user (salesforce-omni 1.5).
func (m *omni) lastAgent(t *tx, work string) string {
	if rows := t.among("AgentWork", is("WorkItemId", work)); len(rows) > 0 {
		return rows[len(rows)-1].str("UserId")
	}
	return m.itself()
}

// turnLater changes an agent's status once the present transaction is over.
func (m *omni) turnLater(user, status string) {
	m.after(0, func() error { return m.turn(user, status) })
}
