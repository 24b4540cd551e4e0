package mockorg

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxStateFaults is how many faults of a state are told at once, maxAhead how far
// a state may move the clock.
const (
	maxStateFaults = 20
	maxAhead       = 10 * 365 * 24 * time.Hour
)

// SetState turns the org into what a state says, as if it had become so by
// itself, without any event. All logins end, streaming clients and retained events
// are forgotten, and the history begins anew. A state that is not whole is refused
// and nothing changes.
func (o *Org) SetState(s State) error {
	l := &stateLoad{o: o, s: s, now: o.clock.Now(), tables: map[*object]*table{}, captured: map[*object]bool{}, channels: map[string][]member{}}
	l.read()
	if len(l.faults) > 0 {
		more := ""
		if n := len(l.faults) - maxStateFaults; n > 0 {
			more = fmt.Sprintf("; and %d more", n)
		}
		return badRequest("state refused, nothing changed: %s%s", strings.Join(l.faults[:min(len(l.faults), maxStateFaults)], "; "), more)
	}
	o.omni.epoch.Add(1) // timers of what was before do nothing
	o.clock.Advance(max(0, s.SavedAt.Sub(l.now)))
	if s.Limits != nil {
		if err := o.SetLimits(*s.Limits); err != nil {
			return err // it was found valid
		}
	}
	o.become(l)
	o.streaming.ForgetAll()
	o.identity.RevokeAll()
	return nil
}

// become puts what was read in the place of what there was.
func (o *Org) become(l *stateLoad) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tables, o.captured, o.channels = l.tables, l.captured, l.channels
	o.chronicle.reset()
	o.streaming.Purge()
	o.streaming.Continue(l.s.ReplayID)
	t := &tx{o: o, user: l.robot, at: o.clock.Now().UTC()}
	o.readTopics(t)
	o.omni.resume(t, l.s, l.robot)
}

// stateLoad reads a state into tables and notes what is wrong with it.
type stateLoad struct {
	o        *Org
	s        State
	now      time.Time
	robot    string
	tables   map[*object]*table
	captured map[*object]bool
	channels map[string][]member
	faults   []string
}

func (l *stateLoad) fault(format string, args ...any) {
	l.faults = append(l.faults, fmt.Sprintf(format, args...))
}

func (l *stateLoad) read() {
	switch {
	case l.s.Version != stateVersion:
		l.fault("version is %d: this org reads version %d", l.s.Version, stateVersion)
		return
	case l.s.SavedAt.Sub(l.now) > maxAhead:
		l.fault("saved_at is %s: more than ten years ahead of the org's time", l.s.SavedAt.Format(time.RFC3339))
		return
	}
	if l.s.SavedAt.IsZero() {
		l.s.SavedAt = l.now.UTC()
	}
	if l.s.ReplayID < 0 {
		l.fault("replay_id is %d: use zero or more", l.s.ReplayID)
	}
	for _, ob := range l.o.schema.objects {
		l.tables[ob] = newTable(ob)
	}
	l.findRobot()
	seen := map[*object]bool{}
	for _, part := range l.s.Objects {
		ob := l.o.schema.object(part.Name)
		switch {
		case ob == nil:
			l.fault("there is no object %q", clip(part.Name))
		case seen[ob]:
			l.fault("object %s is there twice: put its records together", ob.name)
		default:
			seen[ob] = true
			l.records(ob, part)
		}
	}
	if l.record(l.o.organization()) == nil {
		l.fault("the organization %s is missing", l.o.organization())
	}
	l.events()
	l.people()
	if l.s.Settings != nil {
		l.check("settings", l.s.Settings.validate())
	}
	if l.s.Limits != nil {
		l.check("limits", l.s.Limits.validate())
	}
}

func (l *stateLoad) check(what string, err error) {
	if err != nil {
		l.fault("%s: %v", what, err)
	}
}

// findRobot finds the user as whom the org itself acts, who stands in for the
// makers of records that do not tell theirs.
func (l *stateLoad) findRobot() {
	for _, part := range l.s.Objects {
		if !strings.EqualFold(part.Name, "User") {
			continue
		}
		for _, row := range part.Records {
			if row.str("UserType") == "AutomatedProcess" {
				if id, ok := parseID(row.ID()); ok {
					l.robot = id
					return
				}
			}
		}
	}
	l.fault("no User has the UserType AutomatedProcess: add the one as whom the org itself acts")
}

// records reads one object's records.
func (l *stateLoad) records(ob *object, part StateObject) {
	tb, before := l.tables[ob], len(l.faults)
	rows := make([]Row, 0, len(part.Records))
	for i, given := range part.Records {
		row, err := l.row(ob, given)
		if err != nil {
			l.fault("%s, record %d %s: %v", ob.name, i+1, clip(given.ID()), err)
			continue
		}
		rows = append(rows, row)
	}
	if len(l.faults) > before {
		return
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return strings.Compare(a.ID()[:idShort], b.ID()[:idShort]) })
	for _, row := range rows {
		if tb.byID[row.ID()] != nil {
			l.fault("%s: the id %s is there twice", ob.name, row.ID())
			continue
		}
		for _, f := range ob.fields {
			if f.unique && row[f.name] != nil && !row.flag("IsDeleted") && len(tb.lookup(f, row[f.name])) > 0 {
				l.fault("%s %s: %s %v is there already, and has to be unique", ob.name, row.ID(), f.name, row[f.name])
			}
		}
		tb.seq = idNumber(row.ID())
		rec := tb.insert(row)
		if row.flag("IsDeleted") {
			tb.remove(rec, row)
		}
	}
	tb.seq, tb.numbers = max(tb.seq, part.LastID), part.LastNumber
	for _, f := range ob.fields {
		for _, row := range rows {
			if n, err := strconv.ParseInt(row.str(f.name), 10, 64); f.auto > 0 && err == nil {
				tb.numbers = max(tb.numbers, n)
			}
		}
	}
	if ob.name == "PushTopic" {
		tb.each(func(row Row) bool {
			if _, err := l.o.schema.newTopic(row); err != nil {
				l.fault("PushTopic %s: %v", row.ID(), err)
			}
			return true
		})
	}
}

// row reads one record and fills in what it does not tell.
func (l *stateLoad) row(ob *object, given Row) (Row, error) {
	row := Row{"IsDeleted": false}
	for _, f := range ob.fields {
		if f.initial != nil {
			row[f.name] = f.initial
		}
	}
	for _, f := range []string{"CreatedDate", "LastModifiedDate", "SystemModstamp"} {
		row[f] = l.s.SavedAt.UTC()
	}
	row["CreatedById"], row["LastModifiedById"] = l.robot, l.robot
	if ob.field("ownerid") != nil {
		row["OwnerId"] = l.robot
	}
	for name, value := range given {
		f := ob.field(name)
		if f == nil {
			return nil, fmt.Errorf("%s has no field %s", ob.name, clip(name))
		}
		value, err := f.restore(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		row[f.name] = value
	}
	switch id := row.ID(); {
	case id == "":
		return nil, fmt.Errorf("it has no Id")
	case l.o.schema.ofID(id) != ob:
		return nil, fmt.Errorf("its Id is not one of %s, which begin with %s", ob.name, ob.prefix)
	}
	return row, nil
}

// record finds a record that was read and is not deleted.
func (l *stateLoad) record(id string) Row {
	long, ok := parseID(id)
	if !ok {
		return nil
	}
	ob := l.o.schema.ofID(long)
	if ob == nil {
		return nil
	}
	if rec := l.tables[ob].byID[long]; rec != nil && !rec.dead {
		return rec.row
	}
	return nil
}

// events reads what change events are told about.
func (l *stateLoad) events() {
	for _, name := range l.s.Captured {
		ob := l.o.schema.object(name)
		if ob == nil {
			l.fault("captured: there is no object %q", clip(name))
			continue
		}
		l.captured[ob] = true
	}
	for _, channel := range l.s.Channels {
		members := make([]ChannelMember, len(channel.Members))
		for i, m := range channel.Members {
			members[i] = ChannelMember(m)
		}
		ready, err := l.o.schema.members(channel.Name, members)
		l.check("channels", err)
		l.channels[channel.Name] = ready
	}
}

// people checks who is online.
func (l *stateLoad) people() {
	for _, s := range l.s.Sessions {
		switch {
		case l.record(s.User) == nil || !strings.HasPrefix(s.User, "005"):
			l.fault("sessions: there is no User %s", clip(s.User))
		case l.record(s.Status) == nil:
			l.fault("sessions: there is no ServicePresenceStatus %s", clip(s.Status))
		case s.Key == "":
			l.fault("sessions: the one of %s has no key", s.User)
		}
	}
	for _, user := range slices.Sorted(maps.Keys(l.s.Autopilots)) {
		if l.record(user) == nil {
			l.fault("autopilots: there is no User %s", clip(user))
		}
		l.check("autopilots", l.s.Autopilots[user].validate())
	}
}

// resume takes up Omni-Channel where a state left it: sessions, and timers for
// what alerts or is open. The org's lock is held.
func (m *omni) resume(t *tx, s State, robot string) {
	m.robot.Store(&robot)
	m.sessions, m.pilots, m.logins, m.queued = map[string]*session{}, map[string]*pilot{}, s.Logins, window{}
	if s.Settings != nil {
		m.set = *s.Settings
	}
	for _, saved := range s.Sessions {
		user, _ := parseID(saved.User)
		status, _ := parseID(saved.Status)
		present, _ := presenceOf(t, user)
		began, ok := present["StatusStartDate"].(time.Time)
		if !ok {
			began = t.now()
		}
		mean, _ := present["AverageCapacity"].(float64)
		m.sessions[user] = &session{
			key: saved.Key, status: status, load: loadOf(t, user, ""), mean: mean, began: began, counted: t.now(),
			full: time.Duration(present.num("AtCapacityDuration")) * time.Second, idle: time.Duration(present.num("IdleDuration")) * time.Second,
		}
		if saved.Dropped {
			m.drop(user)
		}
	}
	t.each("AgentWork", func(row Row) bool {
		if since, ok := row["AssignedDateTime"].(time.Time); ok && row.str("Status") == "Assigned" {
			m.ring(t, row, t.now().Sub(since))
		}
		return true
	})
	for _, user := range slices.Sorted(maps.Keys(s.Autopilots)) {
		id, _ := parseID(user)
		m.steer(t, id, s.Autopilots[user])
	}
}
