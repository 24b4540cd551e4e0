package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/kelseyhightower/envconfig"

	"omnibridge/salesforce"
)

// prefix starts the name of every environment variable that is ours.
const prefix = "OMNIBRIDGE"

// config is what `omnibridge run` reads from the environment. The README's table
// is made from it: desc says what a variable means and in which unit.
type config struct {
	OrgURL         string            `envconfig:"ORG_URL" desc:"My Domain address of the org, as https://acme.my.salesforce.com; plain http only on loopback" need:"always"`
	ClientID       string            `envconfig:"CLIENT_ID" desc:"consumer key of the External Client App" need:"always"`
	ClientSecret   salesforce.Secret `envconfig:"CLIENT_SECRET" desc:"its secret, for the client-credentials flow" need:"or JWT_KEY" secret:"yes"`
	JWTKey         salesforce.Secret `envconfig:"JWT_KEY" desc:"private RSA key (PEM) for the JWT bearer flow" need:"or CLIENT_SECRET" secret:"yes"`
	Username       string            `envconfig:"USERNAME" desc:"username of the integration user, for the JWT bearer flow" need:"with JWT_KEY"`
	JWTAudience    string            `envconfig:"JWT_AUDIENCE" desc:"audience of the JWT; empty means ORG_URL"`
	APIVersion     string            `envconfig:"API_VERSION" default:"62.0" desc:"Salesforce API version"`
	Events         string            `envconfig:"EVENTS" default:"pushtopic" desc:"where the org's events come from: pushtopic, or cdc (Change Data Capture; the admin deploys salesforce/package/cdc first)"`
	Data           string            `envconfig:"DATA" default:"omnibridge.db" desc:"file of the durable state"`
	Listen         string            `envconfig:"LISTEN" default:"127.0.0.1:8080" desc:"address of the status page, /healthz and /readyz"`
	PublicURL      string            `envconfig:"PUBLIC_URL" desc:"where agents' browsers reach the daemon, as https://pad.acme.com; turns ContactPad on; plain http only on loopback"`
	PadClientID    string            `envconfig:"PAD_CLIENT_ID" desc:"consumer key of the External Client App by which people log in to ContactPad" need:"with PUBLIC_URL"`
	PadSecret      salesforce.Secret `envconfig:"PAD_CLIENT_SECRET" desc:"its secret; none if the app needs none" secret:"yes"`
	PadConsoles    []string          `envconfig:"PAD_CONSOLES" desc:"origins of the org's pages that may frame ContactPad, with commas between; empty means those that belong to ORG_URL"`
	PadICE         salesforce.Secret `envconfig:"PAD_ICE" desc:"STUN and TURN servers for calls between agents, as WebRTC's JSON list [{\"urls\":[\"turn:...\"],\"username\":\"...\",\"credential\":\"...\"}]" secret:"yes"`
	CallsToken     salesforce.Secret `envconfig:"CALLS_TOKEN" desc:"bearer token of the Interactions API, 16 bytes or more; turns it on at /interactions/" secret:"yes"`
	RoutingFile    string            `envconfig:"ROUTING_FILE" desc:"JSON file of plans, skills, sizes and deadlines; without it every queue is a plan of its own"`
	LogLevel       slog.Level        `envconfig:"LOG_LEVEL" default:"INFO" desc:"DEBUG, INFO, WARN or ERROR"`
	LogFormat      string            `envconfig:"LOG_FORMAT" default:"auto" desc:"text, json, or auto: text on a terminal"`
	SweepEvery     time.Duration     `envconfig:"SWEEP_EVERY" default:"5m" desc:"how often the whole org is read and compared while the stream is up; 1s or more"`
	CanaryAfter    time.Duration     `envconfig:"CANARY_AFTER" default:"5m" desc:"how long no event may come until one is sent, to prove that events still come; it must arrive within 30s, or within this time if it is less; 0 sends none"`
	PresenceGrace  time.Duration     `envconfig:"PRESENCE_GRACE" default:"3s" desc:"how long a closed presence is not yet taken for a logout"`
	CallTimeout    time.Duration     `envconfig:"CALL_TIMEOUT" default:"30s" desc:"how long one call of the org's REST API may take"`
	Concurrency    int               `envconfig:"CONCURRENCY" default:"10" desc:"most REST calls at the same time"`
	Drain          time.Duration     `envconfig:"DRAIN" default:"10s" desc:"how long a clean end waits for what is under way"`
	JournalRetains time.Duration     `envconfig:"JOURNAL_RETAINS" default:"720h" desc:"how long the journal keeps entries"`
}

// loadConfig reads and checks the environment. All faults are in the one error.
func loadConfig() (config, error) {
	var c config
	errs := readFields(&c, prefix)
	errs = append(errs, unknownNames(os.Environ())...)
	if len(errs) == 0 {
		errs = append(errs, c.check()...)
	}
	if len(errs) > 0 {
		return config{}, fmt.Errorf("configuration:\n%w", errors.Join(errs...))
	}
	return c, nil
}

// defaults returns a configuration of which only the defaults are set.
func defaults() config {
	var c config
	if errs := readFields(&c, prefix+"_DEFAULTS"); len(errs) > 0 {
		panic(errors.Join(errs...)) // a default that does not read is a fault of this file
	}
	return c
}

// readFields reads each field of c by envconfig on its own, so that one fault
// does not hide the next. A secret may be named by a file instead.
func readFields(c *config, prefix string) []error {
	var errs []error
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name := prefix + "_" + f.Tag.Get("envconfig")
		if file := os.Getenv(name + "_FILE"); f.Tag.Get("secret") != "" && file != "" {
			secret, err := readSecret(name, file, os.Getenv(name) != "")
			if err != nil {
				errs = append(errs, err)
				continue
			}
			v.Field(i).SetString(secret)
			continue
		}
		one := reflect.New(reflect.StructOf([]reflect.StructField{f}))
		if err := envconfig.Process(prefix, one.Interface()); err != nil {
			errs = append(errs, fieldFault(name, os.Getenv(name), f, err))
			continue
		}
		v.Field(i).Set(one.Elem().Field(0))
	}
	return errs
}

// readSecret reads a secret from a file; a final newline is not part of it.
func readSecret(name, file string, both bool) (string, error) {
	if both {
		return "", fmt.Errorf("  %s and %s_FILE are both set: unset one", name, name)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("  %s_FILE: %w", name, err)
	}
	secret := strings.TrimRight(string(b), "\r\n")
	if secret == "" {
		return "", fmt.Errorf("  %s_FILE: %s is empty", name, file)
	}
	return secret, nil
}

// fieldFault says which value of which variable is wrong and what it should be.
func fieldFault(name, value string, f reflect.StructField, err error) error {
	if f.Tag.Get("secret") != "" {
		value = "(not shown)"
	}
	if parse, ok := errors.AsType[*envconfig.ParseError](err); ok {
		err = parse.Err
	}
	return fmt.Errorf("  %s=%s: %s: %w", name, value, f.Tag.Get("desc"), err)
}

// variable returns the full name of a field's variable.
func variable(f reflect.StructField) string { return prefix + "_" + f.Tag.Get("envconfig") }

// knownNames lists every variable that may be set.
func knownNames() []string {
	var names []string
	for f := range reflect.TypeFor[config]().Fields() {
		names = append(names, variable(f))
		if f.Tag.Get("secret") != "" {
			names = append(names, variable(f)+"_FILE")
		}
	}
	return names
}

// injected is what Kubernetes puts into the environment of every container beside a
// Service that is called omnibridge, or omnibridge-something.
var injected = regexp.MustCompile(`^` + prefix + `(_.+)?_(SERVICE_(HOST|PORT(_.+)?)=|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?=|=[a-z]+://))`)

// unknownNames refuses variables that start with our prefix and are not ours: a
// misspelt name would otherwise be silence.
func unknownNames(environ []string) []error {
	known := knownNames()
	var errs []error
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, prefix+"_") || slices.Contains(known, name) || injected.MatchString(kv) {
			continue
		}
		if near := nearest(name, known); near != "" {
			errs = append(errs, fmt.Errorf("  %s is not a setting: did you mean %s?", name, near))
		} else {
			errs = append(errs, fmt.Errorf("  %s is not a setting: unset it (the README lists all)", name))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errs
}

// nearest returns the known name that differs least, if it differs little.
func nearest(name string, known []string) string {
	best, least := "", 4
	for _, k := range known {
		if d := distance(name, k); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is the number of characters to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// check reports every fault of values that read well.
func (c config) check() []error {
	var errs []error
	wrong := func(name, format string, args ...any) {
		errs = append(errs, fmt.Errorf("  %s_%s %s", prefix, name, fmt.Sprintf(format, args...)))
	}
	if c.OrgURL == "" {
		wrong("ORG_URL", "is not set: give the org's My Domain address, as https://acme.my.salesforce.com")
	} else if err := checkOrgURL(c.OrgURL); err != nil {
		wrong("ORG_URL", "is %q: %v", withoutPassword(c.OrgURL), err)
	}
	if !apiVersion.MatchString(c.APIVersion) {
		wrong("API_VERSION", "is %q: must be as 62.0", c.APIVersion)
	}
	if n := len(c.CallsToken); n > 0 && n < minCallsToken {
		wrong("CALLS_TOKEN", "has %d bytes: must be at least %d, or it can be guessed", n, minCallsToken)
	}
	if c.ClientID == "" {
		wrong("CLIENT_ID", "is not set: give the consumer key of the External Client App")
	}
	switch {
	case c.ClientSecret == "" && c.JWTKey == "":
		wrong("JWT_KEY", "is not set, and neither is %s_CLIENT_SECRET: set one of them, or the same name with _FILE", prefix)
	case c.ClientSecret != "" && c.JWTKey != "":
		wrong("JWT_KEY", "and %s_CLIENT_SECRET are both set: unset the one that is not used", prefix)
	case c.JWTKey != "":
		if _, err := salesforce.ParseKey([]byte(c.JWTKey.Reveal())); err != nil {
			wrong("JWT_KEY", "cannot be used: %v", err)
		}
		if c.Username == "" {
			wrong("USERNAME", "is not set: the JWT bearer flow needs the username of the integration user")
		}
	}
	if !slices.Contains([]string{"auto", "text", "json"}, c.LogFormat) {
		wrong("LOG_FORMAT", "is %q: must be auto, text or json", c.LogFormat)
	}
	if !slices.Contains([]string{"pushtopic", "cdc"}, c.Events) {
		wrong("EVENTS", "is %q: must be pushtopic or cdc", c.Events)
	}
	if c.Data == "" {
		wrong("DATA", "is empty: name a file for the durable state")
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		wrong("LISTEN", "is %q: must be host:port, as 127.0.0.1:8080", c.Listen)
	}
	errs = append(errs, c.checkPad()...)
	if c.SweepEvery < minSweepEvery {
		wrong("SWEEP_EVERY", "is %v: must be at least %v, or reading the org would take its API calls and the daemon's time", c.SweepEvery, minSweepEvery)
	}
	for name, d := range map[string]time.Duration{"PRESENCE_GRACE": c.PresenceGrace, "CALL_TIMEOUT": c.CallTimeout, "DRAIN": c.Drain, "JOURNAL_RETAINS": c.JournalRetains} {
		if d <= 0 {
			wrong(name, "is %v: must be more than zero", d)
		}
	}
	if c.CanaryAfter < 0 {
		wrong("CANARY_AFTER", "is %v: must be zero or more", c.CanaryAfter)
	}
	if c.Concurrency < 1 || c.Concurrency > 25 {
		wrong("CONCURRENCY", "is %d: must be 1 to 25", c.Concurrency)
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errs
}

// apiVersion is how Salesforce writes the versions of its API.
var apiVersion = regexp.MustCompile(`^[1-9][0-9]{1,2}\.0$`)

// minSweepEvery is how often at most the whole org is read when nothing calls for it. In
// production it is minutes; a second is for trying out.
const minSweepEvery = time.Second

// minCallsToken is the least length of the token that the Interactions API takes.
const minCallsToken = 16

// withoutPassword returns an address as it may be shown.
func withoutPassword(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Redacted()
	}
	return address
}

// checkOrgURL refuses what would send tokens in the clear.
func checkOrgURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return err
	case u.Host == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return errors.New("must be https:// and a host and nothing more, as https://acme.my.salesforce.com")
	case u.Scheme == "https":
		return nil
	case u.Scheme != "http":
		return errors.New("must start with https://")
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback()) {
		return nil
	}
	return errors.New("plain http is refused except on loopback: use https")
}
