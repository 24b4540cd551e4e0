package cometd_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/salesforce/mockorg/cometd"
)

func TestConnectIsHeld(t *testing.T) {
	bubble(t, nil, func(t *testing.T, o *org) {
		c := o.up(t, "ann", "/topic/A")
		if a := <-c.held(); a.err != nil || len(a.all) != 1 || !a.all[0].ok() || a.after != 110*time.Second {
			t.Errorf("a quiet connect: %+v, want one reply after 110 s", a)
		}
		got := c.held()
		time.Sleep(7 * time.Second)
		o.publish("/topic/A", 1)
		if a := <-got; a.after != 7*time.Second || !slices.Equal(events(a.all), []int64{1}) {
			t.Errorf("a connect with an event: %+v, want it after 7 s", a)
		}
		got = c.held()
		synctest.Wait()
		o.clock.Advance(110 * time.Second)
		if a := <-got; a.after != 0 || len(a.all) != 1 || !a.all[0].ok() {
			t.Errorf("the org's clock moved on: %+v, want the reply at once", a)
		}
		began := time.Now()
		c.one("connect", poll+`,"advice":{"timeout":5000}`)
		if d := time.Since(began); d != 5*time.Second {
			t.Errorf("advice.timeout 5000 was held for %v", d)
		}
		began = time.Now()
		c.one("connect", poll+`,"advice":{"timeout":500000}`)
		if d := time.Since(began); d != 110*time.Second {
			t.Errorf("advice.timeout 500000 was held for %v, want 110 s", d)
		}
	})
}

func TestSettingsChangeTheTimers(t *testing.T) {
	bubble(t, func(o *cometd.Options) { o.ConnectTimeout = 5 * time.Second }, func(t *testing.T, o *org) {
		c := o.up(t, "ann")
		if a := <-c.held(); a.after != 5*time.Second {
			t.Errorf("held for %v, want 5 s", a.after)
		}
		if err := o.Set(func(s *cometd.Settings) { s.ConnectTimeout = time.Second }); err != nil {
			t.Fatal(err)
		}
		if a := <-c.held(); a.after != time.Second {
			t.Errorf("held for %v, want 1 s", a.after)
		}
		if err := o.Set(func(s *cometd.Settings) { s.Gap, s.MaxReply = time.Hour, 0 }); err == nil || o.Settings().Gap != 40*time.Second {
			t.Errorf("a bad setting: %v, gap %v; want an error and nothing changed", err, o.Settings().Gap)
		}
	})
}

func TestSecondConnectEndsTheFirst(t *testing.T) {
	bubble(t, nil, func(t *testing.T, o *org) {
		c := o.up(t, "ann", "/topic/A")
		waiting := c.held()
		time.Sleep(60 * time.Second)
		if e := c.subscribe("/topic/B", ""); !e.ok() {
			t.Errorf("subscribe while a connect is held for longer than the gap: %+v", e)
		}
		<-waiting
		first := c.held()
		synctest.Wait()
		second := c.held()
		if a := <-first; a.status != http.StatusInternalServerError {
			t.Errorf("the first connect: %+v, want HTTP 500", a)
		}
		synctest.Wait()
		o.publish("/topic/A", 1)
		if a := <-second; !slices.Equal(events(a.all), []int64{1}) {
			t.Errorf("the second connect: %+v, want the event", a)
		}
		third := c.held()
		synctest.Wait()
		if e := c.one("connect", poll+`,"advice":{"timeout":0}`); !e.ok() {
			t.Errorf("a connect that does not wait: %+v", e)
		}
		if a := <-third; a.status != http.StatusInternalServerError {
			t.Errorf("the third connect: %+v, want HTTP 500", a)
		}
	})
}

// A subscription made while a connect is held is served by that connect.
func TestSubscribeWhileHeld(t *testing.T) {
	bubble(t, nil, func(t *testing.T, o *org) {
		o.publish("/topic/A", 1)
		c := o.up(t, "ann")
		got := c.held()
		time.Sleep(time.Second)
		if e := c.subscribe("/topic/A", "-2"); !e.ok() {
			t.Fatalf("%+v", e)
		}
		if a := <-got; a.after != time.Second || !slices.Equal(events(a.all), []int64{1}) {
			t.Errorf("%+v, want the retained event at once", a)
		}
	})
}

func TestSessionGap(t *testing.T) {
	bubble(t, nil, func(t *testing.T, o *org) {
		c := o.up(t, "ann", "/topic/A")
		time.Sleep(40 * time.Second)
		if e := c.one("connect", poll+`,"advice":{"timeout":0}`); !e.ok() {
			t.Fatalf("after 40 s: %+v", e)
		}
		time.Sleep(39 * time.Second)
		if e := c.subscribe("/topic/B", ""); !e.ok() {
			t.Fatalf("subscribe after 39 s: %+v", e)
		}
		time.Sleep(time.Second + time.Millisecond) // a subscribe does not count as a connect
		if e := c.one("connect", poll); e.Error != "403::Unknown client" || e.Advice.Reconnect != "handshake" {
			t.Errorf("after the gap: %+v", e)
		}
		if e := c.subscribe("/topic/A", ""); e.Error != "403::Unknown client" {
			t.Errorf("subscribe after the gap: %+v", e)
		}
		c.ready()
		o.clock.Advance(41 * time.Second)
		if n := len(o.Clients()); n != 0 {
			t.Errorf("%d clients after the org's clock moved on", n)
		}
	})
}

func TestRoutingCookieEnds(t *testing.T) {
	bubble(t, func(o *cometd.Options) { o.Gap = 24 * time.Hour }, func(t *testing.T, o *org) {
		c := o.up(t, "ann", "/topic/A")
		time.Sleep(3*time.Hour - time.Minute)
		if a := <-c.held(); len(a.all) != 1 || !a.all[0].ok() {
			t.Fatalf("the last connect before the cookie ends: %+v", a)
		}
		if e := c.one("connect", poll); e.Error != "403::Unknown client" || e.Advice.Reconnect != "handshake" {
			t.Fatalf("after 3 h: %+v", e)
		}
		c.ready("/topic/A") // with the fresh cookie of that reply
		o.clock.Advance(3 * time.Hour)
		if e := c.one("connect", poll); e.Error != "403::Unknown client" {
			t.Errorf("after 3 h of the org's time: %+v", e)
		}
	})
}

func TestClientThatHangsUpLosesNothing(t *testing.T) {
	bubble(t, nil, func(t *testing.T, o *org) {
		c := o.up(t, "ann", "/topic/A")
		ctx, hangUp := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			c.post(ctx, "["+c.message("connect", poll)+"]")
			close(done)
		}()
		synctest.Wait()
		hangUp()
		<-done
		synctest.Wait()
		if o.Clients()[0].Held {
			t.Error("the connect is still held after the client hung up")
		}
		o.publish("/topic/A", 1)
		if got := events(c.connect()); !slices.Equal(got, []int64{1}) {
			t.Errorf("events %v, want the one published meanwhile", got)
		}
	})
}

func TestForgetAndClose(t *testing.T) {
	bubble(t, nil, func(t *testing.T, o *org) {
		c := o.up(t, "ann", "/topic/A")
		got := c.held()
		synctest.Wait()
		if !o.Forget(c.id) || o.Forget(c.id) {
			t.Error("Forget must be true once, then false")
		}
		if a := <-got; len(a.all) != 1 || a.all[0].Error != "403::Unknown client" || a.all[0].Advice.Reconnect != "handshake" {
			t.Errorf("the held connect: %+v", a)
		}
		c.ready("/topic/A")
		got = c.held()
		synctest.Wait()
		if n := o.ForgetAll(); n != 1 {
			t.Errorf("forgot %d clients", n)
		}
		<-got
		c.ready("/topic/A")
		got = c.held()
		synctest.Wait()
		if e := c.one("disconnect", ""); !e.ok() {
			t.Errorf("disconnect %+v", e)
		}
		if a := <-got; len(a.all) != 1 || a.all[0].ok() || a.all[0].Advice.Reconnect != "none" {
			t.Errorf("the connect held at disconnect: %+v", a)
		}
		c.ready()
		got = c.held()
		synctest.Wait()
		o.Close()
		if a := <-got; a.status != http.StatusServiceUnavailable {
			t.Errorf("the connect held at Close: %+v", a)
		}
		if status, _, _, err := c.post(t.Context(), "[]"); err != nil || status != http.StatusServiceUnavailable {
			t.Errorf("after Close: %d, %v", status, err)
		}
	})
}

func TestLimits(t *testing.T) {
	bubble(t, func(o *cometd.Options) { o.MaxClients, o.MaxDelivered, o.MaxDeliveredEvents = 2, 3, 1 }, func(t *testing.T, o *org) {
		a, b := o.up(t, "ann", "/topic/A", "/topic/B"), o.up(t, "bob", "/data/ChangeEvents")
		c := o.client(t, "cid")
		if e := c.handshake(); e.Error != "403::Handshake denied" || e.Ext.SFDC.FailureReason != "403::Organization concurrent user limit exceeded" {
			t.Errorf("a third client: %+v", e)
		}
		for n := range 3 {
			o.publish("/topic/A", n)
		}
		if got := events(a.connect()); len(got) != 3 {
			t.Errorf("events %v", got)
		}
		const limit = "403::Organization total events daily limit exceeded"
		if e := a.one("connect", poll); e.Error != limit {
			t.Errorf("connect beyond the limit: %+v", e)
		}
		if e := a.subscribe("/topic/C", ""); e.Error != limit {
			t.Errorf("subscribe beyond the limit: %+v", e)
		}
		if e := a.subscribe("/event/E__e", ""); !e.ok() {
			t.Errorf("platform events have a limit of their own: %+v", e)
		}
		o.publish("/data/ChangeEvents", 1)
		if got := events(b.connect()); len(got) != 1 {
			t.Errorf("change events %v", got)
		}
		if e := b.one("connect", poll); e.Error != limit {
			t.Errorf("connect beyond the limit of change events: %+v", e)
		}
		if u := o.Usage(); u.Clients != 2 || u.Delivered != 3 || u.DeliveredEvents != 1 {
			t.Errorf("usage %+v", u)
		}
		time.Sleep(24 * time.Hour)
		a.ready("/topic/A")
		o.publish("/topic/A", 9)
		if got := events(a.connect()); len(got) != 1 {
			t.Errorf("the day after: %v", got)
		}
	})
}
