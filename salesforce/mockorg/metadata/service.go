package metadata

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxJobs is how many results of deploys and retrieves are kept.
const maxJobs = 100

// Options is what a Service needs from the org around it. All but Log are
// required.
type Options struct {
	// Now is the org's time.
	Now func() time.Time
	// Session finds the user of a session by its token; the error is worded for
	// the client.
	Session func(token string) (User, error)
	// NewID makes the 18-character id of record number n of the kind with the
	// given key prefix.
	NewID func(prefix string, n uint64) string
	// Apply makes the org behave as the components say. It returns an outcome per
	// component, in their order. If one has a problem, or the batch is a trial,
	// the org stays as it was. It may change components (see Component.Set). Deploys
	// come one at a time.
	Apply func(user User, batch *Batch) []Outcome
	// Log tells at debug level what was deployed; nil means nothing is told.
	Log *slog.Logger
}

// User is who uses the API.
type User struct {
	ID   string // 18 characters
	Name string
}

// Outcome is what became of one component.
type Outcome struct {
	// ID of the record that the component became; empty for those that are no
	// record, which get an id of this package's making.
	ID string
	// Problem is why the component cannot be deployed; nil if it can.
	Problem *Problem
}

// Batch is what one deploy brings.
type Batch struct {
	// Components are well formed.
	Components []*Component
	// Trial tells that the org must stay as it was, whatever the outcome.
	Trial bool

	held map[key]*held
}

// Has tells whether the org will have a component after the batch.
func (b *Batch) Has(typ, name string) bool { return b.Find(typ, name) != nil }

// Find returns a component as it will be after the batch, nil when there is none.
func (b *Batch) Find(typ, name string) *Component {
	for _, c := range b.Components {
		if c.Type == typ && c.Name == name {
			return c
		}
	}
	return b.Old(typ, name)
}

// Old returns a component as it was before the batch, nil when there is none.
func (b *Batch) Old(typ, name string) *Component {
	if h := b.held[key{typ, name}]; h != nil {
		return h.Component
	}
	return nil
}

// All returns the components of a type as they will be after the batch, by name.
func (b *Batch) All(typ string) []*Component {
	found := map[string]*Component{}
	for k, h := range b.held {
		if k.typ == typ {
			found[k.name] = h.Component
		}
	}
	for _, c := range b.Components {
		if c.Type == typ {
			found[c.Name] = c
		}
	}
	var list []*Component
	for _, name := range slices.Sorted(maps.Keys(found)) {
		list = append(list, found[name])
	}
	return list
}

// held is a component that was deployed.
type held struct {
	*Component
	id               string
	created, changed time.Time
	by, changedBy    User
}

// Service is one org's Metadata API, an http.Handler for /services/Soap/m/… and
// /services/data/v…/metadata/….
type Service struct {
	o     Options
	types *types

	deploying sync.Mutex // one deploy at a time

	mu      sync.Mutex // guards the following
	held    map[key]*held
	jobs    map[string]any // *deployResult or *retrieveResult, by id
	order   []string       // of jobs, oldest first
	numbers map[string]uint64
}

// New returns a service of an org to which nothing has been deployed.
func New(o Options) (*Service, error) {
	if o.Now == nil || o.Session == nil || o.NewID == nil || o.Apply == nil {
		return nil, errors.New("metadata: Options needs Now, Session, NewID and Apply")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ts, err := loadTypes(typesText)
	if err != nil {
		return nil, err
	}
	return &Service{o: o, types: ts, held: map[key]*held{}, jobs: map[string]any{}, numbers: map[string]uint64{}}, nil
}

// Serves tells whether a path belongs to the Metadata API.
func Serves(path string) bool {
	if strings.HasPrefix(path, "/services/Soap/m/") {
		return true
	}
	rest, ok := strings.CutPrefix(path, "/services/data/")
	_, rest, _ = strings.Cut(rest, "/")
	return ok && strings.HasPrefix(rest, "metadata/")
}

// ServeHTTP answers the paths that Serves tells.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/services/Soap/") {
		s.serveSOAP(w, r)
		return
	}
	s.serveREST(w, r)
}

// Find returns a component that was deployed, nil when there is none. Its
// content must not be changed.
func (s *Service) Find(typ, name string) *Component {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.held[key{typ, name}]; h != nil {
		return h.Component
	}
	return nil
}

// newID numbers what has no id of the org's.
func (s *Service) newID(prefix string) string {
	s.numbers[prefix]++
	return s.o.NewID(prefix, s.numbers[prefix])
}

// keep files the result of a job; the oldest goes when there are too many.
func (s *Service) keep(id string, job any) {
	s.jobs[id] = job
	s.order = append(s.order, id)
	if len(s.order) > maxJobs {
		delete(s.jobs, s.order[0])
		s.order = s.order[1:]
	}
}

// job finds the result of a deploy or retrieve.
func job[T any](s *Service, id string) (T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.jobs[id].(T)
	if !ok {
		return found, &refusal{http.StatusNotFound, "INVALID_CROSS_REFERENCE_KEY", fmt.Sprintf("invalid cross reference id: no job %s", clip(id))}
	}
	return found, nil
}

// refusal is an answer of the API that is no result.
type refusal struct {
	status        int // of REST
	code, message string
}

func (e *refusal) Error() string { return e.code + ": " + e.message }
