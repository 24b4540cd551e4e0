package contactpad_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// webFiles reads the files of the page by path below web.
func webFiles(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir("web", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, "web/")] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// The page stays small: what a panel loads, each file compressed by itself.
func TestPageIsSmall(t *testing.T) {
	const most = 72 << 10
	total := 0
	for name, text := range webFiles(t) {
		if strings.HasSuffix(name, "LICENSE") || strings.HasSuffix(name, "VERSION") {
			continue
		}
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write([]byte(text))
		z.Close()
		total += b.Len()
	}
	t.Logf("the page is %d bytes compressed", total)
	if total > most {
		t.Errorf("the page is %d bytes compressed; it may be %d", total, most)
	}
}

// What is vendored is what its note says.
func TestPageVendorsWhatItSays(t *testing.T) {
	files := webFiles(t)
	const dir = "assets/vendor/lit-html/"
	noted := map[string]bool{}
	lines := bufio.NewScanner(strings.NewReader(files[dir+"VERSION"]))
	for lines.Scan() {
		sum, name, ok := strings.Cut(lines.Text(), "  ")
		if !ok || len(sum) != 64 {
			continue
		}
		noted[name] = true
		if got := sha256.Sum256([]byte(files[dir+name])); hex.EncodeToString(got[:]) != sum {
			t.Errorf("%s is not what was vendored; run testdata/pages/vendor.mjs", name)
		}
	}
	if len(noted) != 4 {
		t.Errorf("%d files are noted, want 4", len(noted))
	}
	for name := range files {
		if below, ok := strings.CutPrefix(name, dir); ok && strings.HasSuffix(name, ".js") && !noted[below] {
			t.Errorf("%s is not noted", below)
		}
	}
	if files[dir+"LICENSE"] == "" {
		t.Error("the licence is missing")
	}
}

// Rules that hold for every line of ours: no wall clock (panel-ux 2.5), nothing that
// the policy forbids, nothing from elsewhere.
func TestPageKeepsItsRules(t *testing.T) {
	rules := []struct {
		files, text, why string
	}{
		{`\.js$`, `Date\.now|new Date\b`, "the wall clock is never read"},
		{`\.js$`, `innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|unsafeHTML`, "no text becomes markup or code"},
		{`\.(js|html)$`, `\sstyle=|\son[a-z]+="`, "the policy allows no inline style or handler"},
		{`\.(js|html|css)$`, `https?://[a-z]`, "everything comes from the page's own server"},
		{`\.js$`, `console\.|debugger`, "it says nothing to the console"},
		{`\.css$`, `@import|url\(`, "the style needs nothing else"},
		{`\.html$`, `<script(?:[^>]*[^>/])?>[^<]`, "the policy allows no inline script"},
	}
	for name, text := range webFiles(t) {
		if strings.Contains(name, "/vendor/") {
			continue
		}
		text = regexp.MustCompile(`(?m)^\s*//.*$`).ReplaceAllString(text, "")
		for _, r := range rules {
			if m := regexp.MustCompile(r.text).FindString(text); m != "" && regexp.MustCompile(r.files).MatchString(name) {
				t.Errorf("%s has %q: %s", name, m, r.why)
			}
		}
		if n := strings.Count(text, "\n"); n > 400 {
			t.Errorf("%s has %d lines: more than one idea", name, n)
		}
	}
}

// The contrasts of panel-ux 3, computed from the style itself.
func TestPageContrast(t *testing.T) {
	css := webFiles(t)["assets/pad.css"]
	colours := map[string][2]string{"white": {"#fff", "#fff"}, "black": {"#181818", "#181818"}}
	for _, m := range regexp.MustCompile(`--([a-z0-9-]+): light-dark\((#\w+), (#\w+)\)`).FindAllStringSubmatch(css, -1) {
		colours[m[1]] = [2]string{m[2], m[3]}
	}
	for _, c := range []struct {
		on, over string
		least    float64
	}{
		{"on-surface-2", "surface-1", 7}, {"on-surface-2", "surface-2", 7}, {"on-surface-2", "surface-3", 7},
		{"on-surface-1", "surface-1", 4.5}, {"on-surface-1", "surface-2", 4.5}, {"on-surface-1", "surface-3", 4.5},
		{"border-2", "surface-1", 3}, {"border-2", "surface-2", 3},
		{"on-accent-1", "accent-1", 4.5}, {"on-accent-1", "accent-2", 4.5}, {"accent-2", "surface-1", 4.5}, {"accent-2", "surface-2", 4.5}, {"accent-2", "surface-3", 4.5},
		{"ready", "surface-1", 3}, {"working", "surface-1", 3}, {"working", "surface-2", 3}, {"away", "surface-1", 3},
		{"black", "needs", 4.5}, {"needs-edge", "surface-2", 3}, {"white", "fault", 4.5}, {"fault-edge", "surface-1", 4.5}, {"fault-edge", "surface-2", 3},
		{"focus", "surface-1", 3}, {"focus", "surface-2", 3},
	} {
		for i, theme := range []string{"light", "dark"} {
			on, ok1 := colours[c.on]
			over, ok2 := colours[c.over]
			if !ok1 || !ok2 {
				t.Fatalf("the style has no %s or no %s", c.on, c.over)
			}
			if got := contrast(t, on[i], over[i]); got < c.least {
				t.Errorf("%s: %s on %s is %.2f, want %.1f", theme, c.on, c.over, got, c.least)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is that of WCAG 2.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	hex := strings.TrimPrefix(colour, "#")
	if len(hex) == 3 {
		hex = fmt.Sprintf("%c%c%c%c%c%c", hex[0], hex[0], hex[1], hex[1], hex[2], hex[2])
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatalf("colour %s: %v", colour, err)
	}
	part := func(v uint64) float64 {
		c := float64(v&255) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(n>>16) + 0.7152*part(n>>8) + 0.0722*part(n)
}
