package ledger

import (
	"fmt"
	"strconv"
	"strings"

	"hecai/vote"
)

// The kinds of record.
const (
	KindOpen  = "open"  // a round opens; Digest is the hash of the ballot's text
	KindVote  = "vote"  // a counted vote; Voter, Rev and Digest = Commit of its opening
	KindClose = "close" // the round is over; Papers, and Digest is a random nonce
)

// Record is an entry of the log. It carries no time: a vote's place between
// open and close is the proof that it was cast in the window. The nonce of the
// close record keeps anyone from guessing turnout from the root.
type Record struct {
	Kind   string
	Ballot string // vote.Ballot.LogName
	Round  int    // >= 1
	Voter  string // Pseudonym; vote only
	Rev    int64  // >= 1; vote only
	Papers int64  // papers that count; close only
	Salt   Hash   // SaltHash of what the voter's device chose; vote only, zero in the first form
	Digest Hash
}

// Heads of records, so that no form can be taken for another. A vote's second
// form shows the hash of the device's salt: nobody else has that record, so one
// leaf can't be handed to two voters.
const (
	version       = "hecai/v1/"
	versionSalted = "hecai/v2/"
)

// Text is the record as it is hashed: a head line and one "name value" line a
// field, each ended by a newline. The ballot's id must be valid.
func (r Record) Text() string {
	var b strings.Builder
	b.Grow(192)
	line := func(name, value string) {
		b.WriteString(name)
		b.WriteByte(' ')
		b.WriteString(value)
		b.WriteByte('\n')
	}
	if r.Salt == (Hash{}) {
		b.WriteString(version)
	} else {
		b.WriteString(versionSalted)
	}
	b.WriteString(r.Kind)
	b.WriteByte('\n')
	line("ballot", r.Ballot)
	line("round", strconv.Itoa(r.Round))
	switch r.Kind {
	case KindOpen:
		line("definition", Hex(r.Digest))
	case KindVote:
		line("voter", r.Voter)
		line("rev", strconv.FormatInt(r.Rev, 10))
		if r.Salt != (Hash{}) {
			line("salt", Hex(r.Salt))
		}
		line("commit", Hex(r.Digest))
	case KindClose:
		line("papers", strconv.FormatInt(r.Papers, 10))
		line("nonce", Hex(r.Digest))
	}
	return b.String()
}

// ParseRecord reads a record's text. It takes only what Text writes: the result
// is written again and compared, so one record has one hash.
func ParseRecord(text string) (Record, error) {
	head, rest, _ := strings.Cut(text, "\n")
	r := Record{Kind: strings.TrimPrefix(strings.TrimPrefix(head, version), versionSalted)}
	for rest != "" {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		name, value, _ := strings.Cut(line, " ")
		if err := r.set(name, value); err != nil {
			return Record{}, err
		}
	}
	if err := r.check(); err != nil {
		return Record{}, err
	}
	if r.Text() != text {
		return Record{}, fmt.Errorf("ledger: record is not in its one form")
	}
	return r, nil
}

func (r *Record) set(name, value string) (err error) {
	switch name {
	case "ballot":
		r.Ballot = value
	case "round":
		r.Round, err = strconv.Atoi(value)
	case "voter":
		r.Voter = value
	case "rev":
		r.Rev, err = strconv.ParseInt(value, 10, 64)
	case "papers":
		r.Papers, err = strconv.ParseInt(value, 10, 64)
	case "salt":
		r.Salt, err = ParseHex(value)
	case "definition", "commit", "nonce":
		r.Digest, err = ParseHex(value)
	default:
		err = fmt.Errorf("unknown field %q", name)
	}
	if err != nil {
		return fmt.Errorf("ledger: record: %w", err)
	}
	return nil
}

func (r *Record) check() error {
	ok := r.Round >= 1 && vote.ValidName(r.Ballot) && (r.Salt == (Hash{}) || r.Kind == KindVote)
	switch r.Kind {
	case KindOpen:
	case KindVote:
		ok = ok && isPseudonym(r.Voter) && r.Rev >= 1
	case KindClose:
		ok = ok && r.Papers >= 0
	default:
		ok = false
	}
	if !ok {
		return fmt.Errorf("ledger: record %q is incomplete", r.Kind)
	}
	return nil
}
