package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
)

// Change is a row of the back office's record: who did what to which, when, and how
// it was before and after. It holds no secret.
type Change struct {
	No      int64           // dense from 1, in the order of their commits
	At      int64           // unix ms
	Actor   string          // name of the account
	Contest string          // its code
	Verb    Verb            //
	ID      string          // of what was changed; "" = several, or none with a name
	Before  json.RawMessage // nil = it was not there
	After   json.RawMessage // nil = it is no more
}

// Act is what somebody does in the back office. The record writes it down in the
// transaction of what is done.
type Act struct {
	At      int64 // unix ms
	Actor   string
	Contest string
	Verb    Verb
	Over    map[string]string // the revisions that it was made from, by the id of what it saves; see Over
}

type actKey struct{}

// Acting returns a context whose writes are the act's.
func Acting(ctx context.Context, a Act) context.Context { return context.WithValue(ctx, actKey{}, a) }

// nothing is the revision of what is not there.
const nothing = "none"

// Revision names what a thing of the back office is like. What is alike has the same
// one: it is kept nowhere, and who has put a thing back has not changed it.
func Revision(thing any) string {
	text, err := json.Marshal(thing)
	if err != nil {
		panic("access: " + err.Error()) // texts and numbers
	}
	if string(text) == "null" || string(text) == "[]" {
		return nothing
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Over returns a context whose act saves a thing over one revision of it alone: that
// which its actor has read. The record refuses it over any other (office.stale_rev),
// so that no later save wins in silence. "" is over whatever is there.
func Over(ctx context.Context, id, revision string) context.Context {
	a, ok := ActOf(ctx)
	if !ok || revision == "" {
		return ctx
	}
	over := map[string]string{id: revision}
	maps.Copy(over, a.Over)
	a.Over = over
	return Acting(ctx, a)
}

// ActOf returns the act that a context is for. What is nobody's act in the back
// office, such as a cue of a show or a ballot's own schedule, is told elsewhere.
func ActOf(ctx context.Context) (Act, bool) {
	a, ok := ctx.Value(actKey{}).(Act)
	return a, ok
}

// ChangeFilter chooses rows of a contest; other fields that are zero choose all.
type ChangeFilter struct {
	Contest string
	Below   int64 // numbers less than this
	Actor   string
	Verb    Verb
	Limit   int
}
