package salesforce

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a string that must not be seen: a client secret, an access token.
// However it is printed, logged or encoded it shows as "[redacted]", also
// inside a struct; [Secret.Reveal] is the only way to its text.
type Secret string

// Reveal returns the text itself, for the one place that sends it.
func (s Secret) Reveal() string { return string(s) }

// String returns a placeholder.
func (s Secret) String() string { return redacted }

// GoString returns a placeholder.
func (s Secret) GoString() string { return redacted }

// Format writes a placeholder for every verb: without it a mistaken %d would
// print the text as part of fmt's complaint.
func (s Secret) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, redacted) }

// LogValue returns a placeholder.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns a placeholder, so that JSON shows no secret either.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
