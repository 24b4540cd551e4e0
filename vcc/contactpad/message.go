package contactpad

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"omnibridge/vcc"
)

// subprotocol is the version of all that follows.
const subprotocol = "omnibridge.pad.v1"

// inbound is a message of a panel. T says which one it is, and so which fields
// count.
//
//	hello    first: V, Panel, Token, Visible, Phone, Build
//	start    the state to begin in after the login: State, Minor
//	renew    wants to log in again before the session ends
//	logout   ID, Force
//	do       a vcc.Command, see command
//	find     ID, Text, For, Interaction
//	alive    answers ask N: Visible, Phone
//	asleep   the browser freezes the page: nothing will be answered until hello or alive
//	primary  wants to be the primary panel
//	bridge   the console is there (Version, Capabilities, User, Console), or not (all zero)
//	result   answers call ID: OK, Result or Error
//	event    of the console: Name, Data
//	choose   of the records of the caller of Interaction: Record
//	rtc      to the other agents of the call Interaction, or only to To: Data
type inbound struct {
	T            string            `json:"t"`
	V            int               `json:"v"`
	Panel        string            `json:"panel"`
	Token        string            `json:"token"`
	Build        string            `json:"build"`
	Visible      bool              `json:"visible"`
	Phone        *bool             `json:"phone"`
	ID           string            `json:"id"`
	N            int               `json:"n"`
	State        wireState         `json:"state"`
	Minor        string            `json:"minor"`
	Force        bool              `json:"force"`
	Text         string            `json:"text"`
	For          vcc.CommandKind   `json:"for"`
	Interaction  vcc.InteractionID `json:"interaction"`
	To           vcc.AgentID       `json:"to"`
	Record       string            `json:"record"`
	Version      int               `json:"version"`
	Capabilities []string          `json:"capabilities"`
	User         string            `json:"user"`
	Console      bool              `json:"console"`
	OK           bool              `json:"ok"`
	Result       json.RawMessage   `json:"result"`
	Error        *wireError        `json:"error"`
	Name         string            `json:"name"`
	Data         json.RawMessage   `json:"data"`
	command      vcc.Command       // of do and logout
}

// wireError is why a console did not do what it was asked for.
type wireError struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// wireState is a state, written as vcc.AgentState or only as its major.
type wireState struct{ vcc.AgentState }

// UnmarshalJSON reads both forms.
func (s *wireState) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &s.Major)
	}
	return json.Unmarshal(data, &s.AgentState)
}

// errMessage says that a message of a panel is not one.
var errMessage = errors.New("not a message of this protocol")

// decode reads a message of a panel, and refuses what is too long or malformed.
// A message that is not known is returned as it is: later versions have more.
func decode(data []byte) (inbound, error) {
	var m inbound
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("%w: %v", errMessage, err)
	}
	if m.T == "" {
		return m, fmt.Errorf("%w: t is missing", errMessage)
	}
	for _, f := range []struct {
		name, value string
		most        int
	}{
		{"t", m.T, 20}, {"panel", m.Panel, 64}, {"token", m.Token, 128}, {"build", m.Build, 64},
		{"id", m.ID, 64}, {"state", string(m.State.Major), 40}, {"minor", m.Minor, 100}, {"state.minor", m.State.Minor, 100},
		{"text", m.Text, 200}, {"for", string(m.For), 40}, {"interaction", string(m.Interaction), 64}, {"to", string(m.To), 64},
		{"user", m.User, 18}, {"name", m.Name, 40}, {"record", m.Record, 18},
	} {
		if len(f.value) > f.most {
			return m, fmt.Errorf("%w: %s has %d bytes, more than %d", errMessage, f.name, len(f.value), f.most)
		}
		if !plain(f.value) {
			return m, fmt.Errorf("%w: %s has control characters", errMessage, f.name)
		}
	}
	if len(m.Capabilities) > 64 {
		return m, fmt.Errorf("%w: %d capabilities", errMessage, len(m.Capabilities))
	}
	if m.Error != nil {
		m.Error.Code, m.Error.Text = shorten(m.Error.Code, 20), shorten(m.Error.Text, 500)
	}
	if m.Minor != "" {
		m.State.Minor = m.Minor
	}
	switch m.T {
	case "do":
		return m, m.readCommand(data)
	case "logout":
		m.command = vcc.Command{ID: m.ID, Do: vcc.LogOut, Force: m.Force}
	}
	return m, nil
}

// readCommand reads the fields of vcc.Command. Who asks, and for whom, is not the
// panel's to say.
func (m *inbound) readCommand(data []byte) error {
	var c struct {
		vcc.Command
		State wireState `json:"state"` // read already
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return fmt.Errorf("%w: %v", errMessage, err)
	}
	m.command = c.Command
	m.command.State = m.State.AgentState
	m.command.Agent, m.command.By, m.command.Why = "", "", ""
	if m.ID == "" || m.command.Do == "" {
		return fmt.Errorf("%w: a command needs id and do", errMessage)
	}
	for _, text := range []string{string(m.command.Do), string(c.Target.Agent), string(c.Target.Plan), c.Target.Number, c.Disposition, c.Notice} {
		if len(text) > 200 || !plain(text) {
			return fmt.Errorf("%w: a field of the command is longer than 200 bytes, or has control characters", errMessage)
		}
	}
	return nil
}

// plain tells whether text is UTF-8 without control characters.
func plain(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) < 0
}

// shorten cuts text to at most n bytes, between characters.
func shorten(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// Messages to a panel.
type (
	loginMessage struct {
		T     string `json:"t"`
		Nonce string `json:"nonce"`
		URL   string `json:"url"`
		Code  string `json:"code"`
		Why   string `json:"why"`
	}
	sessionMessage struct {
		T     string      `json:"t"`
		Token string      `json:"token,omitempty"` // empty: is in the cookie
		Until time.Time   `json:"until"`
		Agent vcc.AgentID `json:"agent"`
		Build string      `json:"build"`
		ICE   []ICEServer `json:"ice"`
	}
	deskMessage struct {
		T     string          `json:"t"`
		Seq   int             `json:"seq"`
		Now   int64           `json:"now"` // milliseconds since 1970
		Desk  json.RawMessage `json:"desk"`
		Panel deskPanel       `json:"panel"`
	}
	deskPanel struct {
		Primary      bool      `json:"primary"`
		PrimarySince time.Time `json:"primarySince,omitzero"` // of whichever is it
		Reason       string    `json:"reason,omitempty"`      // why it is: "opened", "moved", "lost"
		Lease        deskLease `json:"lease"`
	}
	deskLease struct {
		Alive bool      `json:"alive"`
		Until time.Time `json:"until,omitzero"`
	}
	answerMessage struct {
		T    string     `json:"t"`
		ID   string     `json:"id"`
		OK   bool       `json:"ok"`
		Code vcc.Denial `json:"code,omitempty"` // also "failed": it is not known whether it was done
		Text string     `json:"text,omitempty"`
	}
	foundMessage struct {
		T       string       `json:"t"`
		ID      string       `json:"id"`
		Total   int          `json:"total"`
		Options []vcc.Option `json:"options"`
		Error   string       `json:"error,omitempty"`
	}
	askMessage struct {
		T   string `json:"t"`
		N   int    `json:"n"`
		Now int64  `json:"now"`
	}
	callMessage struct {
		T           string            `json:"t"`
		ID          string            `json:"id"`
		Name        string            `json:"name"`
		Args        any               `json:"args"`
		Interaction vcc.InteractionID `json:"interaction,omitempty"` // what openRecord is about
	}
	choicesMessage struct {
		T           string            `json:"t"`
		Interaction vcc.InteractionID `json:"interaction"`
		Records     []Record          `json:"records"`
		// Failed says that it could not be searched for, so that nothing is known.
		Failed bool `json:"failed,omitempty"`
	}
	rtcMessage struct {
		T           string            `json:"t"`
		Interaction vcc.InteractionID `json:"interaction"`
		From        vcc.AgentID       `json:"from"`
		Data        json.RawMessage   `json:"data"`
	}
	byeMessage struct {
		T    string `json:"t"`
		Code string `json:"code"`
		Text string `json:"text"`
	}
)

// encode writes a message. All of them can be written, so an error is a mistake of
// this package, and it panics.
func encode(m any) []byte {
	data, err := json.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("contactpad: message %T: %v", m, err))
	}
	return data
}
