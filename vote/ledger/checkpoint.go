package ledger

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is the head of a log at a size. Origin names the log and is also
// the name of its key: no spaces, no '+', for example "example.com/hecai".
type Checkpoint struct {
	Origin string
	Size   int64
	Root   Hash
}

var errCheckpoint = errors.New("ledger: malformed checkpoint")

// maxCheckpoint bounds a signed checkpoint in bytes; witnesses add a line each.
const maxCheckpoint = 16 << 10

// Text is the signed text of c2sp.org/tlog-checkpoint: origin, size and root in
// base64, a line each, without extension lines.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
}

// Sign returns the checkpoint as a signed note (c2sp.org/signed-note).
func (c Checkpoint) Sign(key ed25519.PrivateKey) ([]byte, error) {
	if !ValidOrigin(c.Origin) || c.Size < 0 {
		return nil, errCheckpoint
	}
	vkey, err := verifierKey(c.Origin, key.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, err
	}
	return note.Sign(&note.Note{Text: c.Text()}, signer{Verifier: vkey, key: key})
}

// parseCheckpoint opens a signed checkpoint of the log that the key is named
// for. The key's signature must be on it; lines of other keys (witnesses) are
// passed over. Only the one form that Text writes is taken.
func parseCheckpoint(msg []byte, key note.Verifier) (Checkpoint, error) {
	if len(msg) > maxCheckpoint {
		return Checkpoint{}, errCheckpoint
	}
	n, err := note.Open(msg, note.VerifierList(key))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("ledger: checkpoint: %w", err)
	}
	c, err := parseText(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != key.Name() {
		return Checkpoint{}, fmt.Errorf("ledger: checkpoint of %q, want %q", c.Origin, key.Name())
	}
	return c, nil
}

// parseText reads the signed text.
func parseText(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" || !ValidOrigin(lines[0]) {
		return Checkpoint{}, errCheckpoint
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 {
		return Checkpoint{}, errCheckpoint
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, errCheckpoint
	}
	c := Checkpoint{Origin: lines[0], Size: size, Root: root}
	if c.Text() != text {
		return Checkpoint{}, errCheckpoint
	}
	return c, nil
}

// ValidOrigin reports whether s may name a log and its key.
func ValidOrigin(s string) bool {
	return s != "" && len(s) <= 200 && utf8.ValidString(s) && !strings.Contains(s, "+") &&
		strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) < 0
}

// VerifierKey writes the public key as c2sp.org/signed-note tools read it:
// "origin+hash+key".
func VerifierKey(origin string, key ed25519.PublicKey) (string, error) {
	if !ValidOrigin(origin) {
		return "", fmt.Errorf("ledger: %q cannot name a key", origin)
	}
	return note.NewEd25519VerifierKey(origin, key)
}

func verifierKey(origin string, key ed25519.PublicKey) (note.Verifier, error) {
	text, err := VerifierKey(origin, key)
	if err != nil {
		return nil, err
	}
	return note.NewVerifier(text)
}

// signer is a note.Signer over a key in memory; the library's own takes only
// its text form.
type signer struct {
	note.Verifier
	key ed25519.PrivateKey
}

func (s signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }
