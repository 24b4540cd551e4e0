package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"

	"omnibridge/salesforce/mockorg"
	"omnibridge/salesforce/mockorg/identity"
	deploy "omnibridge/salesforce/package"
)

// mockAccess is what a script needs to use the mock org; the first line of
// `omnibridge mock-org --json`.
type mockAccess struct {
	URL          string `json:"url"`
	Username     string `json:"username"`
	Password     string `json:"password"` // of SOAP login
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	JWTKeyFile   string `json:"jwt_key_file"`
	// LoginID and LoginSecret are of the app by which people log in.
	LoginID     string `json:"login_client_id"`
	LoginSecret string `json:"login_client_secret"`
}

// mock is a mock org that listens.
type mock struct {
	org    *mockorg.Org
	access mockAccess
	key    []byte // PEM
	served chan error
}

// startOrg serves a new mock org that has the options and the one app.
func startOrg(l net.Listener, options mockorg.Options) (*mock, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make a key for JWT logins: %w", err)
	}
	options.BaseURL = "http://" + l.Addr().String()
	options.Console.Bridge = deploy.Bridge
	options.Apps = []identity.App{{ClientID: mockorg.DefaultClientID, Secret: mockorg.DefaultClientSecret, PublicKey: &key.PublicKey, RunAs: mockorg.IntegrationUser}}
	org, err := mockorg.New(options)
	if err != nil {
		return nil, err
	}
	m := &mock{org: org, served: make(chan error, 1), key: pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})}
	m.access = mockAccess{
		URL: org.URL(), Username: mockorg.IntegrationUser, Password: mockorg.DefaultPassword,
		ClientID: mockorg.DefaultClientID, ClientSecret: mockorg.DefaultClientSecret,
		LoginID: mockorg.DefaultLoginID, LoginSecret: mockorg.DefaultLoginSecret,
	}
	go func() { m.served <- org.Serve(l) }()
	return m, nil
}

// close ends the org and waits until it no longer serves.
func (m *mock) close() error {
	return errors.Join(m.org.Close(), <-m.served)
}

// mockOrg serves the mock org alone.
func mockOrg(ctx context.Context, args []string, std streams) (err error) {
	fs := newFlags("mock-org", `Serves a mock Salesforce org: OAuth and SOAP logins, REST, CometD streaming and
Omni-Channel. What agents and customers do is told on its control plane,
/mock/v1/, a page of which in a browser lists what there is to call and to set,
faults and limits among it. It is for loopback: whoever reaches it may do
everything.`, std)
	listen := fs.String("listen", "127.0.0.1:8181", "`address` to serve on; port 0 takes a free one")
	asJSON := fs.Bool("json", false, "print how to log in as one JSON object on the first line of stdout")
	keyFile := fs.String("jwt-key-file", "", "write the private key for JWT logins to this `file` (default: a temporary one)")
	state := fs.String("state", "", "go on with the org saved in this `file`, if it exists, and save it there at the end")
	edition := fs.String("edition", "", "limits as those of this `edition`: "+strings.Join(mockorg.Editions(), ", ")+" (default: enterprise, with a developer's 15,000 calls a day)")
	faultSeed := fs.Uint64("fault-seed", 0, "`number` that the chances of faults are drawn from")
	pad := fs.String("contactpad", "", "`address` of the page that the console's ContactPad item frames, as http://localhost:8080/pad/")
	level := fs.String("log-level", "INFO", "DEBUG, INFO, WARN or ERROR")
	if err := parseFlags(fs, args); err != nil {
		return err
	}
	options, err := mockOptions(std, *level, *edition)
	if err != nil {
		return err
	}
	options.FaultSeed, options.Console.ContactPadURL = *faultSeed, *pad
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return fmt.Errorf("--listen: %w: use another port, or 0 for a free one", err)
	}
	m, err := startOrg(l, options)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	keep := func() error { return nil } // until the file turned out to be one of ours
	defer func() { err = errors.Join(err, m.close(), keep()) }()
	if *state != "" {
		if err := m.load(*state, options.Limits); err != nil {
			return err
		}
		keep = func() error { return m.save(*state) }
	}
	remove, err := m.writeKey(*keyFile)
	if err != nil {
		return err
	}
	defer remove()
	if *asJSON {
		if err := json.NewEncoder(std.out).Encode(m.access); err != nil {
			return err
		}
	} else {
		m.print(std)
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-m.served:
		m.served <- nil
		return err
	}
}

// mockOptions turns flags into options of the org.
func mockOptions(std streams, level, edition string) (options mockorg.Options, err error) {
	var lvl slog.Level
	if err := lvl.UnmarshalText([]byte(level)); err != nil {
		return options, &usageError{fmt.Sprintf("mock-org: --log-level %s: use DEBUG, INFO, WARN or ERROR", level)}
	}
	options.Log = newLogger(std.err, lvl, "auto").With("component", "mock-org")
	if edition != "" {
		limits, err := mockorg.EditionLimits(edition)
		if err != nil {
			return options, &usageError{fmt.Sprintf("mock-org: --edition: %v", err)}
		}
		options.Limits = &limits
	}
	return options, nil
}

// load makes the org the one that a file holds, or makes the file. Limits that were
// asked for are not the file's.
func (m *mock) load(file string, limits *mockorg.Limits) error {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return m.save(file) // what could not be kept at the end is better known now
	}
	if err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	state, err := mockorg.ReadState(text)
	if err != nil {
		return fmt.Errorf("--state: %s: %w", file, err)
	}
	if limits != nil {
		state.Limits = limits
	}
	if err := m.org.SetState(state); err != nil {
		return fmt.Errorf("--state: %s: %w", file, err)
	}
	return nil
}

// save writes the org to a file, whole or not at all. Only its owner may read it,
// as it may hold what customers wrote.
func (m *mock) save(file string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("--state: save %s: %w", file, err)
		}
	}()
	text, err := json.MarshalIndent(m.org.State(), "", "  ")
	if err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	_, err = part.Write(append(text, '\n'))
	if err = errors.Join(err, part.Sync(), part.Close()); err == nil {
		err = os.Rename(part.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part.Name()))
	}
	return nil
}

// writeKey writes the key for JWT logins; remove takes a temporary one away.
func (m *mock) writeKey(file string) (remove func(), err error) {
	remove = func() {}
	if file == "" {
		dir, err := os.MkdirTemp("", "omnibridge-mock-*")
		if err != nil {
			return remove, err
		}
		remove = func() { _ = os.RemoveAll(dir) } // the system clears it in the end
		file = filepath.Join(dir, "jwt.pem")
	}
	if err := os.WriteFile(file, m.key, 0o600); err != nil {
		return remove, fmt.Errorf("--jwt-key-file: %w", err)
	}
	m.access.JWTKeyFile = file
	return remove, nil
}

// print tells a person how to use the org.
func (m *mock) print(std streams) {
	a := m.access
	fmt.Fprintf(std.out, `Mock org at %s

  SOAP login          %s / %s
  client credentials  %s / %s
  JWT key             %s (client id as above)
  control plane       %s/mock/v1/

Connect the daemon to it:

  OMNIBRIDGE_ORG_URL=%s OMNIBRIDGE_CLIENT_ID=%s OMNIBRIDGE_CLIENT_SECRET=%s omnibridge run

`, a.URL, a.Username, a.Password, a.ClientID, a.ClientSecret, a.JWTKeyFile, a.URL, a.URL, a.ClientID, a.ClientSecret)
}
