package mockorg

import (
	"net/http"
	"unicode/utf8"
)

const (
	maxTalks    = 1000 // conversations remembered; the oldest is forgotten
	maxMessages = 500  // of one conversation; the oldest is forgotten
	maxMessage  = 1000 // characters of a message
)

// talk is what was said in a conversation. A real org keeps it outside its
// records while it lasts, and so does the mock.
type talk struct {
	messages []message
}

// message is one thing said.
type message struct {
	At   int64  `json:"at"`   // ms since 1970
	From string `json:"from"` // "agent" or "customer"
	Name string `json:"name"`
	Text string `json:"text"`
}

// talkView is a conversation as both ends see it.
type talkView struct {
	Open     bool      `json:"open"` // whether anybody can say something
	Messages []message `json:"messages"`
}

// talkView returns the conversation of a work item, nil for what is none.
func (c *console) talkView(work, object string) *talkView {
	med := mediumOf(object)
	if !med.conversation {
		return nil
	}
	v := &talkView{Messages: []message{}}
	_ = c.o.view(func(t *tx) error { // the function never fails
		row, ok := t.get(work)
		v.Open = ok && !med.isOver(row)
		return nil
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := c.talks[work]; k != nil {
		v.Messages = append(v.Messages, k.messages...)
	}
	return v
}

// say adds a message to a conversation that is going on, and tells those who
// look at it.
func (c *console) say(work string, m message) error {
	if m.Text == "" || utf8.RuneCountInString(m.Text) > maxMessage {
		return badRequest("the text has %d characters: write 1 to %d", utf8.RuneCountInString(m.Text), maxMessage)
	}
	err := c.o.view(func(t *tx) error {
		row, ok := t.get(work)
		if !ok {
			return gone(work)
		}
		med := mediumOf(t.objectOf(row.ID()))
		if !med.conversation || med.isOver(row) {
			return conflict("the conversation is over, or never was one")
		}
		work, m.At = row.ID(), t.now().UnixMilli()
		return nil
	})
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.talks[work]
	if k == nil {
		k = &talk{}
		c.talks[work] = k
		if c.order = append(c.order, work); len(c.order) > maxTalks {
			delete(c.talks, c.order[0])
			c.order = c.order[1:]
		}
	}
	if k.messages = append(k.messages, m); len(k.messages) > maxMessages {
		k.messages = k.messages[1:]
	}
	for s := range c.streams {
		s.touch(work)
	}
	return nil
}

// postMessage is the agent saying something.
func (c *console) postMessage(user string, r *http.Request) (any, error) {
	var body struct {
		Text string `json:"text"`
	}
	if err := readBody(r, &body); err != nil {
		return nil, err
	}
	name := ""
	_ = c.o.view(func(t *tx) error { // the function never fails
		row, _ := t.get(user)
		name = row.str("Name")
		return nil
	})
	if err := c.say(r.PathValue("id"), message{From: "agent", Name: name, Text: body.Text}); err != nil {
		return nil, err
	}
	return c.readRecord(user, r.PathValue("id"))
}
