package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"omnibridge/salesforce/mockorg"
)

// crashes lets chats come, agents accept, decline, ignore and drop off, and kills
// the program again and again in the midst of it. The seed decides everything
// but the moment at which each step falls into what the program does.
func (s *story) crashes(args []string) error {
	named, rest := settings(args)
	seed, err1 := number(named["seed"])
	kills, err2 := number(named["kills"])
	chats, err3 := number(named["chats"])
	if err := errors.Join(err1, err2, err3); err != nil || len(rest) > 0 {
		return errors.Join(err, usage("crashes seed=N kills=N chats=N"))
	}
	rng := rand.New(rand.NewPCG(uint64(seed), 0))
	for i := range kills {
		for range chats {
			name := fmt.Sprintf("crash%d", len(s.work))
			if err := comes("LiveChatTranscript", "Support_Chat")(s, []string{name}); err != nil {
				return err
			}
		}
		// Some of what the agents do, each step a random while after the last.
		for range rng.IntN(4) {
			s.drift(rng)
			s.deed(rng)
		}
		s.drift(rng)
		s.running.kill()
		s.running = nil
		s.deed(rng) // while nobody looks
		if err := s.startBridge(nil); err != nil {
			return fmt.Errorf("start after kill %d: %w", i+1, err)
		}
	}
	return nil
}

// killAtEach starts the program again and again and kills it at its first request
// of the REST API, at its second, and so on; and then at its first push, its
// second and its third: when the push is carried out after the death, and when only
// its reply is lost; and last when a push never comes to the org.
func (s *story) killAtEach(args []string) error {
	if len(args) != 1 {
		return usage("kill-at-each LAST")
	}
	last, err := number(args[0])
	if err != nil {
		return err
	}
	for i := range last {
		if err := s.killAt(holding{method: "*", what: "/services/data", skip: i}, true, 1); err != nil {
			return fmt.Errorf("request %d: %w", i+1, err)
		}
	}
	for push := range 3 {
		for _, after := range []bool{false, true} {
			if err := s.killAt(holding{after: after, method: "POST", what: "AgentWork", skip: push}, false, 3); err != nil {
				return fmt.Errorf("push %d: %w", push+1, err)
			}
		}
	}
	if err := s.killAt(holding{method: "POST", what: "AgentWork", skip: 1}, true, 3); err != nil {
		return fmt.Errorf("lost push: %w", err)
	}
	return s.startBridge(nil)
}

// killAt is one life of the program, with some new chats, that ends at a request.
func (s *story) killAt(h holding, lose bool, chats int) error {
	s.finish()
	for range chats {
		if err := comes("LiveChatTranscript", "Support_Chat")(s, []string{fmt.Sprintf("chat%d", len(s.work)+1)}); err != nil {
			return err
		}
	}
	if err := s.gate.arm(h); err != nil {
		return err
	}
	if err := s.startBridge(nil); err != nil {
		return err
	}
	if err := s.held(nil); err != nil {
		return err
	}
	s.running.kill()
	s.running = nil
	s.gate.release(lose)
	if lose {
		return nil // the next life finds it as it was
	}
	return s.recover()
}

// recover is one life of the program that ends when all that waits rings.
func (s *story) recover() error {
	if err := s.startBridge(nil); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := s.org.Await(ctx, "SELECT Id FROM PendingServiceRouting WHERE IsPushed = false", func(rows []mockorg.Row) bool { return len(rows) == 0 })
	s.running.kill()
	s.running = nil
	return err
}

// finish lets agents accept all that rings and close all that is open.
func (s *story) finish() {
	for name := range s.agents {
		hand := s.org.Agent(name)
		for hand.Accept("") == nil || hand.Close("") == nil {
			continue
		}
	}
}

// drift waits for a random while in which anything may happen.
func (s *story) drift(rng *rand.Rand) {
	<-time.After(time.Duration(rng.IntN(120)) * time.Millisecond)
}

// deed lets a random agent do something about the oldest work, if there is any:
// the widget says no otherwise, which is nobody's fault.
func (s *story) deed(rng *rand.Rand) {
	names := []string{"ada", "ben", "chloe"}
	hand := s.org.Agent(names[rng.IntN(len(names))])
	switch n := rng.IntN(10); {
	case n < 5:
		_ = hand.Accept("")
	case n < 7:
		_ = hand.Decline("", "not now")
	case n < 9:
		_ = hand.Close("")
	default:
		if hand.Offline() == nil {
			_ = hand.Online("Available")
		}
	}
}
