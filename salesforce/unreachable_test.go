package salesforce

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
)

// refusing is an address where connections are refused until the test ends: a socket has
// it and does not listen, so that nobody else gets the port.
func refusing(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", at.(*syscall.SockaddrInet4).Port)
}

// TestUnreachableSaysWhatToCheck: whether it is the host of logins or that of the
// calls, and whatever keeps us from it, the error advises on it.
func TestUnreachableSaysWhatToCheck(t *testing.T) {
	private := httptest.NewTLSServer(http.NotFoundHandler())
	defer private.Close()
	nameless := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "acme.my.salesforce.example", IsNotFound: true}}
	}
	for _, tt := range []struct {
		name, host string
		through    *http.Transport
		advice     string
	}{
		{"refused", "http://" + refusing(t), &http.Transport{}, "firewall"},
		{"no such name", "http://acme.my.salesforce.example", &http.Transport{DialContext: nameless}, "DNS"},
		{"a certificate of nobody", private.URL, &http.Transport{TLSClientConfig: &tls.Config{}}, "certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			advises := func(err error) {
				t.Helper()
				e, ok := errors.AsType[interface {
					error
					Advice() string
				}](err)
				if !ok || !strings.Contains(e.Advice(), tt.advice) {
					t.Errorf("%v advises nothing on the %s", err, tt.advice)
				}
			}
			scheme, host, _ := strings.Cut(tt.host, "://")
			f := newFakeOrg(t, says2(200, `{}`))
			c := f.client(t, func(o *Options) {
				o.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
					at := r.Clone(r.Context())
					at.URL.Scheme, at.URL.Host = scheme, host
					return tt.through.RoundTrip(at)
				})
			})
			_, err := c.Do(t.Context(), "GET", "limits", nil)
			advises(err)
			if e, ok := errors.AsType[*UnreachableError](err); !ok || "http://"+e.Host != f.URL {
				t.Errorf("a call says %v", err)
			}
			logins, err := NewTokenSource(TokenOptions{LoginURL: tt.host, Grant: ClientCredentials{ClientID: "a", ClientSecret: "b"}, Transport: tt.through})
			if err != nil {
				t.Fatal(err)
			}
			_, err = logins.Token(t.Context())
			advises(err)
		})
	}
}
