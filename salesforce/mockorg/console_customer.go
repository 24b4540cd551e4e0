package mockorg

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The customer page: somebody out there who starts a chat, a message, a case or
// a call, and sees what becomes of it. It has no login; whoever knows the id of
// the work item is that customer.

// customerKinds are what a customer can start, and the object that it becomes.
var customerKinds = map[string]string{"chat": "LiveChatTranscript", "message": "MessagingSession", "case": "Case", "lead": "Lead"}

// invented are the people whom the page proposes. The numbers are of the range
// that is kept for fiction.
var invented = []callerCard{
	{Name: "Maria Lopez", Phone: "+44 20 7946 0018"}, {Name: "Jonas Weber", Phone: "+44 20 7946 0142"}, {Name: "Aiko Tanaka", Phone: "+44 20 7946 0377"},
	{Name: "Samuel Osei", Phone: "+44 20 7946 0455"}, {Name: "Priya Nair", Phone: "+44 20 7946 0623"}, {Name: "Luc Moreau", Phone: "+44 20 7946 0810"},
}

// callerCard is one of the people at the other end.
type callerCard struct {
	Name  string `json:"name"`
	Phone string `json:"phone"`
}

// customerCalls are what the customer page can ask for.
func (c *console) customerCalls() map[string]func(*http.Request) (any, error) {
	return map[string]func(*http.Request) (any, error){
		"GET /customer/api/menu":                c.getMenu,
		"POST /customer/api/start":              c.postStart,
		"GET /customer/api/work/{id}":           func(r *http.Request) (any, error) { return c.customerView(r.PathValue("id")) },
		"POST /customer/api/work/{id}/messages": c.postCustomerMessage,
		"POST /customer/api/work/{id}/leave":    c.postLeave,
		"POST /customer/api/call":               c.postCall,
		"POST /customer/api/call/{id}/hangup":   c.postHangUp,
	}
}

// topic is a queue that a customer can turn to.
type queueTopic struct {
	Queue string `json:"queue"`
	Label string `json:"label"`
	Kind  string `json:"kind"`
}

// getMenu tells what there is to start.
func (c *console) getMenu(*http.Request) (any, error) {
	people, topics, org := slices.Clone(invented), []queueTopic{}, ""
	_ = c.o.view(func(t *tx) error { // the function never fails
		t.each("Organization", func(row Row) bool { org = row.str("Name"); return false })
		for _, kind := range []string{"chat", "message", "case", "lead"} {
			t.each("Group", func(g Row) bool {
				if routing, ok := routingOf(t, g.ID()); ok && routing.str("RoutingModel") == "ExternalRouting" && t.owns(g, c.o.schema.object(customerKinds[kind])) {
					topics = append(topics, queueTopic{Queue: g.str("DeveloperName"), Label: g.str("Name"), Kind: kind})
				}
				return true
			})
		}
		t.each("Contact", func(row Row) bool {
			known := slices.ContainsFunc(people, func(p callerCard) bool { return p.Name == row.str("Name") })
			if !known {
				people = append(people, callerCard{Name: row.str("Name"), Phone: row.str("Phone")})
			}
			return len(people) < maxListed
		})
		return nil
	})
	return map[string]any{"org": org, "people": people, "topics": topics, "calls": c.o.Console().CallsURL != ""}, nil
}

// postStart starts a work item: {"kind":"chat","queue":"Support_Chat","name":"Maria Lopez","phone":"…","text":"…"}.
func (c *console) postStart(r *http.Request) (any, error) {
	var body struct{ Kind, Queue, Name, Phone, Text string }
	if err := readBody(r, &body); err != nil {
		return nil, err
	}
	object, ok := customerKinds[body.Kind]
	if !ok {
		return nil, badRequest("kind is %q: use %s", body.Kind, strings.Join(slices.Sorted(maps.Keys(customerKinds)), ", "))
	}
	if len(body.Name) > 80 || len(body.Text) > maxMessage {
		return nil, badRequest("the name or the text is too long: at most 80 and %d characters", maxMessage)
	}
	if err := c.checkTopic(body.Queue, object); err != nil {
		return nil, err
	}
	fields := Row{}
	if body.Name != "" && object != "Lead" {
		contact, err := c.contact(body.Name, body.Phone)
		if err != nil {
			return nil, err
		}
		field := "ContactId"
		if object == "MessagingSession" {
			field = "EndUserContactId"
		}
		fields[field] = contact
	}
	switch object {
	case "Case":
		fields["Subject"], fields["Description"] = cmp.Or(clipText(body.Text, 80), "Request from the web page"), body.Text
		fields["SuppliedPhone"] = body.Phone
	case "Lead":
		fields["Phone"], fields["Description"] = body.Phone, body.Text
	case "MessagingSession":
		fields["PreviewDetails"] = clipText(body.Text, 250)
	}
	made, err := c.o.AddWork(NewWork{Object: object, Queue: body.Queue, Name: body.Name, Fields: fields})
	if err != nil {
		return nil, err
	}
	if body.Text != "" && mediumOf(object).conversation {
		if err := c.say(made.ID, message{From: "customer", Name: cmp.Or(body.Name, "Visitor"), Text: body.Text}); err != nil {
			return nil, err
		}
	}
	return c.customerView(made.ID)
}

// checkTopic refuses a queue that is not for an object.
func (c *console) checkTopic(queue, object string) error {
	return c.o.view(func(t *tx) error {
		id, err := findQueue(t, queue)
		if err != nil {
			return err
		}
		if group, _ := t.get(id); !t.owns(group, c.o.schema.object(object)) {
			return badRequest("the queue %s is not for a %s", queue, object)
		}
		return nil
	})
}

// clipText cuts a text at a length in characters.
func clipText(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// contact finds the contact of a name, or makes it.
func (c *console) contact(name, phone string) (id string, err error) {
	err = c.o.change(c.o.omni.itself(), func(t *tx) error {
		t.each("Contact", func(row Row) bool {
			if row.str("Name") == name {
				id = row.ID()
			}
			return id == ""
		})
		if id != "" {
			return nil
		}
		first, last, found := strings.Cut(name, " ")
		if !found {
			first, last = "", name
		}
		id, err = t.insert("Contact", Row{"FirstName": first, "LastName": last, "Phone": phone})
		return err
	})
	return id, err
}

// customerView is what the customer sees of a work item.
type customerView struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"`
	Title string `json:"title"`
	// State is waiting, asked, served or over.
	State string `json:"state"`
	// Position in the queue from 1; 0 while not waiting.
	Position int    `json:"position"`
	Agent    string `json:"agent"`
	Says     string `json:"says"`
	// Since is when it began, Now the org's time, ms since 1970.
	Since int64     `json:"since"`
	Now   int64     `json:"now"`
	Talk  *talkView `json:"talk"`
}

func (c *console) customerView(id string) (any, error) {
	var v customerView
	err := c.o.view(func(t *tx) error {
		row, ok := t.get(id)
		if !ok || !workItemObjects[t.objectOf(row.ID())] {
			return gone(id)
		}
		v = viewForCustomer(t, row)
		return nil
	})
	if err == nil {
		v.Talk = c.talkView(v.ID, customerKinds[v.Kind])
	}
	return v, err
}

func viewForCustomer(t *tx, row Row) customerView {
	object := t.objectOf(row.ID())
	v := customerView{ID: row.ID(), Since: millis(row["CreatedDate"]), Now: t.now().UnixMilli()}
	for kind, ob := range customerKinds {
		if ob == object {
			v.Kind = kind
		}
	}
	v.Title, _ = titleOf(t, row)
	agentOf := func(status string) string {
		for _, w := range ofWork(t, row.ID(), status) {
			if user, ok := t.get(w.str("UserId")); ok {
				return user.str("Name")
			}
		}
		return ""
	}
	psr, queued := t.first("PendingServiceRouting", is("WorkItemId", row.ID()))
	switch opened, asked := agentOf("Opened"), agentOf("Assigned"); {
	case mediumOf(object).isOver(row):
		v.State, v.Says = "over", overText(row)
	case asked != "":
		v.State, v.Agent, v.Says = "asked", asked, asked+" is being asked."
	case opened != "":
		v.State, v.Agent, v.Says = "served", opened, "You are with "+opened+"."
	case queued:
		v.State, v.Position = "waiting", positionOf(t, psr)
		v.Says = fmt.Sprintf("You are number %d in the queue.", v.Position)
	default:
		v.State, v.Says = "served", "It is being looked after."
		if owner, ok := t.get(row.str("OwnerId")); ok {
			v.Agent, v.Says = owner.str("Name"), "It is with "+owner.str("Name")+"."
		}
	}
	return v
}

func overText(row Row) string {
	switch cmp.Or(row.str("EndedBy"), row.str("EndedByType")) {
	case "Agent":
		return "The agent has ended it. Thank you."
	case "Visitor", "EndUser":
		return "You have left."
	case "System":
		return "It was ended by the system."
	}
	return "It is closed. Thank you."
}

// positionOf is the place of a PSR in its queue, from 1.
func positionOf(t *tx, psr Row) int {
	n := 1
	for _, other := range t.among("PendingServiceRouting", is("QueueId", psr["QueueId"])) {
		if other.ID() == psr.ID() {
			break // the others came later
		}
		if !other.flag("IsPushed") {
			n++
		}
	}
	return n
}

func (c *console) postCustomerMessage(r *http.Request) (any, error) {
	var body struct{ Name, Text string }
	if err := readBody(r, &body); err != nil {
		return nil, err
	}
	if err := c.say(r.PathValue("id"), message{From: "customer", Name: cmp.Or(clipText(body.Name, 80), "Visitor"), Text: body.Text}); err != nil {
		return nil, err
	}
	return c.customerView(r.PathValue("id"))
}

func (c *console) postLeave(r *http.Request) (any, error) {
	if err := c.o.LeaveWork(r.PathValue("id")); err != nil {
		return nil, err
	}
	return c.customerView(r.PathValue("id"))
}

// serveCustomerStream tells a customer's page of changes to one work item.
func (c *console) serveCustomerStream(w http.ResponseWriter, r *http.Request) {
	id, ok := parseID(r.URL.Query().Get("work"))
	if !ok {
		http.Error(w, "work is no id", http.StatusBadRequest)
		return
	}
	c.listen(w, r, "", []string{id})
}

// callWithin bounds a request for a call.
const callWithin = 10 * time.Second

// postCall asks for a call at Console.CallsURL, which gets
//
//	POST {CallsURL}  {"name":"Maria Lopez","number":"+44 20 7946 0018","topic":"…"}  → 2xx {"id":"…","says":"…"}
//	DELETE {CallsURL}/{id}                                                            the caller hangs up
//
// Both members of the answer may be missing.
func (c *console) postCall(r *http.Request) (any, error) {
	var body struct{ Name, Number, Topic string }
	if err := readBody(r, &body); err != nil {
		return nil, err
	}
	if digits(body.Number) == "" {
		return nil, badRequest("number is %q: give a telephone number", clip(body.Number))
	}
	text, err := json.Marshal(map[string]string{"name": body.Name, "number": body.Number, "topic": body.Topic})
	if err != nil {
		return nil, err
	}
	return c.askForCall(r.Context(), http.MethodPost, "", text)
}

func (c *console) postHangUp(r *http.Request) (any, error) {
	return c.askForCall(r.Context(), http.MethodDelete, "/"+r.PathValue("id"), nil)
}

// askForCall makes one request to Console.CallsURL.
func (c *console) askForCall(ctx context.Context, method, path string, body []byte) (any, error) {
	address := c.o.Console().CallsURL
	if address == "" {
		return nil, conflict("there are no calls: nobody has said where to ask for them (callsURL)")
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(address, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, badRequest("ask for a call: %v", err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, conflict("the call could not be made: %v", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxControlBody))
	if err != nil || answer.StatusCode/100 != 2 {
		return nil, conflict("the call was refused with status %d: %s", answer.StatusCode, clip(strings.TrimSpace(string(text))))
	}
	var said struct {
		ID   string `json:"id"`
		Says string `json:"says"`
	}
	_ = json.Unmarshal(text, &said) // an answer without words will do
	return said, nil
}
