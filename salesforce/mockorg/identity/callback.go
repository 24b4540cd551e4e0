package identity

import (
	"net"
	"net/url"
	"slices"
	"strconv"
)

// calledBackAt finds out whether the app may be called back at an address, which
// it returns ready to be added to.
func (a App) calledBackAt(address string) (*url.URL, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" || u.Opaque != "" || u.Fragment != "" || u.User != nil {
		return nil, false
	}
	allowed := slices.Contains(a.Callbacks, address) ||
		loopback(u) && slices.ContainsFunc(a.Callbacks, func(listed string) bool { return freePort(listed, u) })
	return u, allowed
}

// freePort compares an address with a listed one as the mock's liberty has it
// (see App.Callbacks).
func freePort(listed string, u *url.URL) bool {
	l, err := url.Parse(listed)
	if err != nil || !loopback(l) || l.Hostname() != u.Hostname() {
		return false
	}
	if l.Path == "" && l.RawQuery == "" {
		return true
	}
	return l.EscapedPath() == u.EscapedPath() && l.RawQuery == u.RawQuery
}

// loopback tells whether an address is http on this machine and nothing odd.
func loopback(u *url.URL) bool {
	if u.Scheme != "http" || u.User != nil || u.Opaque != "" || u.Fragment != "" {
		return false
	}
	if u.Port() == "" {
		if u.Host != u.Hostname() && u.Host != "["+u.Hostname()+"]" {
			return false // a colon without a port
		}
	} else if n, err := strconv.ParseUint(u.Port(), 10, 16); err != nil || n == 0 {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// withParams returns an address with parameters added to those it has.
func withParams(u *url.URL, params url.Values) string {
	to := *u
	query := to.Query()
	for name, values := range params {
		query[name] = values
	}
	to.RawQuery = query.Encode()
	return to.String()
}
