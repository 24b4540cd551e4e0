package streaming

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// message is one element of a Bayeux reply: the answer to a meta message, an
// event, or both halves empty if the server sent something else.
type message struct {
	id           string // string or number on the wire; kept as text
	channel      string
	clientID     string
	subscription string // the first one, where the server sends an array
	successful   bool
	fault        string // member "error"
	reason       string // ext.sfdc.failureReason: the real cause, see classify
	advice       advice
	data         json.RawMessage // aliases the reply's bytes; nil if absent or null
	replay       int64           // data.event.replayId; NoReplay if absent
}

// advice is the server's wish about the next connect. Members it did not send
// are "" and -1.
type advice struct {
	reconnect string // "retry", "handshake", "none"
	interval  int64  // ms to wait before the next connect
	timeout   int64  // ms the server may hold a connect
}

var noAdvice = advice{interval: -1, timeout: -1}

// usualEvent is about how many bytes an event takes.
const usualEvent = 512

// decode parses a Bayeux reply. It is the one place where JSON of the event
// stream is read. A member of an unexpected type counts as absent; the last of
// several equal members wins; the text as a whole must be valid JSON. A bare
// object is read as an array of one.
func decode(body []byte) ([]message, error) {
	s := scanner{text: body}
	messages := make([]message, 0, len(body)/usualEvent+1)
	var last message // lends its strings to the next message where they are equal
	element := func() error {
		m, err := s.message(&last)
		if err != nil {
			return err
		}
		last = m
		messages = append(messages, m)
		return nil
	}
	var err error
	if s.peek() == '{' {
		err = element()
	} else {
		err = s.array(element)
	}
	if err == nil {
		err = s.end()
	}
	if err != nil {
		return nil, fmt.Errorf("read Bayeux reply: %w", err)
	}
	return messages, nil
}

func (s *scanner) message(last *message) (message, error) {
	m := message{advice: noAdvice, replay: NoReplay}
	err := s.object(func(key []byte) error {
		switch string(key) {
		case "data":
			return s.data(&m)
		case "advice":
			return s.advice(&m.advice)
		case "ext":
			return s.ext(&m.reason)
		case "subscription":
			return s.subscription(&m.subscription)
		}
		value, err := s.value()
		if err != nil {
			return err
		}
		switch string(key) {
		case "id":
			m.id = scalar(value)
		case "channel":
			m.channel = same(value, last.channel)
		case "clientId":
			m.clientID = same(value, last.clientID)
		case "successful":
			m.successful = string(value) == "true"
		case "error":
			m.fault = text(value)
		}
		return nil
	})
	return m, err
}

// data remembers where the data stand and finds data.event.replayId in them.
func (s *scanner) data(m *message) error {
	m.data, m.replay = nil, NoReplay
	if s.peek() != '{' {
		value, err := s.value()
		if string(value) != "null" {
			m.data = value
		}
		return err
	}
	start := s.at
	err := s.object(func(key []byte) error {
		if string(key) != "event" {
			_, err := s.value()
			return err
		}
		m.replay = NoReplay
		return s.members(func(key, value []byte) {
			if string(key) == "replayId" {
				m.replay = integer(value, NoReplay)
			}
		})
	})
	m.data = s.text[start:s.at]
	return err
}

func (s *scanner) advice(a *advice) error {
	*a = noAdvice
	return s.members(func(key, value []byte) {
		switch string(key) {
		case "reconnect":
			a.reconnect = text(value)
		case "interval":
			a.interval = integer(value, -1)
		case "timeout":
			a.timeout = integer(value, -1)
		}
	})
}

func (s *scanner) ext(reason *string) error {
	*reason = ""
	if s.peek() != '{' {
		_, err := s.value()
		return err
	}
	return s.object(func(key []byte) error {
		if string(key) != "sfdc" {
			_, err := s.value()
			return err
		}
		*reason = ""
		return s.members(func(key, value []byte) {
			if string(key) == "failureReason" {
				*reason = text(value)
			}
		})
	})
}

func (s *scanner) subscription(to *string) error {
	*to = ""
	if s.peek() != '[' {
		value, err := s.value()
		*to = text(value)
		return err
	}
	return s.array(func() error {
		value, err := s.value()
		if *to == "" {
			*to = text(value)
		}
		return err
	})
}

// members walks an object of plain members; any other value is skipped.
func (s *scanner) members(member func(key, value []byte)) error {
	if s.peek() != '{' {
		_, err := s.value()
		return err
	}
	return s.object(func(key []byte) error {
		value, err := s.value()
		if err == nil {
			member(key, value)
		}
		return err
	})
}

// same decodes a string, reusing known if it says the same.
func same(value []byte, known string) string {
	if known != "" && len(value) == len(known)+2 && value[0] == '"' &&
		string(value[1:len(value)-1]) == known && strings.IndexByte(known, '\\') < 0 {
		return known
	}
	return text(value)
}

// scalar returns a string's content or a number's text.
func scalar(value []byte) string {
	if len(value) > 0 && (value[0] == '-' || value[0] >= '0' && value[0] <= '9') {
		return string(value)
	}
	return text(value)
}

// integer reads a whole number, also one that is sent as a string.
func integer(value []byte, otherwise int64) int64 {
	if len(value) >= 2 && value[0] == '"' {
		value = value[1 : len(value)-1]
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return otherwise
	}
	return n
}
