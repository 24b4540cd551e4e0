package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Stories: testdata/scenarios/*.txtar. Each drives the real program, as a process
// of its own, against a real mock org over loopback. Its first two lines say
// which promise it shows and where that promise comes from. A story is a
// testscript (exec, stdout, stderr, grep, ! and # work as ever) in these words.
// A line that begins with [pushtopic] or [cdc] is for that source of events only.
//
// The org and its people. Work gets a name of the story's own (c1); agents are
// ada, ben, chloe, dev, elena and farid.
//
//	org [push-timeout=5s] [SWITCH=VALUE ...]   start the mock org; switches as in mockorg.Settings; the
//	                                           push time-out is an hour unless the story says so
//	set [push-timeout=5s] [SWITCH=VALUE ...]   move switches later
//	chat|message|case|lead c1 [QUEUE]          a customer comes; the queue is the usual one unless named
//	customer c1 leaves
//	owner c1 ada|QUEUE                         the record's owner is changed by hand
//	record c1 closed|deleted                   the record is closed or deleted by hand
//	agent ada online [STATUS]|offline|drops    STATUS is Available unless named
//	agent ada accepts|closes c1
//	agent ada declines c1 [REASON]
//	agent ada transfers c1 to ben|QUEUE
//	agent ada auto-accepts
//	agent ada capacity N                       what Salesforce lets her hold, in weight
//
// The weather.
//
//	fault NAME [METHOD] [OBJECT|/PATH] [count=N] [delay=2s] [on=subscribe]
//	fault off                                  disarm all
//	hold before|after METHOD OBJECT|/PATH      the next such request is held before the org carries it out, or
//	                                           its reply after; held waits until the latest is, release lets
//	                                           the oldest go on, lose lets it never arrive
//	clock +24h                                 the org's time moves on
//	session revoked                            every access token ends
//	stream forgets|purged|holds=2s             clients or retained events are forgotten; how long a connect is held
//	crashes seed=N kills=N chats=N             a random but repeatable run of kills and work
//	kill-at-each LAST                          lives that end at their first REST request, their second, up to LAST,
//	                                           and at each push; each begins with new chats
//
// The program.
//
//	routing FILE                               the routing file; {ada} in it stands for ada's id
//	bridge start [NAME=VALUE ...]              omnibridge run, with settings without their prefix; LOGIN=jwt
//	                                           logs in by JWT. Waits until it serves its pages
//	bridge kill                                kill -9
//	bridge stop                                Ctrl-C; it must end cleanly within its time
//	bridge stop twice                          Ctrl-C again and again; it must end at once, whatever is under way
//	bridge settings [NAME=VALUE ...]           only sets the environment, for exec omnibridge run
//
// What must be. Each waits until both the org's records and the program's status
// say so, or fails after a while.
//
//	ready | not-ready REGEXP                   what /readyz says
//	expect c1 waiting [REGEXP]                 REGEXP matches why, in the program's words
//	expect c1 alerting|opened ada              or ada|ben: with one of them
//	expect c1 gone closed|withdrawn|elsewhere  elsewhere: it is still there, but not in external routing
//	interactions c1 1                          so many interactions the program made of it
//	pushes c1 2                                so many AgentWork records were made from its PSRs
//	load ada 84                                ada is online with 84 percent in use, in the program's words
//	journal c1 WHAT [REGEXP]                   the journal has such an entry, why matches
//	followed                                   an event of the stream was taken, so the first gaps are closed
//	requests 'POST sobjects AgentWork' 1       what the org counted
//	logs REGEXP | ! logs REGEXP                what the program logs; ! is about what it has so far
//	no-secret                                  neither logs nor store hold a secret, key or token
//	verdict [arrived=3] [accepted=2] ...       no item was lost or doubled, by the org's own account
//	                                           compared with the program's store; counts as in the summary
func TestScenarios(t *testing.T) { tell(t, "pushtopic", stories(t)) }

// stories returns all the stories there are.
func stories(t *testing.T) []string {
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "scenarios", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	return files
}

// tell tells stories with one source of events.
func tell(t *testing.T, events string, files []string) {
	testscript.Run(t, testscript.Params{
		Files:               files,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition:           func(name string) (bool, error) { return name == events, nil },
		Setup: func(env *testscript.Env) error {
			s := &story{dir: env.WorkDir, events: events, work: map[string]string{}, agents: map[string]string{}}
			env.Values[storyKey{}] = s
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("TMPDIR", env.WorkDir)
			env.Setenv(quickRaces())
			env.Defer(s.end)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"org": told((*story).startOrg), "set": told((*story).set),
			"chat": told(comes("LiveChatTranscript", "Support_Chat")), "message": told(comes("MessagingSession", "Support_Messaging")),
			"case": told(comes("Case", "Support_Cases")), "lead": told(comes("Lead", "Sales_Leads")),
			"customer": told((*story).customer), "owner": told((*story).owner), "record": told((*story).record), "agent": told((*story).agent),
			"fault": told((*story).fault), "clock": told((*story).clock), "session": told((*story).session), "stream": told((*story).stream),
			"hold": told((*story).hold), "held": told((*story).held), "release": told((*story).release), "lose": told((*story).lose), "crashes": told((*story).crashes),
			"kill-at-each": told((*story).killAtEach),
			"routing":      told((*story).routing), "bridge": told((*story).bridge), "control": told((*story).control), "mock-org": told((*story).serveMock),
			"ready": told((*story).ready), "not-ready": told((*story).notReady), "expect": told((*story).expect), "pushes": told((*story).pushes),
			"interactions": told((*story).interactions), "followed": told((*story).followed),
			"load": told((*story).load), "journal": told((*story).journal), "requests": told((*story).requests), "verdict": told((*story).verdict),
			"no-secret": told((*story).noSecret), "summary": told((*story).summary), "logs": logs,
		},
	})
}

// quickRaces is for the race detector, which would have each process of the
// program wait a second before it ends.
func quickRaces() (name, value string) { return "GORACE", "atexit_sleep_ms=0" }

// patience bounds every wait of a story. It is much longer than any of them
// takes, since the machine may be busy.
const patience = 90 * time.Second

type storyKey struct{}

// storyOf returns the story that ts tells.
func storyOf(ts *testscript.TestScript) *story {
	s := ts.Value(storyKey{}).(*story)
	s.ts = ts
	return s
}

// told makes a command of a method; the method's error fails the story.
func told(do func(*story, []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("this command cannot be negated")
		}
		s := storyOf(ts)
		if err := do(s, args); err != nil {
			s.explain()
			ts.Fatalf("%v", err)
		}
	}
}

// until calls is until it returns nil, a little later each time it did not, and
// returns what it said last when patience has run out.
func until(is func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for pause := 10 * time.Millisecond; ; pause = min(pause*3/2, 300*time.Millisecond) {
		err := is(ctx)
		if err == nil {
			return nil
		}
		if _, final := err.(finalError); final {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("waited %v in vain: %w", patience, err)
		}
	}
}

// finalError is one that waiting cannot mend.
type finalError struct{ error }

// settings splits NAME=VALUE arguments from others.
func settings(args []string) (named map[string]string, rest []string) {
	named = map[string]string{}
	for _, a := range args {
		if name, value, ok := strings.Cut(a, "="); ok {
			named[name] = value
		} else {
			rest = append(rest, a)
		}
	}
	return named, rest
}

// number reads a whole number.
func number(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	return n, nil
}

// usage is how a command is called when it was called wrongly.
func usage(text string) error { return fmt.Errorf("use: %s", text) }
