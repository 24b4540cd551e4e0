package contactpad_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

const (
	shift = chromedp.ModifierShift
	alt   = chromedp.ModifierAlt
)

// TestPageScenes draws every screen in three widths, light and dark. With
// CONTACTPAD_SHOTS set to a directory, the pictures are kept there, to be looked at.
func TestPageScenes(t *testing.T) {
	shots := os.Getenv("CONTACTPAD_SHOTS")
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			s := stageOf(t, sc, func(o staging) *stage { return newStage(t, o) })
			for _, theme := range []string{"light", "dark"} {
				s.setTheme(theme)
				for _, w := range []int{240, 340, 400} {
					s.resize(w, 480)
					if shots != "" {
						s.shoot(filepath.Join(shots, fmt.Sprintf("%s-%s-%d.png", sc.name, theme, w)))
					}
				}
			}
		})
	}
}

// shoot takes a picture of the panel.
func (s *stage) shoot(name string) {
	s.t.Helper()
	picture, err := chromedp.Run(s.tab, chromedp.Screenshot(chromedp.CSS("#panel")))
	if err != nil {
		s.t.Fatalf("take a picture: %v", err)
	}
	if err := os.WriteFile(name, picture, 0o600); err != nil {
		s.t.Fatal(err)
	}
}
