package fault

import (
	"errors"
	"fmt"
	"io"
	"testing"
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
