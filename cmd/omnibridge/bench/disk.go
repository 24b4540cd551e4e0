package bench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// syncRate returns how many times a second the disk under dir takes 4 KiB
// durably: what bounds durable commits, whoever makes them.
func syncRate(dir string, length time.Duration) (rate float64, err error) {
	f, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return 0, fmt.Errorf("measure the disk: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	block := make([]byte, 4<<10)
	begun := time.Now()
	for n := 1; ; n++ {
		if _, err := f.Write(block); err != nil {
			return 0, fmt.Errorf("measure the disk: %w", err)
		}
		if err := f.Sync(); err != nil {
			return 0, fmt.Errorf("measure the disk: %w", err)
		}
		if took := time.Since(begun); took >= length {
			return float64(n) / took.Seconds(), nil
		}
	}
}
