package main

import (
	"flag"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be the program: under the name omnibridge it is
// realMain, so a story drives a process of its own, which a signal can kill.
func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"omnibridge": func() { os.Exit(realMain()) }})
}

// storiesAtOnce is how many parallel tests run at the same time unless -parallel
// says otherwise: stories wait much more than they compute.
const storiesAtOnce = "8"

// tests runs the tests of the package.
type tests struct{ *testing.M }

func (m tests) Run() int {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		if err := flag.Set("test.parallel", storiesAtOnce); err != nil {
			panic(err)
		}
	}
	defer endBrowser()
	return m.M.Run()
}
