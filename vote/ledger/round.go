package ledger

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"

	"hecai/vote"
)

// Round is the whole log of one round of a ballot as the record keeps it. A
// round of before the notes has neither Definition nor Close.
type Round struct {
	Ballot     string // vote.Ballot.LogName
	Round      int
	Definition string // Definition of the ballot as it opened
	Votes      []Hash // leaves, in ledger order
	Close      string // the close record's text; "" = not closed
	Checkpoint string // signed; "" = not yet
}

// Leaves are the leaves of the log: the opening, the votes, the close. A vote's
// place between the two shows that it was cast while the ballot was open.
func (r Round) Leaves() []Hash {
	out := make([]Hash, 0, len(r.Votes)+2)
	if r.Definition != "" {
		out = append(out, Leaf(r.Opening().Text()))
	}
	out = append(out, r.Votes...)
	if r.Close != "" {
		out = append(out, Leaf(r.Close))
	}
	return out
}

// Opening is the record that opens the log.
func (r Round) Opening() Record {
	return Record{Kind: KindOpen, Ballot: r.Ballot, Round: r.Round, Digest: sha256.Sum256([]byte(r.Definition))}
}

// definition is the form of a ballot's text.
type definition struct {
	Form       string          `json:"form"`
	Ballot     string          `json:"ballot"`
	Session    string          `json:"session"`
	Title      string          `json:"title"`
	Round      int             `json:"round"`
	Note       string          `json:"note"`
	OpenedAt   int64           `json:"openedAt"`
	Level      int             `json:"level"`
	Visibility vote.Visibility `json:"visibility"`
	Quota      vote.Quota      `json:"quota"`
	Options    []vote.Option   `json:"options"`
}

// Definition is the text that says what was voted on and by which rules, as the
// round opened. The deadline is not in it: it may be moved while votes come.
func Definition(b vote.Ballot) string {
	text, err := json.Marshal(definition{
		Form: "hecai/v1/ballot", Ballot: b.LogName(), Session: string(b.Show), Title: b.Title, Round: b.Round, Note: b.Note,
		OpenedAt: b.OpenedAt, Level: b.Level, Visibility: b.Visibility, Quota: b.Quota, Options: b.Options,
	})
	if err != nil {
		panic("ledger: a ballot can't be written: " + err.Error()) // only texts and numbers in there
	}
	return string(text)
}

// Fingerprint is what is shown of a signed checkpoint when a ballot closes:
// SHA-256, hex. It commits to the whole log and tells nothing of it, since the
// close record holds a random number that nobody outside knows before.
func Fingerprint(checkpoint string) string {
	return Hex(sha256.Sum256([]byte(checkpoint)))
}

// SignRound returns the signed head of a closed round's log. The same log and
// key give the same text.
func SignRound(key ed25519.PrivateKey, origin string, size int64, root Hash) (string, error) {
	signed, err := Checkpoint{Origin: origin, Size: size, Root: root}.Sign(key)
	return string(signed), err
}
