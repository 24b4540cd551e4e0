package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"omnibridge/salesforce"
	"omnibridge/salesforce/mockorg"
	"omnibridge/salesforce/mockorg/identity"
	deploy "omnibridge/salesforce/package"
)

// The sf CLI itself, deploying the package into the mock org. A command takes
// seconds, so there are few: what a deploy does with components of every kind is
// told by the mock org's own tests.

// cliDeadline bounds one command of the CLI.
const cliDeadline = 5 * time.Minute

// cliOrg is a mock org that the CLI is logged in to, and a copy of the package
// to deploy.
type cliOrg struct {
	*mockorg.Org
	url string
	dir string
	env []string
	key *rsa.PrivateKey // of daemon.crt
}

// serveCLIOrg starts an org and logs the CLI in by JWT, as an admin who has an
// app of their own for that.
func serveCLIOrg(t *testing.T, seed mockorg.Seed) *cliOrg {
	t.Helper()
	_, err := exec.LookPath("node")
	require(t, err == nil, "node")
	requireModule(t, "@salesforce/cli")
	c := &cliOrg{dir: copyPackage(t)}
	own := slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "SF_") || strings.HasPrefix(kv, "SFDX_") })
	c.env = append(own, "HOME="+t.TempDir(), "SF_DISABLE_TELEMETRY=true", "SF_AUTOUPDATE_DISABLE=true", "SF_SKIP_NEW_VERSION_CHECK=true",
		"SF_USE_GENERIC_UNIX_KEYCHAIN=true", "OMNIBRIDGE_PUBLIC_URL=https://pad.acme.example", "OMNIBRIDGE_CONTACT_EMAIL=admin@acme.example")
	c.makeKey(t)
	c.Org, err = mockorg.New(mockorg.Options{Seed: &seed, Apps: []identity.App{{ClientID: "admins-cli", PublicKey: &c.key.PublicKey}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(c.Org)
	t.Cleanup(func() { _ = c.Close(); server.Close() })
	c.url = server.URL
	c.run(t, nil, "org", "login", "jwt", "--client-id", "admins-cli", "--jwt-key-file", "daemon.key", "--username", mockorg.IntegrationUser,
		"--instance-url", c.url, "--set-default")
	return c
}

// makeKey makes daemon.key and daemon.crt, as the README's openssl command does.
func (c *cliOrg) makeKey(t *testing.T) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().AddDate(1, 0, 0)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	c.key = key
	for file, block := range map[string]*pem.Block{
		"daemon.key": {Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)},
		"daemon.crt": {Type: "CERTIFICATE", Bytes: certificate},
	} {
		if err := os.WriteFile(filepath.Join(c.dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// cliReply is what matters of what the CLI prints.
type cliReply struct {
	Status  int
	Message string
	Result  struct {
		Status  string
		Details struct {
			ComponentFailures []struct{ ComponentType, FullName, Problem string }
		}
		Files []struct{ FullName, Type, State, Error string }
	}
}

// try runs one command of the CLI in the package's directory.
func (c *cliOrg) try(t *testing.T, env []string, args ...string) cliReply {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), cliDeadline)
	defer cancel()
	sf := mustAbs(t, filepath.Join(packageChecks, "node_modules", "@salesforce", "cli", "bin", "run.js"))
	cmd := exec.CommandContext(ctx, "node", append(append([]string{sf}, args...), "--json")...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = c.dir, append(c.env[:len(c.env):len(c.env)], env...), 5*time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
		t.Fatalf("sf %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	var reply cliReply
	if err := json.Unmarshal(out, &reply); err != nil {
		t.Fatalf("sf %s printed %s (%v)\n%s", strings.Join(args, " "), out, err, stderr.String())
	}
	return reply
}

// run is try for commands that must succeed.
func (c *cliOrg) run(t *testing.T, env []string, args ...string) cliReply {
	t.Helper()
	reply := c.try(t, env, args...)
	if reply.Status != 0 {
		t.Fatalf("sf %s: status %d: %s %+v", strings.Join(args, " "), reply.Status, reply.Message, reply.Result)
	}
	return reply
}

// TestPackageDeploys deploys the whole package as the README says, then does
// what the org should now allow: a case routed by what was deployed, and a login
// of the daemon by the app that was deployed.
func TestPackageDeploys(t *testing.T) {
	seed := mockorg.DefaultSeed()
	seed.Channels, seed.Statuses = seed.Channels[:2], seed.Statuses[1:2] // an org that routes no cases and leads yet
	c := serveCLIOrg(t, seed)
	c.AllowSecretAccess(true)

	dirs := []string{"project", "deploy", "start"}
	var want []string
	for name, list := range components {
		dirs, want = append(dirs, "--source-dir", name), append(want, list...)
	}
	var got []string
	for _, f := range c.run(t, nil, dirs...).Result.Files {
		got = append(got, f.Type+":"+f.FullName)
		if f.State != "Created" {
			t.Errorf("%s %s is %s, want Created", f.Type, f.FullName, f.State)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	got = slices.Compact(got) // a bundle is named once for each of its files
	if !slices.Equal(got, want) {
		t.Errorf("deployed\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if text := string(c.Deployed("ExtlClntAppGlobalOauthSettings", "Omnibridge_Login")["extlClntAppGlobalOauthSets/Omnibridge_Login.ecaGlblOauth"]); !strings.Contains(text, "<callbackUrl>https://pad.acme.example/pad/callback<") {
		t.Errorf("the address was not replaced:\n%s", text)
	}
	for file, deployed := range map[string]map[string][]byte{
		"aura/OmnibridgePanel/OmnibridgePanel.cmp":   c.Deployed("AuraDefinitionBundle", "OmnibridgePanel"),
		"cspTrustedSites/Omnibridge.cspTrustedSite":  c.Deployed("CspTrustedSite", "Omnibridge"),
		"flexipages/Omnibridge_UtilityBar.flexipage": c.Deployed("FlexiPage", "Omnibridge_UtilityBar"),
	} {
		if text := string(deployed[file]); !strings.Contains(text, "https://pad.acme.example") || strings.Contains(text, "omnibridge.example.com") {
			t.Errorf("%s: the address was not replaced:\n%s", file, text)
		}
	}
	c.routes(t)
	c.logsIn(t)
	c.serves(t)
}

// serves holds that the console of the org runs the bridge that was deployed.
func (c *cliOrg) serves(t *testing.T) {
	t.Helper()
	answer, err := http.Get(c.url + "/lightning/resource/OmnibridgeBridge.js")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil || !bytes.Equal(got, deploy.Bridge) {
		t.Errorf("the console runs %d bytes (status %d, %v), not the %d of the package", len(got), answer.StatusCode, err, len(deploy.Bridge))
	}
}

// routes holds that a case in the deployed queue is for external routing.
func (c *cliOrg) routes(t *testing.T) {
	t.Helper()
	if _, err := c.AddWork(mockorg.NewWork{Object: "Case", Queue: "Omnibridge_Cases"}); err != nil {
		t.Fatalf("a case in the deployed queue: %v", err)
	}
	psrs := c.Records("PendingServiceRouting")
	if len(psrs) != 1 || psrs[0]["RoutingModel"] != "ExternalRouting" || psrs[0]["RoutingPriority"] != int64(1) {
		t.Errorf("the case made %v, want one PSR for external routing with priority 1", psrs)
	}
}

// logsIn reads the key of the daemon's app back, as the README says, and logs in
// with it: refused while nobody assigned the permission set, then admitted.
func (c *cliOrg) logsIn(t *testing.T) {
	t.Helper()
	c.run(t, nil, "project", "retrieve", "start", "--metadata", "ExtlClntAppGlobalOauthSettings:Omnibridge_Daemon", "--target-metadata-dir", "retrieved", "--unzip")
	matches, err := filepath.Glob(filepath.Join(c.dir, "retrieved", "*", "*", "extlClntAppGlobalOauthSets", "Omnibridge_Daemon.ecaGlblOauth"))
	if err != nil || len(matches) != 1 {
		t.Fatalf("retrieved %q, %v; want one file", matches, err)
	}
	text, err := os.ReadFile(matches[0])
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`<consumerKey>([^<]+)</consumerKey>`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("the retrieved settings hold no consumer key:\n%s", text)
	}
	login := func() error {
		tokens, err := salesforce.NewTokenSource(salesforce.TokenOptions{LoginURL: c.url,
			Grant: salesforce.JWTBearer{ClientID: string(found[1]), Username: mockorg.IntegrationUser, Key: c.key}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = tokens.Token(t.Context())
		return err
	}
	if err := login(); err == nil || !strings.Contains(err.Error(), "approved") {
		t.Errorf("login before the permission set was assigned: %v, want that the user has not approved", err)
	}
	c.run(t, nil, "org", "assign", "permset", "--name", "Omnibridge_Integration", "--name", "Omnibridge_Work_Case",
		"--on-behalf-of", mockorg.IntegrationUser)
	if err := login(); err != nil {
		t.Errorf("login of the daemon: %v", err)
	}
}

// TestPackageRefused deploys a bad package, by REST: the CLI tells each failure,
// and the org stays as it was. An org with channels of its own refuses the sample.
func TestPackageRefused(t *testing.T) {
	c := serveCLIOrg(t, mockorg.DefaultSeed())
	file := filepath.Join(c.dir, filepath.FromSlash(anAccess))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.Replace(text, []byte(">PushTopic<"), []byte(">AgentWork<"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	reply := c.try(t, []string{"SF_ORG_METADATA_REST_DEPLOY=true"}, "project", "deploy", "start", "--source-dir", "access", "--source-dir", "sample")
	if reply.Status == 0 || reply.Result.Status != "Failed" {
		t.Fatalf("status %d, %s; want a failed deploy", reply.Status, reply.Result.Status)
	}
	problems := map[string]string{}
	for _, f := range reply.Result.Details.ComponentFailures {
		problems[f.ComponentType+":"+f.FullName] = f.Problem
	}
	for name, want := range map[string]string{
		"PermissionSet:Omnibridge_Integration":             "no CustomObject named AgentWork",
		"ExtlClntAppGlobalOauthSettings:Omnibridge_Daemon": "allows access to OAuth consumer secrets",
		"ServiceChannel:Omnibridge_Case":                   "RelatedEntity duplicates value",
	} {
		if !strings.Contains(problems[name], want) {
			t.Errorf("%s: %q, want %q", name, problems[name], want)
		}
	}
	for _, row := range c.Records("Group") {
		if row["DeveloperName"] == "Omnibridge_Cases" {
			t.Error("a failed deploy left a queue behind")
		}
	}
	if c.Deployed("PermissionSet", "Omnibridge_Agent") != nil {
		t.Error("a failed deploy left a permission set behind")
	}
}
