package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"omnibridge/salesforce"
)

// What an admin deploys (salesforce/package), checked by Salesforce's own tools:
// the published types of the Metadata API, the converter of the CLI, and the CLI
// itself against the mock org (salesforce-package 2 and 3).

var (
	packageDir    = filepath.Join("..", "..", "salesforce", "package")
	packageChecks = filepath.Join("..", "..", "testdata", "package-checks")
)

// nodeDeadline bounds one run of a check.
const nodeDeadline = 5 * time.Minute

// runNode runs a script of testdata/package-checks and returns what it prints.
func runNode(t *testing.T, script string, args ...string) []byte {
	t.Helper()
	node, err := exec.LookPath("node")
	require(t, err == nil, "node")
	requireModule(t, "@salesforce/types")
	ctx, cancel := context.WithTimeout(t.Context(), nodeDeadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, append([]string{script}, args...)...)
	cmd.Dir = packageChecks
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node %s: %v\n%s", script, err, stderr.String())
	}
	return out
}

// runCheck is runNode for scripts that print JSON.
func runCheck(t *testing.T, into any, script string, args ...string) {
	t.Helper()
	out := runNode(t, script, args...)
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatalf("node %s printed %s: %v", script, out, err)
	}
}

// requireModule demands an installed npm module.
func requireModule(t *testing.T, module string) {
	t.Helper()
	_, err := os.Stat(filepath.Join(packageChecks, "node_modules", filepath.FromSlash(module)))
	require(t, err == nil, "npm module "+module+" (run npm ci in testdata/package-checks)")
}

// components is the package as the README tells it: an admin deploys one
// directory, or several, and gets just this.
var components = map[string][]string{
	"access": {
		"CustomPermission:Omnibridge_Supervisor",
		"ExternalClientApplication:Omnibridge_Daemon",
		"ExternalClientApplication:Omnibridge_Login",
		"ExtlClntAppConfigurablePolicies:Omnibridge_Daemon_defaultPolicy",
		"ExtlClntAppConfigurablePolicies:Omnibridge_Login_defaultPolicy",
		"ExtlClntAppGlobalOauthSettings:Omnibridge_Daemon",
		"ExtlClntAppGlobalOauthSettings:Omnibridge_Login",
		"ExtlClntAppOauthConfigurablePolicies:Omnibridge_Daemon_defaultPolicy",
		"ExtlClntAppOauthConfigurablePolicies:Omnibridge_Login_defaultPolicy",
		"ExtlClntAppOauthSettings:Omnibridge_Daemon",
		"ExtlClntAppOauthSettings:Omnibridge_Login",
		"PermissionSet:Omnibridge_Agent",
		"PermissionSet:Omnibridge_Integration",
		"PermissionSet:Omnibridge_Supervisor",
	},
	"work": {
		"PermissionSet:Omnibridge_Work_Case",
		"PermissionSet:Omnibridge_Work_Lead",
		"PermissionSet:Omnibridge_Work_MessagingSession",
	},
	"contactpad": {
		"AuraDefinitionBundle:OmnibridgePanel",
		"CspTrustedSite:Omnibridge",
		"StaticResource:OmnibridgeBridge",
	},
	"console": {
		"CustomApplication:Omnibridge_Console",
		"FlexiPage:Omnibridge_UtilityBar",
		"PermissionSet:Omnibridge_Console_User",
	},
	"voice": {
		"Settings:Security",
	},
	"cdc": {
		"PermissionSet:Omnibridge_Integration_CDC",
		"PlatformEventChannel:ExternalRoutingChannel__chn",
		"PlatformEventChannelMember:ExternalRoutingChannel_chn_AgentWorkChangeEvent",
		"PlatformEventChannelMember:ExternalRoutingChannel_chn_PendingServiceRoutingChangeEvent",
		"PlatformEventChannelMember:ExternalRoutingChannel_chn_UserServicePresenceChangeEvent",
	},
	"sample": {
		"PermissionSet:Omnibridge_Sample_Agent",
		"PresenceUserConfig:Omnibridge_Agents",
		"Queue:Omnibridge_Cases",
		"Queue:Omnibridge_Leads",
		"QueueRoutingConfig:Omnibridge_External",
		"ServiceChannel:Omnibridge_Case",
		"ServiceChannel:Omnibridge_Lead",
		"ServicePresenceStatus:Omnibridge_Available",
		"ServicePresenceStatus:Omnibridge_Break",
	},
}

// planted is one mistake made on purpose in a copy of the package.
type planted struct {
	name string
	file string // in salesforce/package
	old  string // what is replaced in it; empty for a file that is added
	new  string
	say  string // what the check has to say
}

// plant copies the package and makes the mistake.
func (p planted) plant(t *testing.T) string {
	t.Helper()
	dir := copyPackage(t)
	file := filepath.Join(dir, filepath.FromSlash(p.file))
	text := []byte(p.new)
	if p.old != "" {
		before, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(before, []byte(p.old)) {
			t.Fatalf("%s: %s does not contain %q", p.name, p.file, p.old)
		}
		text = bytes.Replace(before, []byte(p.old), text, 1)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// copyPackage copies the package into a directory of the test.
func copyPackage(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "package"), os.DirFS(packageDir)); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "package")
}

const (
	aQueue     = "sample/queues/Omnibridge_Cases.queue-meta.xml"
	aRouting   = "sample/queueRoutingConfigs/Omnibridge_External.queueRoutingConfig-meta.xml"
	anAccess   = "access/permissionsets/Omnibridge_Integration.permissionset-meta.xml"
	aChannel   = "cdc/platformEventChannels/ExternalRoutingChannel__chn.platformEventChannel-meta.xml"
	metadataNS = ` xmlns="http://soap.sforce.com/2006/04/metadata"`
)

// TestPackageSchema checks every file of the package against the published
// types, and that the check finds what it is there for.
func TestPackageSchema(t *testing.T) {
	mistakes := []planted{
		{"unclosed tag", aQueue, "</name>", "", "line "},
		{"unknown element", aQueue, "<name>Omnibridge Cases</name>", "<name>Omnibridge Cases</name><colour>red</colour>", "Queue/colour: Queue has no such element"},
		{"element of another type", anAccess, "<object>PushTopic</object>", "<object>PushTopic</object><sobject>Case</sobject>", "PermissionSet/objectPermissions/sobject"},
		{"value outside an enumeration", aRouting, "EXTERNAL_ROUTING", "ExternalRouting", "ExternalRouting is no RoutingModel"},
		{"no boolean", aQueue, "<doesSendEmailToMembers>false", "<doesSendEmailToMembers>no", "no is no boolean"},
		{"no number", aRouting, "<pushTimeout>30", "<pushTimeout>30s", "30s is no number"},
		{"required element left out", aQueue, "<name>Omnibridge Cases</name>", "", "Queue: name is missing"},
		{"single element twice", aChannel, "<channelType>", "<channelType>data</channelType><channelType>", "PlatformEventChannel/channelType: is there twice"},
		{"list in two pieces", anAccess, "<label>", "<objectPermissions><object>Case</object></objectPermissions><label>", "stands apart"},
		{"no namespace", aQueue, metadataNS, "", "Queue: is not in the namespace"},
		{"root element of no type", "access/permissionsets/Other.permissionset-meta.xml", "", "<Permissions" + metadataNS + "/>", "Permissions is no type"},
		{"empty file", "access/permissionsets/Empty.permissionset-meta.xml", "", "", "Start tag expected"},
	}
	dirs := []string{mustAbs(t, packageDir)}
	for _, m := range mistakes {
		dirs = append(dirs, m.plant(t))
	}
	var faults map[string][]string
	runCheck(t, &faults, "schema.mjs", dirs...)
	for _, fault := range faults[dirs[0]] {
		t.Errorf("the package: %s", fault)
	}
	for i, m := range mistakes {
		found := faults[dirs[i+1]]
		if len(found) == 0 || !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, m.say) && strings.Contains(f, filepath.Base(m.file)) }) {
			t.Errorf("%s: the check said %q, want %q", m.name, found, m.say)
		}
	}
}

// TestPackageConverts converts each directory of the package as the CLI does,
// and holds that it is made of the components it should be made of.
func TestPackageConverts(t *testing.T) {
	mistakes := []planted{
		{"unknown suffix", "sample/queues/Other.queu-meta.xml", "", "<Queue" + metadataNS + "/>", "Could not infer a metadata type"},
		{"another type's root element", "sample/queues/Other.queue-meta.xml", "", "<PermissionSet" + metadataNS + "><label>x</label></PermissionSet>", "the root element is not Queue"},
		{"empty file", "sample/queues/Empty.queue-meta.xml", "", "", "the root element is not Queue"},
		{"resource without content", "sample/staticresources/R.resource-meta.xml", "", "<StaticResource" + metadataNS + "><cacheControl>Public</cacheControl><contentType>text/plain</contentType></StaticResource>", "Expected source files"},
	}
	var dirs []string
	for name := range components {
		dirs = append(dirs, filepath.Join(mustAbs(t, packageDir), name))
	}
	for _, m := range mistakes {
		dirs = append(dirs, filepath.Join(m.plant(t), "sample"))
	}
	var results map[string]struct{ Components, Faults []string }
	runCheck(t, &results, "convert.mjs", dirs...)
	for _, dir := range dirs[:len(components)] {
		name, got := filepath.Base(dir), results[dir]
		for _, fault := range got.Faults {
			t.Errorf("%s: %s", name, fault)
		}
		if !slices.Equal(got.Components, components[name]) {
			t.Errorf("%s is made of\n%s\nwant\n%s", name, strings.Join(got.Components, "\n"), strings.Join(components[name], "\n"))
		}
	}
	for i, m := range mistakes {
		got := results[dirs[len(components)+i]]
		if !slices.ContainsFunc(got.Faults, func(f string) bool { return strings.Contains(f, m.say) }) {
			t.Errorf("%s: the converter said %q (and found %d components), want %q", m.name, got.Faults, len(got.Components), m.say)
		}
	}
}

func mustAbs(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// TestMockKnowsPublishedTypes holds the mock org's idea of metadata to what
// Salesforce publishes.
func TestMockKnowsPublishedTypes(t *testing.T) {
	have, err := os.ReadFile(filepath.Join("..", "..", "salesforce", "mockorg", "metadata", "types.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(runNode(t, "table.mjs"), have) {
		t.Error("salesforce/mockorg/metadata/types.txt is not what table.mjs prints: in testdata/package-checks, run node table.mjs > ../../salesforce/mockorg/metadata/types.txt")
	}
}

// TestPackageAgreesWithDaemon holds that the daemon listens to the channel that
// is deployed.
func TestPackageAgreesWithDaemon(t *testing.T) {
	if name := strings.TrimPrefix(salesforce.CaptureChannel, "/data/"); !slices.Contains(components["cdc"], "PlatformEventChannel:"+name) {
		t.Errorf("the daemon listens to %s, which the package does not deploy", name)
	}
}

// TestPackageReadme holds the README's commands to what is there.
func TestPackageReadme(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(packageDir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(packageDir, "sfdx-project.json"))
	if err != nil {
		t.Fatal(err)
	}
	var project struct {
		PackageDirectories []struct{ Path string }
		Replacements       []struct{ StringToReplace, ReplaceWithEnv, ReplaceWithFile string }
	}
	if err := json.Unmarshal(text, &project); err != nil {
		t.Fatal(err)
	}
	if len(project.PackageDirectories) != len(components) {
		t.Errorf("sfdx-project.json has %d package directories, want %d", len(project.PackageDirectories), len(components))
	}
	told := []string{}
	for _, dir := range project.PackageDirectories {
		told = append(told, "`"+dir.Path)
	}
	for _, r := range project.Replacements {
		told = append(told, r.ReplaceWithEnv+r.ReplaceWithFile)
	}
	for _, list := range components {
		for _, c := range list {
			typ, name, _ := strings.Cut(c, ":")
			if label := strings.ReplaceAll(name, "_", " "); typ == "PermissionSet" && !strings.Contains(name, "_Work_") && !bytes.Contains(readme, []byte(label)) {
				told = append(told, name)
			}
		}
	}
	for _, what := range told {
		if !bytes.Contains(readme, []byte(what)) {
			t.Errorf("the README does not tell of %s", what)
		}
	}
	for _, m := range regexp.MustCompile(`--source-dir (\S+)`).FindAllSubmatch(readme, -1) {
		if _, err := os.Stat(filepath.Join(packageDir, string(m[1]))); err != nil {
			t.Errorf("the README deploys %s: %v", m[1], err)
		}
	}
}

// The lock file of the checks, too, must work wherever npm is set up.
func TestPackageLockNamesNoRegistry(t *testing.T) {
	lock, err := os.ReadFile(filepath.Join(packageChecks, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(lock, []byte(`"resolved"`)) || !bytes.Contains(lock, []byte(`"integrity"`)) {
		t.Error("package-lock.json is bound to a registry or lacks checksums; .npmrc there sets omit-lockfile-registry-resolved")
	}
}
