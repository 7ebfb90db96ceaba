package ledger

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strconv"

	"hecai/contest"
)

// Opening is everything a vote's commitment hides. Who holds it can show what
// was voted; without the salts the commitment says nothing, although there are
// few choices to guess from.
type Opening struct {
	Ballot     string // vote.Ballot.LogName
	Round      int
	Voter      string // Pseudonym
	Rev        int64
	Choice     []contest.EntryID // in option order
	ClientSalt string            // as the client sent it, hex or ""
	Salt       string            // the server's, hex
}

// Commit is SHA-256 over "v1/commit" and the fields of the opening, each with
// its length before it, so that no two openings make the same bytes.
func Commit(o Opening) Hash {
	buf := make([]byte, 0, 256)
	field := func(s string) {
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(s)))
		buf = append(buf, s...)
	}
	field("v1/commit")
	field(o.Ballot)
	field(strconv.Itoa(o.Round))
	field(o.Voter)
	field(strconv.FormatInt(o.Rev, 10))
	field(strconv.Itoa(len(o.Choice)))
	for _, id := range o.Choice {
		field(string(id))
	}
	field(o.ClientSalt)
	field(o.Salt)
	return sha256.Sum256(buf)
}

// Record is the log entry of the vote.
func (o Opening) Record() Record {
	return Record{Kind: KindVote, Ballot: o.Ballot, Round: o.Round, Voter: o.Voter, Rev: o.Rev, Salt: saltHash(o.ClientSalt), Digest: Commit(o)}
}

// SaltHash is what a record shows of the salt that the voter's device chose:
// SHA-256 over a head line and the salt as it was sent.
func saltHash(clientSalt string) Hash {
	return sha256.Sum256([]byte("hecai/v2/salt\n" + clientSalt))
}

// Find returns the record of the opening whose leaf this is, in either form; ok
// is false if it is another vote's.
func (o Opening) Find(leaf Hash) (record Record, ok bool) {
	record = o.Record()
	if Leaf(record.Text()) == leaf {
		return record, true
	}
	record.Salt = Hash{} // as records were before they showed the salt
	return record, Leaf(record.Text()) == leaf
}

// Pseudonym names a voter in one round of one ballot: the first 16 bytes, hex,
// of an HMAC-SHA256. Two rounds cannot be linked without the key, and when the
// key is destroyed nobody can go back to the voter.
func Pseudonym(key []byte, ballot string, round int, voter int64) string {
	mac := hmac.New(sha256.New, key)
	buf := make([]byte, 0, 96)
	buf = append(buf, "v1/voter"...)
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(ballot)))
	buf = append(buf, ballot...)
	buf = binary.BigEndian.AppendUint64(buf, uint64(round))
	buf = binary.BigEndian.AppendUint64(buf, uint64(voter))
	mac.Write(buf)
	return hex.EncodeToString(mac.Sum(nil)[:pseudonymBytes])
}

const pseudonymBytes = 16

func isPseudonym(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == pseudonymBytes && hex.EncodeToString(b) == s
}

// Promise signs "this leaf will appear in the log of this origin". It says
// neither where nor among how many, which would tell turnout.
func Promise(key ed25519.PrivateKey, origin, leaf string) string {
	return base64.StdEncoding.EncodeToString(ed25519.Sign(key, promiseText(origin, leaf)))
}

// CheckPromise reports whether the promise is the key's, for this leaf.
func CheckPromise(key ed25519.PublicKey, origin, leaf, promise string) bool {
	sig, err := base64.StdEncoding.DecodeString(promise)
	return err == nil && len(key) == ed25519.PublicKeySize && ed25519.Verify(key, promiseText(origin, leaf), sig)
}

// promiseText has other bytes than any checkpoint: its head is no origin.
func promiseText(origin, leaf string) []byte {
	return []byte("hecai/v1/promise\n" + origin + "\n" + leaf + "\nwill appear\n")
}
