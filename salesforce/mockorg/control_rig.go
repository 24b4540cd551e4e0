package mockorg

import (
	"maps"
	"net/http"
	"strconv"
	"time"

	"omnibridge/salesforce/mockorg/cometd"
)

// The part of the control plane that is about the machinery rather than the
// people. Faults of the streaming server and of everything else are armed by the
// same call; their names differ, and GET lists them all with what they do.
//
//	GET    /mock/v1/faults             → {"armed":[{"name":"lock-row","count":1}],"known":{"lock-row":"400 …",…}}
//	POST   /mock/v1/faults             {"name":"lost-reply","method":"POST","object":"AgentWork","count":1}
//	                                   {"name":"latency","path":"/services/data","delay":"2s","count":-1}
//	                                   {"name":"unknown-client","on":"connect","user":"005…"}   (streaming)
//	                                   {"name":"unavailable","probability":0.05,"after":100,"count":-1}
//	                                   {"script":["ok","lost-reply","ok","unavailable"],"path":"/services/data","method":"POST"}
//	                                   {"script":["ok","http-503","unknown-client"],"on":"connect"}   (streaming)
//	POST   /mock/v1/faults/seed        {"seed":7} what the chances of faults armed from now on are drawn from
//	DELETE /mock/v1/faults             disarms all; ?name=latency only those → {"disarmed":1}
//	GET    /mock/v1/requests?limit=50  → {"requests":[{"method":"POST","path":"/services/data/…","status":201,…}]}, oldest first
//	DELETE /mock/v1/requests           forgets them and their counts
//	GET    /mock/v1/counts             → {"counts":{"POST sobjects AgentWork":12},"daily":{"used":30,"most":15000}}
//	POST   /mock/v1/dailyrequests      {"most":100}
//	POST   /mock/v1/sessions/revoke    ends all logins, or one user's: {"user":"integration"} → {"revoked":1}
//	POST   /mock/v1/sessions/life      {"life":"30s"}
//	GET    /mock/v1/stream             → {"clients":[{"ID":"…","Channels":["/topic/…"],"Held":true}],"usage":{…}}
//	POST   /mock/v1/stream/forget      forgets every streaming client, or one: {"client":"…"} → {"forgotten":1}
//	POST   /mock/v1/stream/purge       forgets every retained event: older replay ids become invalid
//	POST   /mock/v1/stream/timeout     {"connect":"5s"} how long a connect is held from now on
//	POST   /mock/v1/capture            {"objects":["PendingServiceRouting","AgentWork","UserServicePresence"]}
//	POST   /mock/v1/channels           {"name":"ExternalRoutingChannel__chn","members":[{"object":"AgentWork","filter":"Status = 'Opened'"}]}
//
// From Go: Arm, Disarm, Faults, SeedFaults, Requests, ForgetRequests, Counts,
// SetDailyRequests, SelectForCapture, AddChannel, and the methods of Identity()
// and Streaming().
func (o *Org) rigCalls() map[string]func(*http.Request) (any, error) {
	return map[string]func(*http.Request) (any, error){
		"GET /mock/v1/faults":           o.getFaults,
		"POST /mock/v1/faults":          o.postFault,
		"DELETE /mock/v1/faults":        o.deleteFaults,
		"POST /mock/v1/faults/seed":     o.postFaultSeed,
		"GET /mock/v1/requests":         o.getRequests,
		"DELETE /mock/v1/requests":      func(*http.Request) (any, error) { o.ForgetRequests(); return nil, nil },
		"GET /mock/v1/counts":           o.getCounts,
		"POST /mock/v1/dailyrequests":   o.postDailyRequests,
		"POST /mock/v1/sessions/revoke": o.postRevoke,
		"POST /mock/v1/sessions/life":   o.postSessionLife,
		"GET /mock/v1/stream":           o.getStream,
		"POST /mock/v1/stream/forget":   o.postForget,
		"POST /mock/v1/stream/purge":    func(*http.Request) (any, error) { o.streaming.Purge(); return nil, nil },
		"POST /mock/v1/stream/timeout":  o.postStreamTimeout,
		"POST /mock/v1/capture":         o.postCapture,
		"POST /mock/v1/channels":        o.postChannel,
	}
}

// faultBody is a fault of either kind as JSON has it.
type faultBody struct {
	Name        string   `json:"name"`
	Count       int      `json:"count,omitzero"`
	After       int      `json:"after,omitzero"`
	Probability *float64 `json:"probability,omitempty"`
	Script      []string `json:"script,omitzero"`
	Path        string   `json:"path,omitzero"`
	Method      string   `json:"method,omitzero"`
	Object      string   `json:"object,omitzero"`
	Delay       Duration `json:"delay,omitzero"`
	On          string   `json:"on,omitzero"`   // streaming
	User        string   `json:"user,omitzero"` // streaming
}

// armedFaults lists the faults of both kinds.
func (o *Org) armedFaults() []faultBody {
	armed := []faultBody{}
	for _, f := range o.Faults() {
		armed = append(armed, faultBody{Name: f.Name, Count: f.Count, After: f.After, Probability: chanceOf(f.Probability), Script: f.Script,
			Path: f.Path, Method: f.Method, Object: f.Object, Delay: Duration(f.Delay)})
	}
	for _, f := range o.streaming.Faults() {
		armed = append(armed, faultBody{Name: f.Name, Count: f.Count, After: f.After, Probability: chanceOf(f.Probability), Script: f.Script, On: f.On, User: f.User})
	}
	return armed
}

func (o *Org) getFaults(*http.Request) (any, error) {
	known := FaultNames()
	maps.Copy(known, cometd.FaultNames())
	return map[string]any{"armed": o.armedFaults(), "known": known}, nil
}

func (o *Org) postFault(r *http.Request) (any, error) {
	var f faultBody
	if err := readBody(r, &f); err != nil {
		return nil, err
	}
	var chance float64
	if f.Probability != nil {
		if chance = *f.Probability; chance == 0 {
			return nil, badRequest("fault %s has the probability 0 and would never strike: use more, or leave it out to strike always", f.Name)
		}
	}
	var err error
	if f.streaming() {
		if f.Path != "" || f.Method != "" || f.Object != "" || f.Delay != 0 {
			return nil, badRequest("fault %s is the streaming server's: narrow it with on and user, not with path, method or object, and leave the delay out", f.Name)
		}
		err = o.streaming.Arm(cometd.Fault{Name: f.Name, On: f.On, User: f.User, Count: f.Count, After: f.After, Probability: chance, Script: f.Script})
	} else {
		if f.On != "" || f.User != "" {
			return nil, badRequest("fault %s is not the streaming server's: narrow it with path, method and object, not with on or user; GET /mock/v1/faults lists all", f.Name)
		}
		err = o.Arm(Fault{Name: f.Name, Count: f.Count, After: f.After, Probability: chance, Script: f.Script,
			Path: f.Path, Method: f.Method, Object: f.Object, Delay: time.Duration(f.Delay)})
	}
	if err != nil {
		return nil, badRequest("%v", err)
	}
	return o.getFaults(r)
}

// streaming tells whether a fault is the streaming server's: by its name, or a
// script by an outcome that is one.
func (f *faultBody) streaming() bool {
	names := cometd.FaultNames()
	for _, name := range append([]string{f.Name}, f.Script...) {
		if _, ok := names[name]; ok {
			return true
		}
	}
	return f.Name == "" && f.On != "" // of nothing but ok
}

// chanceOf is a probability as JSON has it: none when it is certain.
func chanceOf(p float64) *float64 {
	if p == 0 {
		return nil
	}
	return &p
}

func (o *Org) postFaultSeed(r *http.Request) (any, error) {
	var body struct {
		Seed *uint64 `json:"seed"`
	}
	if err := readBody(r, &body); err != nil {
		return nil, err
	}
	if body.Seed == nil {
		return nil, badRequest(`seed is missing: send {"seed":7}`)
	}
	o.SeedFaults(*body.Seed)
	return nil, nil
}

func (o *Org) deleteFaults(r *http.Request) (any, error) {
	name := r.URL.Query().Get("name")
	_, rest := FaultNames()[name]
	_, streaming := cometd.FaultNames()[name]
	if name != "" && !rest && !streaming {
		return nil, notFound("there is no fault %q: GET /mock/v1/faults lists all", name)
	}
	return map[string]int{"disarmed": o.Disarm(name) + o.streaming.Disarm(name)}, nil
}

func (o *Org) getRequests(r *http.Request) (any, error) {
	list := o.Requests()
	if text := r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, badRequest("limit is %q: use a whole number from 1", text)
		}
		list = list[max(0, len(list)-n):]
	}
	if list == nil {
		list = []Request{}
	}
	return map[string]any{"requests": list}, nil
}

func (o *Org) getCounts(*http.Request) (any, error) {
	used, most := o.DailyRequests()
	return map[string]any{"counts": o.Counts(), "daily": map[string]int{"used": used, "most": most}}, nil
}

func (o *Org) postDailyRequests(r *http.Request) (any, error) {
	var body struct {
		Most *int `json:"most"`
	}
	if err := readBody(r, &body); err != nil {
		return nil, err
	}
	if body.Most == nil {
		return nil, badRequest(`most is missing: send {"most":15000}`)
	}
	if err := o.SetDailyRequests(*body.Most); err != nil {
		return nil, badRequest("%v", err)
	}
	return o.getCounts(r)
}

func (o *Org) postRevoke(r *http.Request) (any, error) {
	var body struct {
		User string `json:"user"`
	}
	if err := readBody(r, &body); err != nil {
		return nil, err
	}
	if body.User == "" {
		return map[string]int{"revoked": o.identity.RevokeAll()}, nil
	}
	var id string
	err := o.view(func(t *tx) error {
		user, err := findUser(t, body.User)
		id = user.ID()
		return err
	})
	if err != nil {
		return nil, err
	}
	return map[string]int{"revoked": o.identity.RevokeUser(id)}, nil
}

func (o *Org) postSessionLife(r *http.Request) (any, error) {
	var body struct {
		Life Duration `json:"life"`
	}
	if err := readBody(r, &body); err != nil {
		return nil, err
	}
	if body.Life <= 0 {
		return nil, badRequest(`life is %v: send a duration above zero, such as {"life":"2h"}`, time.Duration(body.Life))
	}
	o.identity.SetSessionLife(time.Duration(body.Life))
	return nil, nil
}

func (o *Org) getStream(*http.Request) (any, error) {
	return map[string]any{"clients": o.streaming.Clients(), "usage": o.streaming.Usage()}, nil
}

func (o *Org) postForget(r *http.Request) (any, error) {
	var body struct {
		Client string `json:"client"`
	}
	if err := readBody(r, &body); err != nil {
		return nil, err
	}
	switch {
	case body.Client == "":
		return map[string]int{"forgotten": o.streaming.ForgetAll()}, nil
	case !o.streaming.Forget(body.Client):
		return nil, notFound("there is no streaming client %q: GET /mock/v1/stream lists them", body.Client)
	}
	return map[string]int{"forgotten": 1}, nil
}

func (o *Org) postStreamTimeout(r *http.Request) (any, error) {
	var body struct {
		Connect Duration `json:"connect"`
	}
	if err := readBody(r, &body); err != nil {
		return nil, err
	}
	if err := o.streaming.Set(func(s *cometd.Settings) { s.ConnectTimeout = time.Duration(body.Connect) }); err != nil {
		return nil, badRequest("%v", err)
	}
	return nil, nil
}

func (o *Org) postCapture(r *http.Request) (any, error) {
	var body struct {
		Objects []string `json:"objects"`
	}
	if err := readBody(r, &body); err != nil {
		return nil, err
	}
	if err := o.SelectForCapture(body.Objects...); err != nil {
		return nil, badRequest("%v", err)
	}
	return nil, nil
}

func (o *Org) postChannel(r *http.Request) (any, error) {
	var body struct {
		Name    string `json:"name"`
		Members []struct {
			Object string `json:"object"`
			Filter string `json:"filter"`
		} `json:"members"`
	}
	if err := readBody(r, &body); err != nil {
		return nil, err
	}
	members := make([]ChannelMember, len(body.Members))
	for i, m := range body.Members {
		members[i] = ChannelMember{Object: m.Object, Filter: m.Filter}
	}
	if err := o.AddChannel(body.Name, members...); err != nil {
		return nil, badRequest("%v", err)
	}
	return nil, nil
}
