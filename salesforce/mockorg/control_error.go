package mockorg

import (
	"fmt"
	"net/http"
)

// ControlError is a refusal of the control plane or of the Go methods behind
// it: what was wrong, and what to do instead. Nothing was changed.
type ControlError struct {
	Status  int // 400 bad input, 404 no such thing, 409 not in this state, 408 waited in vain
	Message string
}

func (e *ControlError) Error() string { return e.Message }

func badRequest(format string, args ...any) error {
	return &ControlError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return &ControlError{http.StatusNotFound, fmt.Sprintf(format, args...)}
}

func conflict(format string, args ...any) error {
	return &ControlError{http.StatusConflict, fmt.Sprintf(format, args...)}
}
