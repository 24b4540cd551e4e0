package identity

import (
	"bytes"
	"crypto/rand"
	_ "embed" // the pages
	"html/template"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// pagePath is where people say who they are and whether an app may know: a
	// real org's address of it.
	pagePath = "/setup/secur/RemoteAccessAuthorizationPage.apexp"
	// maxShown is how many people the page offers at once.
	maxShown = 200
	// fewPeople need no search.
	fewPeople = 6
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// choice is one person on the page.
type choice struct {
	Username, Name, Initials string
	Chosen, Here             bool
}

// sheet is what the page shows of a login.
type sheet struct {
	Org, App, Source, Form string
	Asks                   []string // what a self-authorised app asks for
	People                 []choice
	Search                 bool
	Query                  string
	Found, Total           int
	Expected               bool // the first of People is chosen
	Fault                  string
}

// notice is a page that only says something.
type notice struct {
	Title, Text string
	Detail      string // the error as the app would have been told
}

// page is GET and POST of the page.
func (s *Service) page(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		s.showFault(w, http.StatusMethodNotAllowed, &denial{"invalid_request", "must use HTTP GET or POST"})
		return
	}
	source := r.URL.Query().Get("source")
	a, ok := s.waiting(source, r)
	if !ok {
		s.show(w, http.StatusGone, notice{Title: "This login is over",
			Text: "It was finished before, took longer than 15 minutes, or began in another browser. Go back to the app and log in again."})
		return
	}
	app, ok := s.app(a.clientID)
	if !ok {
		s.showFault(w, http.StatusBadRequest, noClient)
		return
	}
	if r.Method == http.MethodGet {
		s.showSheet(w, r, source, a, app, "")
		return
	}
	s.decide(w, r, source, a, app)
}

// waiting finds the login that a page is about.
func (s *Service) waiting(source string, r *http.Request) (authorization, bool) {
	mark, err := r.Cookie(browserCookie)
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.pending.get(source)
	if !ok || err != nil || !same(a.browser, mark.Value) || !s.o.Clock.Now().Before(a.expires) {
		return authorization{}, false
	}
	return *a, true
}

// decide takes what the person decided.
func (s *Service) decide(w http.ResponseWriter, r *http.Request, source string, a authorization, app App) {
	if err := http.NewCrossOriginProtection().Check(r); err != nil || r.ParseForm() != nil {
		s.show(w, http.StatusForbidden, notice{Title: "This did not come from the login page", Text: "Go back to the app and log in again."})
		return
	}
	username, allow := r.PostForm.Get("username"), r.PostForm.Get("decision") == "allow"
	u, offered := s.offered(username)
	if allow && !offered && same(a.form, r.PostForm.Get("form")) {
		fault := "Choose who you are."
		if username != "" {
			fault = "This user cannot log in. Choose another."
		}
		s.showSheet(w, r, source, a, app, fault)
		return
	}
	if !s.finish(source, r.PostForm.Get("form")) {
		s.show(w, http.StatusGone, notice{Title: "This login is over", Text: "It was finished before. Go back to the app and log in again."})
		return
	}
	if !allow {
		s.refuse(GrantBrowser, denied.Description, "")
		s.sendBack(w, r, &a, denied)
		return
	}
	if here, ok := s.Visitor(r); !ok || here.ID != u.ID || slices.Contains(a.prompt, "login") {
		if err := s.Welcome(w, r, u.Username); err != nil {
			s.showFault(w, http.StatusForbidden, needsLogin)
			return
		}
	}
	s.complete(w, r, &a, app, u)
}

// finish ends a login that is waiting; false if its form is not the right one, or
// it has ended meanwhile.
func (s *Service) finish(source, form string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.pending.get(source)
	if !ok || !same(a.form, form) {
		return false
	}
	s.pending.drop(source)
	return true
}

// offered finds somebody among those who may log in at the page.
func (s *Service) offered(username string) (User, bool) {
	for _, u := range s.o.People() {
		if strings.EqualFold(u.Username, username) {
			return u, u.Active && !u.Locked
		}
	}
	return User{}, false
}

// showSheet asks the person. Without a search it offers whom it can; the one who
// is logged in, or whom the app expects, comes first.
func (s *Service) showSheet(w http.ResponseWriter, r *http.Request, source string, a authorization, app App, fault string) {
	people := slices.DeleteFunc(slices.Clone(s.o.People()), func(u User) bool { return !u.Active || u.Locked })
	here, _ := s.Visitor(r)
	expected := a.hint
	if here.ID != "" && !slices.Contains(a.prompt, "login") {
		expected = here.Username // a session makes the hint idle
	}
	sh := sheet{Org: s.o.OrgName, App: app.Name, Source: source, Form: a.form, Search: len(people) > fewPeople,
		Query: strings.TrimSpace(r.URL.Query().Get("q")), Total: len(people), Fault: fault}
	if app.SelfAuthorize {
		sh.Asks = asksFor(a.scopes)
	}
	for _, u := range people {
		if !u.matches(sh.Query) {
			continue
		}
		c := choice{Username: u.Username, Name: u.name(), Initials: u.initials(), Here: u.ID == here.ID,
			Chosen: expected != "" && strings.EqualFold(u.Username, expected)}
		sh.Found++
		switch {
		case c.Chosen:
			sh.Expected = true
			sh.People = slices.Insert(sh.People, 0, c)
		case len(sh.People) < maxShown:
			sh.People = append(sh.People, c)
		}
	}
	status := http.StatusOK
	if fault != "" {
		status = http.StatusUnprocessableEntity
	}
	s.show(w, status, sh)
}

// matches tells whether every word looked for is in the name or username.
func (u User) matches(query string) bool {
	text := strings.ToLower(u.name() + " " + u.Username)
	for word := range strings.FieldsSeq(strings.ToLower(query)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

func (u User) initials() string {
	var b strings.Builder
	for _, name := range []string{u.FirstName, u.LastName} {
		if first, size := utf8.DecodeRuneInString(name); size > 0 && unicode.IsLetter(first) {
			b.WriteRune(unicode.ToUpper(first))
		}
	}
	return b.String()
}

// showFault tells the person what the app cannot be told.
func (s *Service) showFault(w http.ResponseWriter, status int, d *denial) {
	text := "The app asked in a way that this org does not understand. Tell whoever runs the app."
	switch d {
	case noClient:
		text = "This org does not know the app. Check the client id (consumer key) that it is set up with."
	case noCallback, badCallback:
		text = "The app wants to be called back at an address that it is not registered with in this org. Check the callback addresses of the app."
	}
	s.show(w, status, notice{Title: "You cannot log in to this app", Text: text, Detail: "error=" + d.Code + " error_description=" + d.Description})
}

// SetOpenerPolicy makes the pages answer with Cross-Origin-Opener-Policy:
// same-origin, as an org can be set up to, or no longer. A pop-up that passes
// through them then cannot reach the window that opened it (salesforce-package
// 0.5).
func (s *Service) SetOpenerPolicy(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opener = on
}

// show writes a page, which nobody may frame.
func (s *Service) show(w http.ResponseWriter, status int, content any) {
	s.mu.Lock()
	opener := s.opener
	s.mu.Unlock()
	nonce := rand.Text()
	data := map[string]any{"Nonce": nonce, "Org": s.o.OrgName, "Notice": nil, "Sheet": nil}
	switch content := content.(type) {
	case notice:
		data["Notice"], data["Title"] = content, content.Title
	case sheet:
		data["Sheet"], data["Title"] = content, "Log in to "+content.App
	}
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, data); err != nil {
		s.o.Log.Error("page not made", "err", err)
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html;charset=UTF-8")
	// form-action is left out: browsers apply it to the callback as well.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+nonce+"'; script-src 'nonce-"+nonce+"'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin") // with none at all browsers hide the origin of the form, too
	h.Set("X-Content-Type-Options", "nosniff")
	if opener {
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}
