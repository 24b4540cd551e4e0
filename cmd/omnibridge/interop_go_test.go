package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestInteropGoClients runs the tests of a module of its own: its clients are of
// no use to the program, and neither is what they depend on.
func TestInteropGoClients(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(interopDir, "go")
	goCommand := func(ctx context.Context, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOWORK=off")
		cmd.WaitDelay = 5 * time.Second
		return cmd
	}
	ctx, cancel := context.WithTimeout(t.Context(), interopDeadline)
	defer cancel()
	out, err := goCommand(ctx, "mod", "download").CombinedOutput()
	require(t, err == nil, "a Go module of testdata/interop/go ("+strings.TrimSpace(string(out))+")")

	org := serveMockOrg(t)
	cmd := goCommand(ctx, "test", "-count=1", "-v", "./...")
	cmd.Env = append(cmd.Env, "OMNIBRIDGE_MOCK_ORG="+org.text)
	out, err = cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go test in %s: %v\n%s", dir, err, out)
	}
	for _, name := range []string{"TestGobayeux", "TestElasticBayeux"} {
		if !strings.Contains(string(out), "--- PASS: "+name+" ") {
			t.Errorf("%s did not run:\n%s", name, out)
		}
	}
}
