package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"omnibridge/vcc/engine"
)

// TestReadmeRoutingFile holds that the routing file that the README shows is one.
func TestReadmeRoutingFile(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "### The routing file")
	block := regexp.MustCompile("(?s)```json\n(.*?)```").FindStringSubmatch(after)
	if block == nil {
		t.Fatal("the README shows no routing file")
	}
	file := filepath.Join(t.TempDir(), "routing.json")
	if err := os.WriteFile(file, []byte(block[1]), 0o600); err != nil {
		t.Fatal(err)
	}
	rt, err := loadRouting(file)
	if err != nil {
		t.Fatal(err)
	}
	c := rt.engine()
	if _, err := engine.New(c); err != nil {
		t.Fatal(err)
	}
	if len(c.Plans) != 2 || len(c.Plans[0].Needs) != 3 || c.Plans[0].Hours == nil || len(c.States) != 4 || len(c.Levels) != 1 {
		t.Errorf("read as %+v", c)
	}
}
