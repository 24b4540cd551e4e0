package streaming_test

import (
	"compress/gzip"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// reply is the answer to a meta message.
func reply(m meta, refusal, reconnect, reason string) map[string]any {
	answer := map[string]any{"id": m.ID, "channel": m.Channel, "successful": refusal == ""}
	if m.ClientID != "" {
		answer["clientId"] = m.ClientID
	}
	if refusal != "" {
		answer["error"] = refusal
	}
	if reconnect != "" {
		answer["advice"] = map[string]any{"reconnect": reconnect, "interval": 0}
	}
	if reason != "" {
		answer["ext"] = map[string]any{"sfdc": map[string]any{"failureReason": reason}}
	}
	return answer
}

func (s *server) write(w http.ResponseWriter, r *http.Request, answers ...map[string]any) {
	if s.muddled {
		answers = muddle(answers)
	}
	if s.numericIDs {
		for _, a := range answers {
			if id, ok := a["id"].(string); ok {
				a["id"], _ = strconv.Atoi(id)
			}
		}
	}
	text, _ := json.Marshal(answers)
	packed := s.gzip && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
	s.mu.Lock()
	s.largest = max(s.largest, len(text))
	if packed {
		s.packed++
	}
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if packed {
		w.Header().Set("Content-Encoding", "gzip")
		z, _ := gzip.NewWriterLevel(w, gzip.HuffmanOnly) // the dearer levels are slow under -race
		defer z.Close()
		z.Write(text)
		return
	}
	w.Write(text)
}
