package interactions

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/time/rate"
)

// mediaType names the version of the API, which every request must accept.
const mediaType = "application/vnd.newvoicemedia.v1+json"

// maxBody is the largest request that is read (vcc.md 8, limit 19).
const maxBody = 100 << 10

// Server is the API and the teller of what providers are owed.
type Server struct {
	o      Options
	door   door
	limit  *rate.Limiter
	recent recent

	// register is held while a provider is stored, so that what is kept and what is
	// known stay the same.
	register  sync.Mutex
	mu        sync.Mutex
	providers map[string]Provider
	tellers   map[string]*teller
	running   context.Context // of Run; nil before
	work      sync.WaitGroup  // the tellers' goroutines
}

// New returns a server that knows the providers that are stored. The error lists
// every fault of o, or says why the store could not be read.
func New(ctx context.Context, o Options) (*Server, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("configure the Interactions API: %w", err)
	}
	s := &Server{
		o: o, door: newDoor(o.Tokens), limit: rate.NewLimiter(rate.Limit(o.Rate), o.Burst),
		providers: map[string]Provider{}, tellers: map[string]*teller{},
	}
	docs, err := o.Store.Kept(ctx, providerKind)
	if err != nil {
		return nil, fmt.Errorf("read the registered providers: %w", err)
	}
	for name, doc := range docs {
		var p Provider
		if err := json.Unmarshal(doc, &p); err != nil {
			return nil, fmt.Errorf("read the registered provider %q: %w", name, err)
		}
		s.providers[name] = p
	}
	return s, nil
}

// refusal is an answer that says no. Its text goes to the caller.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

func refuse(status int, format string, args ...any) error {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

// ServeHTTP answers POST /interactions/invoke and /interactions/register, whatever
// the case of the path's letters.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := s.serve(w, r)
	var no *refusal
	switch {
	case err == nil:
		answer(w, http.StatusOK, "OK")
	case errors.As(err, &no):
		if no.status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "2")
		}
		answer(w, no.status, no.text)
	default:
		s.o.Log.Error("an interaction request failed", "path", r.URL.Path, "err", err)
		answer(w, http.StatusInternalServerError, "Internal Server Error")
	}
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": text}) // the caller may be gone
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) error {
	var do func(context.Context, pass, []byte) error
	switch strings.ToLower(r.URL.Path) {
	case "/interactions/invoke":
		do = s.invoke
	case "/interactions/register":
		do = s.registers
	default:
		return refuse(http.StatusNotFound, "Not Found")
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return refuse(http.StatusMethodNotAllowed, "Method Not Allowed")
	}
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	p, ok := s.door.open(strings.TrimSpace(secret))
	if !ok || !strings.EqualFold(scheme, "bearer") {
		w.Header().Set("WWW-Authenticate", "Bearer")
		return refuse(http.StatusUnauthorized, "Unauthorized")
	}
	if !s.limit.Allow() {
		w.Header().Set("Retry-After", "1")
		return refuse(http.StatusTooManyRequests, "Too Many Requests")
	}
	if !accepts(r.Header.Values("Accept")) {
		return refuse(http.StatusBadRequest, "Invalid api-version! Valid values: '%s'", mediaType)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return refuse(http.StatusRequestEntityTooLarge, "Payload Too Large")
	} else if err != nil {
		return refuse(http.StatusBadRequest, "the request could not be read")
	}
	return do(r.Context(), p, body)
}

// accepts tells whether a client takes answers of our version.
func accepts(headers []string) bool {
	for _, h := range headers {
		for part := range strings.SplitSeq(h, ",") {
			if t, _, err := mime.ParseMediaType(part); err == nil && t == mediaType {
				return true
			}
		}
	}
	return false
}

// decode reads one JSON document into v.
func decode(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(v); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) && kind.Field != "" {
			return refuse(http.StatusBadRequest, "%s is a %s, not a %s", kind.Field, kind.Value, kind.Type)
		}
		return refuse(http.StatusBadRequest, "the request is not valid JSON")
	}
	if _, err := d.Token(); err != io.EOF {
		return refuse(http.StatusBadRequest, "there is something after the request's JSON")
	}
	return nil
}
