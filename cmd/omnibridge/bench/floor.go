package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// runFloor posts connects with net/http and reads replies with encoding/json: the
// least a Go program can do. No cookies, no deduplication, no recovery.
func runFloor(ctx context.Context, p plan, m *meter) error {
	send := func(text string) ([]floorMessage, error) { return post(ctx, p.Instance, text) }
	shaken, err := send(`[{"id":"1","channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling"]}]`)
	if err != nil {
		return err
	}
	clientID := shaken[len(shaken)-1].ClientID
	if _, err := send(`[{"id":"2","channel":"/meta/subscribe","clientId":"` + clientID + `","subscription":"` + p.Channel + `"}]`); err != nil {
		return err
	}
	for {
		all, err := send(`[{"id":"3","channel":"/meta/connect","clientId":"` + clientID + `","connectionType":"long-polling"}]`)
		if err != nil {
			return err
		}
		now := time.Now()
		for i := range all {
			if d := all[i].Data; d != nil {
				m.event(d.Event.Replay, d.SObject, now)
			}
		}
		if m.settle(now) {
			return nil
		}
	}
}

type floorMessage struct {
	Channel  string `json:"channel"`
	ClientID string `json:"clientId"`
	Data     *struct {
		Event struct {
			Replay int64 `json:"replayId"`
		} `json:"event"`
		SObject json.RawMessage `json:"sobject"`
	} `json:"data"`
}

func post(ctx context.Context, instance, text string) ([]floorMessage, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, instance+"/cometd/67.0", bytes.NewReader([]byte(text)))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer token-1")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	var all []floorMessage
	if err := json.Unmarshal(body, &all); err != nil || len(all) == 0 {
		return nil, fmt.Errorf("bench client %s: the server said %.200q: %w", floor, body, err)
	}
	return all, nil
}
