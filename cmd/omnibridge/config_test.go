package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update-readme", false, "rewrite the README's configuration table")

// clearSettings takes our variables out of the environment for one test.
func clearSettings(t *testing.T) {
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, prefix+"_") {
			t.Setenv(name, "") // restores it afterwards
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func set(t *testing.T, vars map[string]string) {
	clearSettings(t)
	for name, value := range vars {
		t.Setenv(prefix+"_"+name, value)
	}
}

func TestConfigDefaults(t *testing.T) {
	set(t, map[string]string{"ORG_URL": "https://acme.my.salesforce.com", "CLIENT_ID": "id", "CLIENT_SECRET": "s3cret"})
	c, err := loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	if c.Data != "omnibridge.db" || c.Listen != "127.0.0.1:8080" || c.LogLevel != slog.LevelInfo || c.SweepEvery != 5*time.Minute || c.ClientSecret.Reveal() != "s3cret" {
		t.Errorf("unexpected: %+v", c)
	}
	if s := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(s, "s3cret") {
		t.Error("a printed configuration shows the secret")
	}
}

func TestConfigTakesTheLeast(t *testing.T) {
	set(t, map[string]string{"ORG_URL": "https://acme.my.salesforce.com", "CLIENT_ID": "id", "CLIENT_SECRET": "s3cret", "SWEEP_EVERY": "1s", "CONCURRENCY": "1", "CANARY_AFTER": "0"})
	if _, err := loadConfig(); err != nil {
		t.Error(err)
	}
}

func TestConfigTellsEveryFaultAtOnce(t *testing.T) {
	set(t, map[string]string{
		"ORG_URL": "http://acme.my.salesforce.com", "JWT_KEY": "no key", "LOG_FORMAT": "xml", "LISTEN": "8080", "DRAIN": "-1s", "CONCURRENCY": "26", "SWEEP_EVERY": "999ms",
	})
	_, err := loadConfig()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		"OMNIBRIDGE_ORG_URL is", "plain http is refused except on loopback: use https", "OMNIBRIDGE_CLIENT_ID is not set",
		"OMNIBRIDGE_JWT_KEY cannot be used", "OMNIBRIDGE_USERNAME is not set", "OMNIBRIDGE_LOG_FORMAT is \"xml\"", "OMNIBRIDGE_LISTEN is \"8080\"",
		"OMNIBRIDGE_DRAIN is -1s", "OMNIBRIDGE_CONCURRENCY is 26", "OMNIBRIDGE_SWEEP_EVERY is 999ms: must be at least 1s",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "no key") {
		t.Error("the error shows a secret")
	}
}

// TestConfigNamesTheVariable holds that what a part of the program would refuse later, in
// words of its own, is refused with the rest and by the variable's name; and that no
// secret in an address is shown.
func TestConfigNamesTheVariable(t *testing.T) {
	set(t, map[string]string{
		"ORG_URL": "https://ada:hunter2@acme.my.salesforce.com", "CLIENT_ID": "x", "CLIENT_SECRET": "y", "API_VERSION": "v62", "CALLS_TOKEN": "short",
		"PUBLIC_URL": "https://pad.acme.com", "PAD_CLIENT_ID": "z", "PAD_ICE": `[{"urls":["https://turn.acme.com"],"credential":"hunter2"}]`,
	})
	_, err := loadConfig()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		"OMNIBRIDGE_ORG_URL is", "OMNIBRIDGE_API_VERSION is \"v62\": must be as 62.0", "OMNIBRIDGE_CALLS_TOKEN has 5 bytes: must be at least 16",
		"OMNIBRIDGE_PAD_ICE is not WebRTC's list of servers: none of stun:, stuns:, turn:, turns: begins an address of server 1",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error shows a secret:\n%v", err)
	}
}

func TestConfigRefusesWhatItCannotRead(t *testing.T) {
	set(t, map[string]string{"DRAIN": "soon", "LOG_LEVEL": "LOUD", "ORG_ULR": "https://x", "COLOUR": "blue"})
	_, err := loadConfig()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		"OMNIBRIDGE_DRAIN=soon", "OMNIBRIDGE_LOG_LEVEL=LOUD", "OMNIBRIDGE_ORG_ULR is not a setting: did you mean OMNIBRIDGE_ORG_URL?", "OMNIBRIDGE_COLOUR is not a setting: unset it",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
}

// TestConfigLetsKubernetesBe holds that what Kubernetes tells of a Service of our name does
// not keep us from starting, and that a setting of nearly such a name is still refused.
func TestConfigLetsKubernetesBe(t *testing.T) {
	for _, kv := range []string{
		"OMNIBRIDGE_SERVICE_HOST=10.0.0.9", "OMNIBRIDGE_SERVICE_PORT=8080", "OMNIBRIDGE_SERVICE_PORT_HTTP=8080", "OMNIBRIDGE_PORT=tcp://10.0.0.9:8080",
		"OMNIBRIDGE_PORT_8080_TCP=tcp://10.0.0.9:8080", "OMNIBRIDGE_PORT_8080_TCP_ADDR=10.0.0.9", "OMNIBRIDGE_PAD_SERVICE_HOST=10.0.0.8", "OMNIBRIDGE_PAD_PORT_443_TCP_PROTO=tcp",
	} {
		if errs := unknownNames([]string{kv}); len(errs) > 0 {
			t.Error(errs)
		}
	}
	for _, kv := range []string{"OMNIBRIDGE_PORT=8080", "OMNIBRIDGE_SERVICE=x", "OMNIBRIDGE_PORT_NUMBER=8080", "OMNIBRIDGE_SERVICE_HOSTS=x"} {
		if errs := unknownNames([]string{kv}); len(errs) != 1 {
			t.Errorf("%s is taken for what Kubernetes tells", kv)
		}
	}
}

func TestSecretsFromFiles(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key.pem")
	pemBytes := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	if err := os.WriteFile(file, pemBytes, 0o600); err != nil {
		t.Fatal(err)
	}
	base := map[string]string{"ORG_URL": "https://acme.my.salesforce.com", "CLIENT_ID": "id", "USERNAME": "u@acme.example"}
	with := func(name, value string) map[string]string {
		vars := map[string]string{name: value}
		for k, v := range base {
			vars[k] = v
		}
		return vars
	}
	set(t, with("JWT_KEY_FILE", file))
	c, err := loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	if c.JWTKey.Reveal() != strings.TrimSpace(string(pemBytes)) || c.grant() == nil {
		t.Error("the key was not read from the file")
	}
	set(t, with("JWT_KEY_FILE", file+".missing"))
	if _, err := loadConfig(); err == nil || !strings.Contains(err.Error(), "OMNIBRIDGE_JWT_KEY_FILE") {
		t.Errorf("missing file: %v", err)
	}
	vars := with("JWT_KEY_FILE", file)
	vars["JWT_KEY"] = "x"
	set(t, vars)
	if _, err := loadConfig(); err == nil || !strings.Contains(err.Error(), "both set") {
		t.Errorf("both: %v", err)
	}
}

func TestPlainHTTPOnlyOnLoopback(t *testing.T) {
	for url, ok := range map[string]bool{
		"https://acme.my.salesforce.com": true, "http://127.0.0.1:8181": true, "http://localhost:8181": true, "http://[::1]:8181": true,
		"http://10.0.0.1": false, "http://127.0.0.1.example.com": false, "http://acme.my.salesforce.com": false, "ftp://127.0.0.1": false, "acme.my.salesforce.com": false, "https://acme.my.salesforce.com/path": false,
		"https://acme.my.salesforce.com?x=1": false, "https://acme.my.salesforce.com#x": false, "https://ada:pw@acme.my.salesforce.com": false,
	} {
		if err := checkOrgURL(url); (err == nil) != ok {
			t.Errorf("checkOrgURL(%q) = %v, want ok %v", url, err, ok)
		}
	}
}

const tableBegin, tableEnd = "<!-- settings: made from the code, see config_test.go -->\n", "<!-- end of settings -->\n"

// TestReadmeTable keeps the README's table of settings equal to the code.
func TestReadmeTable(t *testing.T) {
	var b strings.Builder
	b.WriteString("\n| Variable | Default | Meaning |\n|---|---|---|\n")
	for f := range reflect.TypeFor[config]().Fields() {
		def, note := f.Tag.Get("default"), ""
		if def != "" {
			def = "`" + def + "`"
		}
		switch need := f.Tag.Get("need"); need {
		case "":
		case "always":
			def = "required"
		default: // "or NAME", "with NAME"
			how, other, _ := strings.Cut(need, " ")
			def = "required " + how + " `" + prefix + "_" + other + "`"
		}
		if f.Tag.Get("secret") != "" {
			note = "; `" + variable(f) + "_FILE` names a file that holds it"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s%s |\n", variable(f), def, f.Tag.Get("desc"), note)
	}
	b.WriteString("\n")
	const file = "../../README.md"
	readme, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(readme), tableBegin)
	old, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok1 || !ok2 {
		t.Fatalf("the README has no %s", tableBegin)
	}
	if old == b.String() {
		return
	}
	if !*update {
		t.Fatal("the README's table of settings is not that of the code: go test ./cmd/omnibridge -run ReadmeTable -update-readme")
	}
	if err := os.WriteFile(file, []byte(before+tableBegin+b.String()+tableEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
