package salesforce

import (
	"crypto/tls"
	"errors"
	"net"
)

// UnreachableError says that no connection to a host of Salesforce came about. It
// certainly changed nothing.
type UnreachableError struct {
	Host string // of the instance
	Err  error  // what the network said
}

// Error implements error.
func (e *UnreachableError) Error() string {
	return "cannot reach " + e.Host + ": " + e.Err.Error() + " (" + e.Advice() + ")"
}

// Unwrap returns what the network said.
func (e *UnreachableError) Unwrap() error { return e.Err }

// Advice says what a person can check.
func (e *UnreachableError) Advice() string { return unreachable(e.Err) }

// unreachable says what to check where a host cannot be reached.
func unreachable(err error) string {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "this name has no address here: check its spelling and this machine's DNS"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the host's certificate is not trusted here: if a proxy opens TLS, its authority must be among those that this machine trusts"
	}
	return "check the address, that the firewall lets this machine connect to it, and HTTPS_PROXY if a proxy is in between"
}
