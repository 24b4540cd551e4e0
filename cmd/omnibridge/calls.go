package main

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"omnibridge/vcc"
	"omnibridge/vcc/interactions"
	"omnibridge/vcc/telephony"
)

// calls is where calls come from: providers, by the Interactions API, and, in the
// demo, a simulated telephone network. Either may be missing.
type calls struct {
	api     *interactions.Server
	network *telephony.Network
}

// newCalls wires what brings calls.
func newCalls(ctx context.Context, d *daemon, rt routing, simulate bool, org *reachedOrg, log *slog.Logger) (c calls, err error) {
	if d.cfg.CallsToken != "" {
		c.api, err = interactions.New(ctx, interactions.Options{
			Tokens: []interactions.Token{{Secret: d.cfg.CallsToken.Reveal()}},
			Put:    d.connector.Report, Store: d.store,
			Plan: func(route string) (vcc.PlanID, bool) {
				for _, p := range rt.Plans {
					if strings.EqualFold(p.Name, route) {
						return vcc.PlanID(p.Name), true
					}
				}
				return "", false
			},
			Agent: org.agentNamed,
			Known: func() bool {
				_, swept := d.connector.Links()
				return !swept.IsZero() // the roster comes with the first sweep
			},
			AgentName: func(id vcc.AgentID) (name, shown string) { return org.nameOf(id), string(id) },
			Log:       log.With("component", "interactions"),
		})
		if err != nil {
			return c, fmt.Errorf("interactions API: %w", err)
		}
	}
	if simulate {
		c.network, err = telephony.New(telephony.Options{Report: func(r vcc.Report) {
			if err := d.connector.Report(ctx, []vcc.Report{r}); err != nil && ctx.Err() == nil {
				log.Warn("what the telephone network told was not taken", "report", r.String(), "err", err)
			}
		}})
	}
	return c, err
}

// run works until ctx ends.
func (c calls) run(ctx context.Context) {
	var parts sync.WaitGroup
	if c.api != nil {
		parts.Go(func() { c.api.Run(ctx) })
	}
	if c.network != nil {
		parts.Go(func() { c.network.Run(ctx) })
	}
	parts.Wait()
}

// restored takes what was under way when the program ended.
func (c calls) restored(open []vcc.Interaction) {
	for _, x := range open {
		c.owing(x)
		if c.network != nil {
			c.network.Resume(x)
		}
	}
}

// owing passes on what the provider of x is to be told.
func (c calls) owing(x vcc.Interaction) {
	if c.api != nil {
		c.api.Tell(x)
	}
}

// direct takes a directive for the telephone network.
func (c calls) direct(d vcc.Directive) {
	if c.network != nil {
		c.network.Direct(d)
	}
}

// handle adds the addresses of what brings calls. gate is the secret part of the
// simulated network's, so that a page on the internet cannot make calls by a form.
func (c calls) handle(mux *http.ServeMux, gate string) {
	if c.api != nil {
		mux.Handle("/interactions/", c.api)
	}
	if c.network != nil {
		mux.Handle("POST /simulated/{gate}/calls", gated(gate, c.postCall))
		mux.Handle("DELETE /simulated/{gate}/calls/{id}", gated(gate, c.deleteCall))
	}
}

func gated(gate string, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.PathValue("gate")), []byte(gate)) != 1 {
			http.NotFound(w, r)
			return
		}
		next(w, r)
	})
}

// callerPatience is how long a simulated customer waits for an agent.
const callerPatience = 2 * time.Minute

// postCall lets a simulated customer call.
func (c calls) postCall(w http.ResponseWriter, r *http.Request) {
	var body struct{ Name, Number, Topic string }
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4096))
	if err == nil {
		err = json.Unmarshal(text, &body)
	}
	if err != nil {
		http.Error(w, "a call is told as {\"name\":...,\"number\":...}: "+err.Error(), http.StatusBadRequest)
		return
	}
	id, err := c.network.Call(telephony.Caller{Number: body.Number, Name: body.Name, Plan: callsPlan, Patience: callerPatience})
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"id": string(id), "says": "It rings. Agents who are Ready in ContactPad get the call."})
}

func (c calls) deleteCall(w http.ResponseWriter, r *http.Request) {
	if !c.network.HangUp(vcc.InteractionID(r.PathValue("id"))) {
		http.Error(w, "there is no such call any more", http.StatusNotFound)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// callsPlan routes simulated calls.
const callsPlan vcc.PlanID = "Calls"
