package identity

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
)

// Browser stands in for a person at a browser: it goes through the org's login
// page over HTTP, by the same requests and with cookies of its own, so that
// programs can be tested without a real one. It may not be used by several
// goroutines at a time.
type Browser struct{ client http.Client }

// NewBrowser returns a browser at which nobody is logged in.
func NewBrowser() *Browser {
	jar, _ := cookiejar.New(nil) // without options it never fails
	return &Browser{http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// maxSteps is how many redirects a login may take.
const maxSteps = 10

// LogIn opens an app's address of the org's authorize endpoint and logs in as a
// user, allowing what is asked, if the org shows its page at all: a session or the
// request may make that needless. It returns the address that the browser was sent
// back to, with a code or an error in its query, which it does not open.
func (b *Browser) LogIn(ctx context.Context, authorize, username string) (*url.URL, error) {
	return b.visit(ctx, authorize, url.Values{"decision": {"allow"}, "username": {username}})
}

// Deny opens the same and denies.
func (b *Browser) Deny(ctx context.Context, authorize string) (*url.URL, error) {
	return b.visit(ctx, authorize, url.Values{"decision": {"deny"}})
}

var (
	formToken = regexp.MustCompile(`name="form" value="([^"]+)"`)
	pageFault = regexp.MustCompile(`(?s)<(?:p class="fault" role="alert"|div class="notice")>(.*?)</(?:p|div)>`)
	tags      = regexp.MustCompile(`<[^>]*>`)
)

func (b *Browser) visit(ctx context.Context, authorize string, decision url.Values) (*url.URL, error) {
	at, err := url.Parse(authorize)
	if err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	org := at.Host
	var form url.Values
	for range maxSteps {
		reply, body, err := b.fetch(ctx, at, form)
		if err != nil {
			return nil, fmt.Errorf("log in: %w", err)
		}
		if reply.StatusCode >= 300 && reply.StatusCode < 400 {
			if at, err = reply.Location(); err != nil {
				return nil, fmt.Errorf("log in: %w", err)
			}
			if at.Host != org {
				return at, nil
			}
			form = nil
			continue
		}
		token := formToken.FindStringSubmatch(body)
		if token == nil || form != nil {
			return nil, fmt.Errorf("log in: the org answered %s: %s", reply.Status, said(body))
		}
		form = decision
		form.Set("form", html.UnescapeString(token[1]))
	}
	return nil, errors.New("log in: the org redirects without end")
}

// fetch gets a page, or posts a form to it.
func (b *Browser) fetch(ctx context.Context, at *url.URL, form url.Values) (*http.Response, string, error) {
	method, content := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, content = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, at.String(), content)
	if err != nil {
		return nil, "", err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	reply, err := b.client.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(io.LimitReader(reply.Body, 4<<20))
	return reply, string(body), err
}

// said is what a page says went wrong.
func said(page string) string {
	found := pageFault.FindStringSubmatch(page)
	if found == nil {
		return "a page of another kind"
	}
	return html.UnescapeString(strings.TrimSpace(tags.ReplaceAllString(found[1], " ")))
}
