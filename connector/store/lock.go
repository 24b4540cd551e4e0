package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// lock keeps a second process away from a store. It is the operating system's
// lock of a file beside the database, so it ends with the process, also with one
// that was killed. The file itself stays: removing it would let two processes
// lock two files of the same name.
type lock struct{ file *os.File }

// errHeld says that somebody else holds the lock.
var errHeld = errors.New("the lock is held")

// acquire locks the store at path, or returns an *InUseError at once.
func acquire(path string) (*lock, error) {
	name := path + ".lock"
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, unusable(path, err)
	}
	if err := lockFile(f); err != nil {
		defer f.Close() // nothing was written
		if errors.Is(err, errHeld) {
			holder, _ := io.ReadAll(io.LimitReader(f, 200)) // what cannot be read is left out
			return nil, &InUseError{path, name, strings.TrimSpace(string(holder))}
		}
		return nil, &FileError{Path: path, Problem: "its lock file cannot be locked", Fix: "put the store on a local disk", Err: err}
	}
	if err := sign(f); err != nil {
		return nil, errors.Join(unusable(path, err), f.Close())
	}
	return &lock{f}, nil
}

// sign writes who holds the lock, for whoever is refused.
func sign(f *os.File) error {
	host, err := os.Hostname()
	if err != nil {
		host = "an unnamed host"
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "process %d on %s since %s\n", os.Getpid(), host, time.Now().UTC().Format(time.RFC3339))
	return err
}

// release lets another process have the store.
func (l *lock) release() error { return l.file.Close() }
