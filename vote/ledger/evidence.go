package ledger

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"hecai/contest"
)

// Evidence is what anyone can check without the server: public bytes only. The
// proof of one vote has Record, Index and the paths; the whole log has Leaves
// instead. Hashes are hex.
type Evidence struct {
	Form   string `json:"form"`   // EvidenceForm
	Origin string `json:"origin"` // name of the log
	Key    string `json:"key"`    // VerifierKey
	Ballot string `json:"ballot"` // as its log calls it
	Round  int    `json:"round"`

	Definition string `json:"definition"` // of the ballot as it opened
	Close      string `json:"close"`      // text of the close record
	Checkpoint string `json:"checkpoint"` // signed head
	Root       string `json:"root"`
	Size       int64  `json:"size"`

	Record string   `json:"record,omitempty"` // as in the receipt; "" = the leaf alone is known
	Leaf   string   `json:"leaf,omitempty"`
	Salt   string   `json:"salt,omitempty"` // what the voter's own device chose
	Index  int64    `json:"index"`
	Path   []string `json:"path,omitempty"`

	Promise string `json:"promise,omitempty"` // as in the receipt

	OpenPath  []string `json:"openPath,omitempty"`  // of the first record, the hash of Definition
	ClosePath []string `json:"closePath,omitempty"` // of the last record, Close

	Leaves []string `json:"leaves,omitempty"`

	Seal string `json:"seal,omitempty"` // sealed result that counts the round, byte by byte
}

// EvidenceForm heads evidence, so that no later form is taken for it.
const EvidenceForm = "hecai/v1/evidence"

// Trusted is what the checker knows from elsewhere: from the stream, a photo, a
// witness. Empty fields are not compared, and the check says less.
type Trusted struct {
	Key         string // VerifierKey, from before the vote
	Fingerprint string // shown when the ballot closed
	SealRoot    string // shown with the result
}

// wrong is an error for people: who checks a proof may read either language.
func wrong(zh, en string) error { return errors.New(zh + " / " + en) }

// ParseEvidence reads evidence. A field that it does not know is an error: a
// misspelt one would be left unchecked; so is one that is there twice.
func ParseEvidence(text []byte) (e Evidence, err error) {
	if err := OneValue(text); err != nil {
		return e, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return e, wrong("不是喝彩的凭证，或被改过", fmt.Sprintf("no proof of Hecai, or changed: %v", err))
	}
	return e, nil
}

// CheckPromised reports whether the holder of the key has promised that the
// receipt's record will be in the log. It does not show that it is.
func (e Evidence) CheckPromised(key string) error {
	if e.Record != "" { // the promise covers the leaf, hence the record, and nothing that is said beside it
		if Hex(Leaf(e.Record)) != e.Leaf {
			return wrong("回执里的记录和它的指纹对不上", "the receipt's record is not the one of its leaf")
		}
		if r, err := ParseRecord(e.Record); err != nil || r.Ballot != e.Ballot && contest.KeyName(r.Ballot) != e.Ballot || r.Round != e.Round { // a receipt names it as its contest does
			return wrong("回执里的记录是别的投票或别的轮次的", "the receipt's record is of another ballot or round")
		}
	}
	v, err := note.NewVerifier(key)
	if err != nil {
		return wrong("公钥不完整", "the key can't be read")
	}
	parts := strings.SplitN(key, "+", 3) // name, hash, and an algorithm's byte with the key
	raw, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(raw) != 1+ed25519.PublicKeySize {
		return wrong("公钥不完整", "the key can't be read")
	}
	if !CheckPromise(raw[1:], v.Name(), e.Leaf, e.Promise) {
		return wrong("回执上的签名不是这把公钥对这条记录的承诺", "the receipt's signature is no promise of this key for this record")
	}
	return nil
}

// Check goes through the evidence and returns what is wrong first; nil when all
// of it holds. It believes nothing that the evidence says of itself.
func (e Evidence) Check(trusted Trusted) error {
	if e.Form != EvidenceForm {
		return wrong("不是喝彩的凭证，或是别的版本的", fmt.Sprintf("no proof of Hecai, or of another version: its form is %q, not %q", e.Form, EvidenceForm))
	}
	if trusted.Key != "" && trusted.Key != e.Key {
		return wrong("凭证里的公钥不是给定的那一把", "the key is not the trusted one")
	}
	if trusted.Fingerprint != "" && trusted.Fingerprint != Fingerprint(e.Checkpoint) {
		return wrong("签名文本不是截止时公布指纹的那一份", "the checkpoint is not the one whose fingerprint was shown at the close")
	}
	root, err := e.head()
	if err != nil {
		return err
	}
	if err := e.frame(root); err != nil {
		return err
	}
	if e.Leaf != "" || e.Record != "" {
		if err := e.vote(root); err != nil {
			return err
		}
	}
	if e.Promise != "" {
		if err := e.CheckPromised(e.Key); err != nil {
			return err
		}
	}
	if e.Seal == "" {
		if trusted.SealRoot != "" {
			return wrong("凭证里没有密封成绩可以比对", "there is no sealed result to compare")
		}
		return nil
	}
	return e.sealed(root, trusted.SealRoot)
}

// head checks the signed checkpoint.
func (e Evidence) head() (Hash, error) {
	v, err := note.NewVerifier(e.Key)
	if err != nil || v.Name() != e.Origin {
		return Hash{}, wrong("公钥不是这个票箱的", fmt.Sprintf("key %q is not a key of %q", e.Key, e.Origin))
	}
	c, err := parseCheckpoint([]byte(e.Checkpoint), v)
	if err != nil {
		return Hash{}, wrong("签名文本被改过，或不是这把公钥签的", fmt.Sprintf("the checkpoint is not signed by the key: %v", err))
	}
	if c.Size != e.Size || Hex(c.Root) != e.Root {
		return Hash{}, wrong("签名文本说的是另一个树根", "the checkpoint is of another log head")
	}
	return c.Root, nil
}

// frame checks the records that open and close the log, and all leaves if they
// are there.
func (e Evidence) frame(root Hash) error {
	r := Round{Ballot: e.Ballot, Round: e.Round, Definition: e.Definition, Close: e.Close}
	var d definition
	if err := json.Unmarshal([]byte(e.Definition), &d); err != nil || d.Ballot != e.Ballot || d.Round != e.Round {
		return wrong("选票的定义缺失，或是别的选票的", "the definition is missing or of another ballot")
	}
	c, err := ParseRecord(e.Close)
	if err != nil || c.Kind != KindClose || c.Ballot != e.Ballot || c.Round != e.Round {
		return wrong("截止记录缺失，或是别的选票的", "the close record is missing or of another ballot")
	}
	frame := r.Leaves()
	if len(e.Leaves) == 0 {
		if e.in(root, 0, frame[0], e.OpenPath) != nil || e.in(root, e.Size-1, frame[1], e.ClosePath) != nil {
			return wrong("票箱的首尾不是它自己的开放记录和截止记录", "the log does not begin and end with its own records")
		}
		return nil
	}
	if int64(len(e.Leaves)) != e.Size {
		return wrong("记录的条数和签名的不同", fmt.Sprintf("%d leaves, the checkpoint says %d", len(e.Leaves), e.Size))
	}
	var tree Tree
	for i, text := range e.Leaves {
		leaf, err := ParseHex(text)
		if err != nil {
			return err
		}
		if i == 0 && leaf != frame[0] || i == len(e.Leaves)-1 && leaf != frame[len(frame)-1] {
			return wrong("票箱的首尾不是它自己的开放记录和截止记录", "the log does not begin and end with its own records")
		}
		tree.Append(leaf)
	}
	if tree.Root() != root {
		return wrong("由全部记录算出的树根和签名的不同", "the leaves do not give the signed root")
	}
	return nil
}

// vote checks that one vote is in the log, between its opening and its close.
func (e Evidence) vote(root Hash) error {
	leaf, err := ParseHex(e.Leaf)
	if err != nil {
		return err
	}
	if e.Record != "" {
		r, err := ParseRecord(e.Record)
		if err != nil {
			return err
		}
		switch {
		case Leaf(e.Record) != leaf:
			return wrong("记录和它的指纹对不上", "the record is not the one of the leaf")
		case r.Kind != KindVote || r.Ballot != e.Ballot || r.Round != e.Round:
			return wrong("记录是别的选票或别的轮次的", "the record is of another ballot")
		case e.Salt != "" && r.Salt != saltHash(e.Salt):
			return wrong("记录里没有这台设备的随机数", "the record does not hold this device's salt")
		}
	}
	if err := e.in(root, e.Index, leaf, e.Path); err != nil {
		return wrong("这张选票不在票箱里", fmt.Sprintf("the vote is not in the log: %v", err))
	}
	if e.Index == 0 || e.Index == e.Size-1 {
		return wrong("这条记录不在开放与截止之间", "the vote stands outside the window of its ballot")
	}
	return nil
}

// in checks that the log has a leaf at the index.
func (e Evidence) in(root Hash, index int64, leaf Hash, texts []string) (err error) {
	path := make([]Hash, len(texts))
	for i, text := range texts {
		if path[i], err = ParseHex(text); err != nil {
			return err
		}
	}
	return Check(path, e.Size, root, index, leaf)
}

// sealed checks that the sealed result counts this log.
func (e Evidence) sealed(root Hash, shown string) error {
	sum := sha256.Sum256([]byte("hecai/v1/seal\n" + e.Seal))
	if shown != "" && Hex(sum) != shown {
		return wrong("密封成绩不是现场公布指纹的那一份", "the sealed result is not the one whose fingerprint was shown")
	}
	var s struct {
		Ballots []struct {
			Ballot string `json:"ballot"`
			Round  int    `json:"round"`
			Root   string `json:"root"`
		} `json:"ballots"`
	}
	if err := json.Unmarshal([]byte(e.Seal), &s); err != nil {
		return wrong("密封成绩读不出来", "the sealed result can't be read")
	}
	for _, b := range s.Ballots {
		if b.Ballot == e.Ballot && b.Round == e.Round {
			if b.Root != Hex(root) {
				return wrong("成绩是用另一个票箱密封的", "the result was sealed over another log")
			}
			return nil
		}
	}
	return wrong("密封成绩没有计入这一轮", "the sealed result does not count this round")
}
