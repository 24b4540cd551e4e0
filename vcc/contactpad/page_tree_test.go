package contactpad_test

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"omnibridge/vcc"
)

// tree lists what assistive technology finds in the panel, in its order: role, name, and
// what is told besides. Clocks are written as 0:00.
func (s *stage) tree() string {
	s.t.Helper()
	var nodes []*accessibility.Node
	do(s.t, s.page, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		r, err := cdp.Call(ctx, target, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		if err == nil {
			nodes = r.Nodes
		}
		return err
	}))
	byID := map[accessibility.NodeID]*accessibility.Node{}
	for _, n := range nodes {
		byID[n.NodeID] = n
	}
	var lines []string
	var walk func(n *accessibility.Node, depth int)
	walk = func(n *accessibility.Node, depth int) {
		if line := treeLine(n); line != "" {
			lines = append(lines, strings.Repeat("  ", depth)+line)
			depth++
		}
		for _, id := range n.ChildIDs {
			if c := byID[id]; c != nil {
				walk(c, depth)
			}
		}
	}
	walk(nodes[0], 0)
	return strings.Join(lines, "\n")
}

var (
	quiet    = []string{"none", "generic", "InlineTextBox", "StaticText", "paragraph", "RootWebArea", "LabelText", "listitem", "ListMarker", "LineBreak", "splitter", "strong", "Audio", "Legend"}
	told     = []string{"live", "level", "checked", "expanded", "disabled", "hasPopup", "modal", "multiselectable", "selected", "required"}
	duration = regexp.MustCompile(`\b(\d+ d \d+ h|\d+:\d\d(:\d\d)?)\b`)
)

// treeLine writes one node; empty if it says nothing of its own.
func treeLine(n *accessibility.Node) string {
	text := func(v *accessibility.Value) string {
		if v == nil {
			return ""
		}
		var s any
		if json.Unmarshal(v.Value, &s) != nil {
			return ""
		}
		b, _ := json.Marshal(s)
		return strings.Trim(string(b), `"`)
	}
	role := text(n.Role)
	if n.Ignored || slices.Contains(quiet, role) {
		return ""
	}
	line := role
	if name := text(n.Name); name != "" {
		line += " “" + duration.ReplaceAllString(name, "0:00") + "”"
	}
	if d := text(n.Description); d != "" {
		line += " (" + d + ")"
	}
	if v := text(n.Value); v != "" && role != "meter" {
		line += " = " + v
	}
	for _, p := range n.Properties {
		if v := text(p.Value); slices.Contains(told, string(p.Name)) && v != "false" && v != "" {
			line += " " + string(p.Name) + "=" + v
		}
	}
	return line
}

// What a screen reader finds, in its order: landmarks and headings, each control by the
// name that is seen, what alerts before the list, clocks beside their buttons and never
// in their names, the two live regions, and in a dialog nothing of what lies behind.
func TestPageTree(t *testing.T) {
	d := idle()
	three(&d)
	d.Cards = append([]vcc.Card{alertingChat("07", "Eva Lind", 24*time.Second)}, d.Cards...)
	d.Notices = []vcc.Notice{{ID: "n1", Kind: vcc.CustomerGone, At: ago(time.Minute), Name: "Tom Baker", Class: vcc.SemiLive, Medium: "chat"}}
	s := newStage(t, staging{desk: d})
	s.text("Eva Lind")
	s.is("the desk", `
status live=polite
alert live=assertive
banner
  heading “ContactPad” level=1
  button “Ready (Working)” hasPopup=menu
  timer
  meter “Load 36 of 100”
region “Notices”
  heading “Notices” level=2
  article
    heading “Customer left” level=3
    button “Dismiss”
main
  region “Alerting”
    heading “Alerting” level=2
    article
      heading “Chat · Eva Lind” level=3
      timer
      button “Show Omni-Channel”
  region “Interactions (3)”
    heading “Interactions (3)” level=2
    list
      button “Jonas Weber Chat · Connected · Orders”
      timer
      button “Anonymous visitor 5Q-1183 Chat · Connected · Orders”
      timer
      button “00001051 Wrong size Case · Connected · Refunds”
      timer
region “Selected interaction”
  heading “Selected interaction” level=2
  button “Chat · Jonas Weber”
  timer
  button “Consult”
  button “Release chat”`)
	s.settled()
	s.focus(`.card [data-interaction="05"]`)
	s.keys(enter)
	s.pad.mu.Lock()
	s.pad.find = people
	s.pad.mu.Unlock()
	s.open("consult")
	s.is("the search", `
status live=polite
alert live=assertive
dialog “Consult · Case 00001051 Wrong size” modal=true
  heading “Consult · Case 00001051 Wrong size” level=2
  group “What to do”
    radio “Consult” checked=true
    radio “Transfer”
  combobox “Agent or phone number” hasPopup=listbox expanded=true
  listbox “Agents and plans”
    option “Ana Silveira , Agent · Ready”
    option “Anders Holm , Agent · On a call, cannot be called” disabled=true
    option “Daniel Roth , Agent · Away, takes it later”
    option “Joan Ortega , Agent · Logged out, cannot be called” disabled=true
  button “Dial” disabled=true
  button “Cancel”`)
}

// is reports a tree that is not want.
func (s *stage) is(what, want string) {
	s.t.Helper()
	if got := s.tree(); got != strings.TrimSpace(want) {
		s.t.Errorf("%s is\n%s\nwant\n%s", what, got, want)
	}
}
