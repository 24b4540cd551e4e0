//go:build unix

package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"omnibridge/connector/store"
	"omnibridge/connector/store/storetest"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// What a child process is told: these tests need a second process, or one that
// can be killed.
const (
	childDoes = "OMNIBRIDGE_STORE_TEST_DOES"
	childPath = "OMNIBRIDGE_STORE_TEST_PATH"
	channel   = "/topic/OmnibridgePSR"
	window    = 3 // effects that the child leaves in the outbox
)

func TestMain(m *testing.M) {
	does := os.Getenv(childDoes)
	if does == "" {
		os.Exit(m.Run())
	}
	if err := child(context.Background(), does, os.Getenv(childPath)); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// child opens the store at path; then "open" is done, "hold" waits for the end
// of its input, and "commit" commits until it is killed, and says the number of
// each change once it is durable.
func child(ctx context.Context, does, path string) error {
	s, err := store.Open(ctx, store.Options{Path: path})
	if err != nil {
		return err
	}
	defer s.Close()
	n, _, err := s.Cursor(ctx, channel)
	if err != nil {
		return err
	}
	fmt.Println("open", n)
	switch does {
	case "hold":
		_, err = bufio.NewReader(os.Stdin).ReadByte()
		return err
	case "commit":
		for {
			n++
			if err := s.Commit(ctx, numbered(n)); err != nil {
				return err
			}
			fmt.Println("committed", n)
		}
	}
	return nil
}

// numbered is the n-th change: each part of it tells its number.
func numbered(n int64) store.Change {
	id := vcc.InteractionID(fmt.Sprintf("i%d", n%20))
	c := storetest.Turn(id, n)
	c.Cursors[0].Channel = channel
	c.Chains[0].Rev = int(n)
	c.Interactions[0].Why = strconv.FormatInt(n, 10)
	c.Effects[0].ID, c.Done = effectID(n), []string{effectID(n - window)}
	return c
}

func effectID(n int64) string { return fmt.Sprintf("e%08d", n) }

// start runs this test binary as a child and returns its output line by line.
func start(t *testing.T, does, path string, attr *syscall.SysProcAttr) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "linux" {
		self = "/proc/self/exe" // reachable for another user too, whatever the mode of the directories above it
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childDoes+"="+does, childPath+"="+path)
	cmd.SysProcAttr = attr
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil { // open until Wait
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

// TestKill kills a process that commits, again and again, at random moments:
// what it acknowledged is there, and each change is there whole.
func TestKill(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	path := filepath.Join(t.TempDir(), "store.db")
	var acked int64
	for round := range 10 {
		cmd, out := start(t, "commit", path, nil)
		if want := fmt.Sprintf("open %d", acked); !out.Scan() || out.Text() != want {
			t.Fatalf("round %d: the child says %q, want %q", round, out.Text(), want)
		}
		for range 1 + rnd.IntN(40) {
			if !out.Scan() {
				t.Fatalf("round %d: the child ended by itself: %v", round, cmd.Wait())
			}
			acked = number(t, out.Text())
		}
		for range rnd.IntN(2000) { // anywhere within a commit
			runtime.Gosched()
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for out.Scan() { // what it said before it died counts
			acked = number(t, out.Text())
		}
		var ended *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &ended) {
			t.Fatalf("round %d: the child was killed and says %v", round, err)
		}
		s := open(t, path) // works at once
		acked = checkWhole(t, s, acked)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if acked < 10 {
		t.Errorf("only %d changes were committed in all rounds", acked)
	}
}

// TestKillWhileOpening kills a process that makes a new store: the next start
// finds nothing, or half a schema, and completes it.
func TestKillWhileOpening(t *testing.T) {
	for range 5 {
		path := filepath.Join(t.TempDir(), "store.db")
		cmd, _ := start(t, "hold", path, nil)
		for made := false; !made; { // it has begun
			_, err := os.Stat(path)
			made = err == nil
		}
		for range rand.IntN(20_000) {
			runtime.Gosched()
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
		commitOne(t, open(t, path))
	}
}

func number(t *testing.T, line string) int64 {
	t.Helper()
	_, text, _ := strings.Cut(line, " ")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatalf("the child says %q", line)
	}
	return n
}

// checkWhole checks that the store is as after one change, not before the last
// that was acknowledged, and returns the number of that change.
func checkWhole(t *testing.T, s *store.Store, acked int64) (last int64) {
	t.Helper()
	last, _, err := s.Cursor(t.Context(), channel)
	if err != nil {
		t.Fatal(err)
	}
	if last < acked || last > acked+1 {
		t.Fatalf("change %d was acknowledged, the cursor is at %d", acked, last)
	}
	snap, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range snap.Chains {
		n := int64(c.Rev)
		if n > last || n <= last-20 || numbered(n).Chains[0].Interaction != c.Interaction {
			t.Errorf("chain %s is of change %d, the cursor at %d", c.Interaction, n, last)
		}
		if x := snap.Interactions[i]; x.ID != c.Interaction || x.Why != strconv.FormatInt(n, 10) {
			t.Errorf("chain %s is of change %d, interaction %s of change %s", c.Interaction, n, x.ID, x.Why)
		}
	}
	if want := min(last, 20); int64(len(snap.Chains)) != want {
		t.Errorf("%d chains, want %d", len(snap.Chains), want)
	}
	var owed []string
	for _, e := range snap.Effects {
		owed = append(owed, e.ID)
	}
	var want []string
	for n := max(1, last-window+1); n <= last; n++ {
		want = append(want, effectID(n))
	}
	if fmt.Sprint(owed) != fmt.Sprint(want) {
		t.Errorf("outbox %v, want %v", owed, want)
	}
	entries, err := s.Journal(t.Context(), store.JournalQuery{AfterSeq: last - 1})
	if err != nil || len(entries) != 1 || entries[0].Why != fmt.Sprintf("event %d", last) {
		t.Errorf("the journal ends with %+v, %v; want event %d", entries, err, last)
	}
	return last
}

func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "store.db"), filepath.Join(dir, "other.db")
	cmd, out := start(t, "hold", path, nil)
	if !out.Scan() {
		t.Fatal("the child did not open the store")
	}
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link} {
		_, err := store.Open(t.Context(), store.Options{Path: name})
		var inUse *store.InUseError
		if !errors.As(err, &inUse) {
			t.Fatalf("Open(%s) beside another process: %v", name, err)
		}
		if want := fmt.Sprintf("process %d on ", cmd.Process.Pid); !strings.HasPrefix(inUse.Holder, want) || !strings.Contains(err.Error(), path) {
			t.Errorf("refused with %q; want the path and %q", err, want)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	s := open(t, path)
	commitOne(t, s)
	// Within a process too.
	_, err := store.Open(t.Context(), store.Options{Path: path})
	var inUse *store.InUseError
	if !errors.As(err, &inUse) {
		t.Errorf("a second Open in one process: %v", err)
	}
	commitOne(t, s) // the refusal did not harm the one that has it
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	commitOne(t, open(t, path))
}

func commitOne(t *testing.T, s *store.Store) {
	t.Helper()
	if err := s.Commit(t.Context(), store.Change{Chains: []omnichannel.Chain{storetest.Chain("a")}}); err != nil {
		t.Fatal(err)
	}
}

// TestNotWritable opens stores as somebody who may not write them. The
// superuser may do everything, so the child is nobody then.
func TestNotWritable(t *testing.T) {
	var attr *syscall.SysProcAttr
	if os.Geteuid() == 0 {
		attr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(dir, "old.db")
	if err := open(t, old).Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{old, old + ".lock"} {
		if err := os.Chmod(name, 0o444); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o755) }) // so that it can be removed
	for _, path := range []string{filepath.Join(dir, "new.db"), old} {
		cmd, out := start(t, "open", path, attr)
		out.Scan()
		said := out.Text()
		if err := cmd.Wait(); err == nil {
			t.Errorf("%s was opened", path)
		}
		for _, want := range []string{path, "may not be written", "let this user create and write files in " + dir} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: said %q, want %q in it", path, said, want)
			}
		}
	}
}
