package fault

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"
)

func TestOf(t *testing.T) {
	closed := New(Closed, "vote.closed", "ballot %s", "b1")
	tests := []struct {
		name string
		err  error
		kind Kind
		code string
	}{
		{"nil has neither", nil, "", ""},
		{"a plain error is internal", io.EOF, Internal, "internal"},
		{"a fault keeps its code", closed, Closed, "vote.closed"},
		{"a wrapped fault keeps its code", fmt.Errorf("cast: %w", closed), Closed, "vote.closed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := KindOf(tt.err); got != tt.kind {
				t.Errorf("KindOf = %q, want %q", got, tt.kind)
			}
			if got := CodeOf(tt.err); got != tt.code {
				t.Errorf("CodeOf = %q, want %q", got, tt.code)
			}
		})
	}
}

func TestWrapKeepsTheCause(t *testing.T) {
	err := Wrap(Internal, "store.read", io.ErrUnexpectedEOF, "read ballot")
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("cause is not reachable")
	}
	if !errors.Is(err, &Error{Code: "store.read"}) {
		t.Error("errors.Is does not match by code")
	}
	if got, want := err.Error(), "store.read: read ballot: unexpected EOF"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

func TestWithDoesNotShareArgs(t *testing.T) {
	base := New(Limited, "vote.quota", "")
	a, b := base.With("max", 3), base.With("max", 5)
	if a.Args["max"] != 3 || b.Args["max"] != 5 || base.Args != nil {
		t.Errorf("args are shared: %v %v %v", base.Args, a.Args, b.Args)
	}
}

// TestOneHint: the wait has one form inside, and one on the wire.
func TestOneHint(t *testing.T) {
	busy := New(Unavailable, "vote.busy", "").With("max", 3).After(1500 * time.Millisecond)
	if got := busy.Public(); got["retryAfter"] != int64(1500) || got["max"] != 3 {
		t.Errorf("on the wire: %v", got)
	}
	if busy.Args["retryAfter"] != nil {
		t.Error("the wait got among the arguments")
	}
	for _, tt := range []struct {
		err  *Error
		want int
	}{
		{busy, 2}, {busy.After(2 * time.Second), 2}, {busy.After(time.Millisecond), 1},
		{New(Limited, "a", ""), 1}, {New(Unavailable, "a", ""), 1}, {New(Conflict, "a", ""), 0}, {New(Conflict, "a", "").After(time.Minute), 60},
	} {
		if got := tt.err.RetrySeconds(); got != tt.want {
			t.Errorf("%v after %v: %d s, want %d", tt.err, tt.err.RetryAfter, got, tt.want)
		}
	}
}

func TestStatus(t *testing.T) {
	for _, tt := range []struct {
		kind Kind
		code string
		want int
	}{
		{Invalid, "a.b", 400}, {Limited, "danmaku.busy", 429}, {Unavailable, "stream.full", 503}, {Unavailable, "stream.busy", 503}, {Internal, "internal", 500}, {"unheard of", "x", 500},
		{Invalid, "http.too_large", 413}, {Invalid, "stream.too_large", 413}, {Invalid, "http.method", 405}, {Conflict, "stream.precondition", 412},
	} {
		if got := New(tt.kind, tt.code, "").Status(); got != tt.want {
			t.Errorf("%s %s: %d, want %d", tt.kind, tt.code, got, tt.want)
		}
	}
}
