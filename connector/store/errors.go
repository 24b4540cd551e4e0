package store

import (
	"fmt"

	"omnibridge/vcc"
)

// Rule is something the schema holds whatever the program believes.
type Rule string

const (
	OnePush      Rule = "one push per PSR at a time"
	OneLiveOffer Rule = "one live offer per interaction"
	OfferOnce    Rule = "an offer number is used once per interaction"
	OfferNumber  Rule = "offers are numbered from 1"
	SizeRange    Rule = "a size is 1 to 100 percent"
	SerialRange  Rule = "a serial is not negative"
	KnownState   Rule = "a state is one of the documented ones"
	Named        Rule = "an id is text and not empty"
	Unlisted     Rule = "a constraint of the schema" // Detail says which
)

// rules says which rule each constraint of the schema stands for.
var rules = map[string]Rule{
	"chain_one_push": OnePush,
	"leg_one_live":   OneLiveOffer,
	"leg_once":       OfferOnce,
	"leg_offer":      OfferNumber, "chain_offer": OfferNumber, "interaction_offers": OfferNumber,
	"leg_size":     SizeRange,
	"chain_serial": SerialRange,
	"chain_state":  KnownState, "interaction_state": KnownState, "leg_state": KnownState,
	"chain_named": Named, "interaction_named": Named, "leg_agent": Named,
	"agent_named": Named, "cursor_named": Named, "outbox_named": Named,
}

// ConstraintError says that a change would have broken a rule. Nothing of the
// change was stored. It is a fault of the program, not of its input.
type ConstraintError struct {
	Rule        Rule
	Interaction vcc.InteractionID // empty: the row is not about one
	Detail      string            // which row, with its values
}

func (e *ConstraintError) Error() string {
	about := ""
	if e.Interaction != "" {
		about = fmt.Sprintf(" of interaction %s", e.Interaction)
	}
	return fmt.Sprintf("change%s breaks the rule %q: %s; nothing was stored", about, e.Rule, e.Detail)
}

// FileError says that the database file cannot be used.
type FileError struct {
	Path    string
	Problem string
	Fix     string // what a person can do
	Err     error  // what the system said; may be nil
}

func (e *FileError) Error() string {
	s := fmt.Sprintf("store %s: %s", e.Path, e.Problem)
	if e.Err != nil {
		s += fmt.Sprintf(" (%v)", e.Err)
	}
	return s + ": " + e.Fix
}

func (e *FileError) Unwrap() error { return e.Err }

// InUseError says that another process has the store.
type InUseError struct {
	Path   string
	Lock   string // the file whose lock is held
	Holder string // what the holder wrote of itself; may be empty
}

func (e *InUseError) Error() string {
	holder := e.Holder
	if holder == "" {
		holder = "another process"
	}
	return fmt.Sprintf("store %s is in use by %s (lock %s): stop that one, or give this one a store of its own", e.Path, holder, e.Lock)
}

// OrgError says that the store holds the state of another org.
type OrgError struct {
	Path string
	Have string // the org whose state it holds
	Want string // the org it was opened for
}

func (e *OrgError) Error() string {
	return fmt.Sprintf("store %s belongs to org %s, not to %s: name the store of that org, or a new file", e.Path, e.Have, e.Want)
}

// RowError says that a stored row cannot be read.
type RowError struct {
	Table string
	Key   string
	Err   error
}

func (e *RowError) Error() string {
	return fmt.Sprintf("%s %q cannot be read: %v: run the version of the program that wrote it, or restore the store from a backup", e.Table, e.Key, e.Err)
}

func (e *RowError) Unwrap() error { return e.Err }
