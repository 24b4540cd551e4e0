// Command omnibridge connects a contact-centre routing engine to Salesforce
// Omni-Channel by external routing.
//
// This package turns environment and flags into options, signals into a context,
// and errors into exit codes; the work is done by the packages it wires
// together.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // the image has no zones of its own, and plans have hours
)

// version is set by the linker: -ldflags "-X main.version=v1.2.3".
var version = "devel"

// streams is where a subcommand writes.
type streams struct {
	out io.Writer // results
	err io.Writer // logs and errors
}

// command is one subcommand.
type command struct {
	name    string
	summary string
	run     func(ctx context.Context, args []string, std streams) error
}

func commands() []command {
	return []command{
		{"demo", "show the whole thing at work: a mock org, agents, customers, one page to open", demo},
		{"run", "do the job against the org that the environment names", run},
		{"setup", "make the org ready for run, and tell what is missing", setUp},
		{"bench", "measure it beside other clients, on loopback", benchmark},
		{"mock-org", "serve the mock Salesforce org alone", mockOrg},
		{"version", "print the version", printVersion},
	}
}

func main() {
	os.Exit(realMain())
}

// killed is the exit code of a program that a second signal ended.
const killed = 130

// sameSignal is how close signals are that count as one: timeout(1) and some supervisors
// signal a program and then its group, which it is in. Nobody presses Ctrl-C so fast.
const sameSignal = 50 * time.Millisecond

// realMain runs the program and returns its exit code. The first signal ends it
// cleanly; a second one ends it at once. Both are taken here: to give signals
// back their usual effect would not do, since who starts us in the background of
// a script has them ignored.
func realMain() int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan int, 1)
	go func() { done <- execute(ctx, os.Args[1:], streams{out: os.Stdout, err: os.Stderr}) }()
	return await(done, signals, cancel)
}

// await waits until the program is done, and ends it as signals ask.
func await(done <-chan int, signals <-chan os.Signal, end func()) int {
	select {
	case code := <-done:
		return code
	case <-signals:
		end()
	}
	for first := time.Now(); ; {
		select {
		case code := <-done:
			return code
		case <-signals:
			if time.Since(first) >= sameSignal {
				fmt.Fprintln(os.Stderr, "omnibridge: ended at once by a second signal")
				return killed
			}
		}
	}
}

// usageError is a mistake in how the program was called.
type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg }

// execute runs the subcommand that args name and returns the exit code: 0 done, 1
// failed, 2 called wrongly.
func execute(ctx context.Context, args []string, std streams) int {
	err := dispatch(ctx, args, std)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if u, ok := errors.AsType[*usageError](err); ok {
		if u.msg != "" {
			fmt.Fprintf(std.err, "omnibridge: %v\n", err)
		}
		return 2
	}
	fmt.Fprintf(std.err, "omnibridge: %v\n", err)
	return 1
}

func dispatch(ctx context.Context, args []string, std streams) error {
	if len(args) == 0 {
		printUsage(std.err)
		return &usageError{}
	}
	name := args[0]
	if name == "help" || name == "-h" || name == "--help" || name == "-help" {
		if name == "help" && len(args) > 1 {
			return dispatch(ctx, []string{args[1], "--help"}, std)
		}
		printUsage(std.out)
		return nil
	}
	var names []string
	for _, c := range commands() {
		if c.name == name {
			return c.run(ctx, args[1:], std)
		}
		names = append(names, c.name)
	}
	return &usageError{fmt.Sprintf("there is no command %q: use one of %s, or `omnibridge help`", name, strings.Join(names, ", "))}
}

func printUsage(w io.Writer) {
	fmt.Fprint(w, "Omnibridge connects a contact-centre routing engine to Salesforce Omni-Channel.\n\nUsage: omnibridge COMMAND [flags]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\n`omnibridge COMMAND --help` tells more. Start with `omnibridge demo`.\n")
}

// newFlags returns the flag set of a subcommand, with help that begins with about.
func newFlags(name, about string, std streams) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // parseFlags says it once, in our words
	fs.Usage = func() {
		fmt.Fprintf(std.out, "Usage: omnibridge %s [flags]\n\n%s\n", name, about)
		fs.SetOutput(std.out)
		fs.PrintDefaults()
	}
	return fs
}

// parseFlags refuses what it does not know and arguments without a flag.
func parseFlags(fs *flag.FlagSet, args []string) error {
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return &usageError{fmt.Sprintf("%s: %v: see `omnibridge %s --help`", fs.Name(), err, fs.Name())}
	}
	if fs.NArg() > 0 {
		return &usageError{fmt.Sprintf("%s: %q is not expected: see `omnibridge %s --help`", fs.Name(), fs.Arg(0), fs.Name())}
	}
	return nil
}

func printVersion(_ context.Context, args []string, std streams) error {
	if err := parseFlags(newFlags("version", "Prints the version.", std), args); err != nil {
		return err
	}
	fmt.Fprintln(std.out, "omnibridge", version)
	return nil
}
