// Package fault classifies errors. Every error that may reach a user carries a
// Kind, which decides the HTTP status and whether a retry can help, and a
// stable code such as "vote.closed", which the pages translate. Detail is for
// logs and developers; it never leaves the process. All functions are safe for
// concurrent use.
package fault

import (
	"errors"
	"fmt"
	"maps"
	"time"
)

// Kind is the class of an error. Kinds go on the wire: add, never rename.
type Kind string

// The kinds, with the HTTP status each maps to; Status knows the finer ones.
const (
	Invalid         Kind = "invalid"         // 400: the request can never succeed as it is
	Unauthenticated Kind = "unauthenticated" // 401: who are you?
	Forbidden       Kind = "forbidden"       // 403: known, but not allowed
	NotFound        Kind = "not_found"       // 404
	Conflict        Kind = "conflict"        // 409: someone else moved first; read again
	Closed          Kind = "closed"          // 410: the window is over
	Limited         Kind = "limited"         // 429: too much or too fast; retry later
	Unavailable     Kind = "unavailable"     // 503: nothing was done, a part we need is away; retry later
	Internal        Kind = "internal"        // 500: ours to mend, or its outcome is unknown
)

// Error is a classified error. Args are public values that the translated text
// may name, such as {"max": 3}. RetryAfter is how long to wait before the next
// try, 0 = nothing is said.
type Error struct {
	Kind       Kind
	Code       string
	Detail     string
	Args       map[string]any
	RetryAfter time.Duration
	Err        error
}

// New returns an error of the kind with the stable code; format and args make
// the detail for the log.
func New(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Wrap classifies err, which stays reachable by errors.Is and errors.As.
func Wrap(kind Kind, code string, err error, format string, args ...any) *Error {
	e := New(kind, code, format, args...)
	e.Err = err
	return e
}

// With returns a copy of e that carries one more public value.
func (e *Error) With(key string, value any) *Error {
	c := *e
	c.Args = make(map[string]any, len(e.Args)+1)
	maps.Copy(c.Args, e.Args)
	c.Args[key] = value
	return &c
}

// After returns a copy of e that says how long to wait before the next try.
func (e *Error) After(wait time.Duration) *Error {
	c := *e
	c.RetryAfter = wait
	return &c
}

// Public are the values that go on the wire: Args, and the wait as "retryAfter"
// in milliseconds.
func (e *Error) Public() map[string]any {
	if e.RetryAfter <= 0 {
		return e.Args
	}
	return e.With("retryAfter", e.RetryAfter.Milliseconds()).Args
}

// Error tells the code and the detail, for logs.
func (e *Error) Error() string {
	s := e.Code
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause, if there is one.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is a fault with the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Of returns the classified error in err's chain. An unclassified error
// becomes Internal with the code "internal".
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: Internal, Code: "internal", Err: err}
}

// CodeOf returns the stable code of err, "" for nil.
func CodeOf(err error) string {
	if err == nil {
		return ""
	}
	return Of(err).Code
}

// KindOf returns the kind of err, "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	return Of(err).Kind
}
