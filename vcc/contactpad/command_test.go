package contactpad

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/vcc"
)

// answers returns the answers to a command that a panel got.
func answers(t *testing.T, p *pad, id string) []answerMessage {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []answerMessage
	for _, h := range p.seen {
		if h.T == "answer" {
			var a answerMessage
			h.into(t, &a)
			if a.ID == id {
				list = append(list, a)
			}
		}
	}
	return list
}

func do(id string, kind vcc.CommandKind) map[string]any {
	return map[string]any{"t": "do", "id": id, "do": kind, "interaction": "i1"}
}

func TestCommandIsDoneOnceHoweverOftenItIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		r.desks.answer = func(_ context.Context, c vcc.Command) (vcc.Answer, error) {
			time.Sleep(3 * time.Second) // the store takes its time
			return vcc.Answer{Command: c.ID, Code: vcc.DeniedNotNow, Text: "not now"}, nil
		}
		token := r.session("ana")
		p := r.panel("panel-one", token)
		later(time.Second)
		p.say(do("c1", vcc.Release))
		later(time.Second)
		p.conn.NetConn().Close() // before the answer
		again := r.panel("panel-one", token)
		later(time.Second / 2)
		again.say(do("c1", vcc.Release)) // while it is under way
		later(5 * time.Second)
		if a := answers(t, again, "c1"); len(a) != 1 || a[0].OK || a[0].Code != vcc.DeniedNotNow || a[0].Text != "not now" {
			t.Errorf("answers %+v", a)
		}
		again.say(do("c1", vcc.Release)) // after it was done
		later(time.Second)
		if a := answers(t, again, "c1"); len(a) != 2 || a[0] != a[1] {
			t.Errorf("answers %+v", a)
		}
		if c := r.desks.commands(); len(c) != 1 {
			t.Errorf("done %+v", c)
		}
	})
}

func TestCommandsOfAnAgentKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		busy := 0
		r.desks.answer = func(_ context.Context, c vcc.Command) (vcc.Answer, error) {
			busy++
			if busy > 1 {
				t.Error("two commands of one agent at the same time")
			}
			time.Sleep(time.Millisecond * time.Duration(20-len(c.ID)))
			busy--
			return vcc.Answer{Command: c.ID, OK: true}, nil
		}
		p := r.panel("panel-one", r.session("ana"))
		later(time.Second)
		var want []string
		for i := range 20 {
			id := fmt.Sprintf("c%0*d", 1+i%10, i)
			want = append(want, id)
			p.say(do(id, vcc.Hold))
		}
		later(5 * time.Second)
		var got []string
		for _, c := range r.desks.commands() {
			got = append(got, c.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("done %v, want %v", got, want)
		}
	})
}

func TestCommandWithoutAnAnswerMayBeTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		r.desks.answer = func(ctx context.Context, c vcc.Command) (vcc.Answer, error) {
			<-ctx.Done()
			return vcc.Answer{}, context.Cause(ctx)
		}
		p := r.panel("panel-one", r.session("ana"))
		later(time.Second)
		p.say(do("c1", vcc.Release))
		later(16 * time.Second)
		if a := answers(t, p, "c1"); len(a) != 1 || a[0].OK || a[0].Code != "failed" || a[0].Text == "" {
			t.Fatalf("answers %+v", a)
		}
		r.desks.mu.Lock()
		r.desks.answer = nil
		r.desks.mu.Unlock()
		p.say(do("c1", vcc.Release))
		later(time.Second)
		if a := answers(t, p, "c1"); len(a) != 2 || !a[1].OK {
			t.Errorf("answers %+v", a)
		}
	})
}

func TestTooManyCommandsAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		block := make(chan struct{})
		r.desks.answer = func(_ context.Context, c vcc.Command) (vcc.Answer, error) {
			<-block
			return vcc.Answer{OK: true}, nil
		}
		p := r.panel("panel-one", r.session("ana"))
		later(time.Second)
		for i := range maxCommands + 3 {
			p.say(do(fmt.Sprint("c", i), vcc.Hold))
		}
		later(time.Second)
		_, n := p.last("answer")
		if n != 3 {
			t.Errorf("%d were refused, want 3", n)
		}
		close(block)
		later(time.Second)
		if c := r.desks.commands(); len(c) != maxCommands {
			t.Errorf("%d done, want %d", len(c), maxCommands)
		}
	})
}

func TestPanelActsForItsOwnAgentOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		p := r.panel("panel-one", r.session("ana"))
		later(time.Second)
		m := do("c1", vcc.SetState)
		m["agent"], m["by"], m["why"] = "tom", "eva", "because"
		m["state"] = map[string]string{"major": "away", "minor": "Break"}
		p.say(m)
		later(time.Second)
		c := r.desks.commands()
		if len(c) != 1 || c[0].Agent != "ana" || c[0].By != "" || c[0].Why != "" || c[0].State.Minor != "Break" {
			t.Errorf("done %+v", c)
		}
	})
}

func TestSearchAnswersTheLastText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		asked := 0
		r.desks.find = func(s vcc.Search) (vcc.Found, error) {
			asked++
			time.Sleep(time.Second)
			if s.Text == "bad" {
				return vcc.Found{}, errors.New("index is gone")
			}
			if s.Agent != "ana" || s.For != vcc.Consult || s.Interaction != "i1" || s.Most != maxFound {
				t.Errorf("search %+v", s)
			}
			return vcc.Found{Total: 300, Options: make([]vcc.Option, 60)}, nil
		}
		p := r.panel("panel-one", r.session("ana"))
		later(time.Second)
		for _, text := range []string{"a", "an", "ana", "ana s"} {
			p.say(map[string]any{"t": "find", "id": "f-" + text, "text": text, "for": "consult", "interaction": "i1"})
			later(10 * time.Millisecond)
		}
		later(5 * time.Second)
		var f foundMessage
		last, n := p.last("found")
		last.into(t, &f)
		if n != 2 || asked != 2 || f.ID != "f-ana s" || f.Total != 300 || len(f.Options) != maxFound {
			t.Errorf("%d answers, %d searches, last %s with %d of %d", n, asked, f.ID, len(f.Options), f.Total)
		}
		p.say(map[string]any{"t": "find", "id": "f-bad", "text": "bad", "for": "consult"})
		later(5 * time.Second)
		last, _ = p.last("found")
		last.into(t, &f)
		if f.ID != "f-bad" || f.Error == "" || f.Options == nil {
			t.Errorf("answer %+v", f)
		}
	})
}

func TestLogoutAsksTheEngineFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		r.desks.answer = func(_ context.Context, c vcc.Command) (vcc.Answer, error) {
			if c.Do == vcc.LogOut && !c.Force {
				return vcc.Answer{Code: vcc.DeniedOpenWork, Text: "2 chats are open"}, nil
			}
			return vcc.Answer{OK: true}, nil
		}
		token := r.session("ana")
		one, two := r.panel("panel-one", token), r.panel("panel-two", token)
		later(time.Second)
		one.say(map[string]any{"t": "logout", "id": "l1"})
		later(time.Second)
		if a := answers(t, one, "l1"); len(a) != 1 || a[0].Code != vcc.DeniedOpenWork {
			t.Fatalf("answers %+v", a)
		}
		if _, n := one.last("login"); n != 0 {
			t.Fatal("logged out although work is open")
		}
		one.say(map[string]any{"t": "logout", "id": "l2", "force": true})
		later(time.Second)
		if a := answers(t, one, "l2"); len(a) != 1 || !a[0].OK {
			t.Fatalf("answers %+v", a)
		}
		for _, p := range []*pad{one, two} {
			var m loginMessage
			p.await("login").into(t, &m)
			if m.Code != "logged out" || m.URL == "" {
				t.Errorf("login %+v", m)
			}
		}
		if got := r.desks.standings(); len(got) != 2 || got[1].Alive || got[1].Why != "You are logged out." {
			t.Errorf("told %+v", got)
		}
		// The session is over, and nothing more is done for the panel.
		one.say(do("c9", vcc.Hold))
		later(time.Second)
		for _, c := range r.desks.commands() {
			if c.ID == "c9" {
				t.Error("done after the logout")
			}
		}
		three := r.panel("panel-three", token)
		later(time.Second)
		var m loginMessage
		three.await("login").into(t, &m)
		if m.Code != "expired" {
			t.Errorf("login %+v", m)
		}
	})
}
