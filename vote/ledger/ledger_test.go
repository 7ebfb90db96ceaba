package ledger

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"

	"hecai/contest"
)

// The leaves and roots below are the Merkle tree vectors of the Certificate
// Transparency project (RFC 6962), as every CT implementation tests them.
var (
	ctLeaves = []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	ctRoots  = []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	// the path of leaf 0 in the tree of 8
	ctPath = []string{
		"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
		"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
		"6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
	}
)

func TestTreeMatchesCertificateTransparency(t *testing.T) {
	var tree Tree
	for n, want := range ctRoots {
		if got := Hex(tree.Root()); got != want {
			t.Errorf("root of %d leaves is %s, want %s", n, got, want)
		}
		if n < len(ctLeaves) {
			data, _ := hex.DecodeString(ctLeaves[n])
			tree.Append(Leaf(string(data)))
		}
	}
	path, err := tree.Prove(0)
	if err != nil || len(path) != len(ctPath) {
		t.Fatalf("path has %d hashes, %v", len(path), err)
	}
	for i, want := range ctPath {
		if got := Hex(path[i]); got != want {
			t.Errorf("path[%d] = %s, want %s", i, got, want)
		}
	}
}

func TestProofsHoldAndForgeriesDoNot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tree Tree
		var leaves []Hash
		roots := map[int64]Hash{}
		for range rapid.IntRange(1, 70).Draw(t, "size") {
			leaf := Leaf(rapid.String().Draw(t, "record"))
			leaves = append(leaves, leaf)
			tree.Append(leaf)
			roots[tree.Size()] = tree.Root()
		}
		size, root := tree.Size(), tree.Root()
		i := rapid.Int64Range(0, size-1).Draw(t, "index")
		path, err := tree.Prove(i)
		if err != nil {
			t.Fatal(err)
		}
		if err := Check(path, size, root, i, leaves[i]); err != nil {
			t.Fatalf("good proof: %v", err)
		}
		if Check(path, size, root, i, Leaf("forged")) == nil {
			t.Fatal("forged leaf passed")
		}
	})
}

func TestProveOutsideTheTree(t *testing.T) {
	var tree Tree
	tree.Append(Leaf("a"))
	for _, i := range []int64{-1, 1} {
		if _, err := tree.Prove(i); err == nil {
			t.Errorf("proof of leaf %d in 1", i)
		}
	}
}

func TestRecordTexts(t *testing.T) {
	digest, _ := ParseHex(strings.Repeat("ab", 32))
	voter := strings.Repeat("0c", 16)
	tests := []struct {
		r    Record
		want string
	}{
		{Record{Kind: KindOpen, Ballot: "final", Round: 1, Digest: digest},
			"hecai/v1/open\nballot final\nround 1\ndefinition " + Hex(digest) + "\n"},
		{Record{Kind: KindVote, Ballot: "final", Round: 2, Voter: voter, Rev: 3, Digest: digest},
			"hecai/v1/vote\nballot final\nround 2\nvoter " + voter + "\nrev 3\ncommit " + Hex(digest) + "\n"},
		{Record{Kind: KindVote, Ballot: "final", Round: 2, Voter: voter, Rev: 3, Salt: saltHash("ab"), Digest: digest},
			"hecai/v2/vote\nballot final\nround 2\nvoter " + voter + "\nrev 3\nsalt " + Hex(saltHash("ab")) + "\ncommit " + Hex(digest) + "\n"},
		{Record{Kind: KindClose, Ballot: "final", Round: 1, Papers: 0, Digest: digest},
			"hecai/v1/close\nballot final\nround 1\npapers 0\nnonce " + Hex(digest) + "\n"},
	}
	for _, tt := range tests {
		if got := tt.r.Text(); got != tt.want {
			t.Errorf("text:\n%s\nwant:\n%s", got, tt.want)
		}
		back, err := ParseRecord(tt.want)
		if err != nil || back != tt.r {
			t.Errorf("parsed %+v, %v", back, err)
		}
		for _, bad := range []string{
			"", tt.want + "\n", strings.TrimSuffix(tt.want, "\n"), strings.Replace(tt.want, "round ", "round +", 1),
			strings.Replace(tt.want, "round ", "round 0", 1), strings.Replace(tt.want, "ballot final", "ballot a b", 1),
			strings.NewReplacer("v1", "v2", "v2", "v1").Replace(tt.want), tt.want + "rev 3\n", strings.ToUpper(tt.want),
		} {
			if got, err := ParseRecord(bad); err == nil {
				t.Errorf("took %q as %+v", bad, got)
			}
		}
	}
}

func TestCommitmentHidesAndBinds(t *testing.T) {
	base := Opening{Ballot: "final", Round: 1, Voter: strings.Repeat("ab", 16), Rev: 1, Choice: []contest.EntryID{"e1", "e2"}, ClientSalt: "01", Salt: "02"}
	// Golden, worked out apart from this code: a change breaks every receipt
	// that was given out.
	if got, want := Hex(Commit(base)), "20ec2228bfb456937d2aa3bbf93bc63f8366b4df910c4a7f3be7c07e3646bd87"; got != want {
		t.Errorf("commitment %s, want %s", got, want)
	}
	seen := map[Hash]int{Commit(base): -1}
	for i, edit := range []func(*Opening){
		func(o *Opening) { o.Ballot = "fina" },
		func(o *Opening) { o.Round = 2 },
		func(o *Opening) { o.Voter = strings.Repeat("ac", 16) },
		func(o *Opening) { o.Rev = 2 },
		func(o *Opening) { o.Choice = []contest.EntryID{"e1e2"} },
		func(o *Opening) { o.Choice = []contest.EntryID{"e1"} },
		func(o *Opening) { o.Choice = []contest.EntryID{"e1", "e2", ""} },
		func(o *Opening) { o.ClientSalt, o.Salt = "0102", "" },
		func(o *Opening) { o.ClientSalt, o.Salt = "", "0102" },
	} {
		o := base
		edit(&o)
		if j, ok := seen[Commit(o)]; ok {
			t.Errorf("openings %d and %d have one commitment", i, j)
		}
		seen[Commit(o)] = i
	}
}

// TestEachDeviceHasARecordOfItsOwn: two voters with the same everything but the
// salt that their device chose get two leaves, and each can tell its own.
func TestEachDeviceHasARecordOfItsOwn(t *testing.T) {
	o := Opening{Ballot: "final", Round: 1, Voter: strings.Repeat("ab", 16), Rev: 1, Choice: []contest.EntryID{"e1"}, ClientSalt: "01", Salt: "02"}
	other := o
	other.ClientSalt = "03"
	leaf := Leaf(o.Record().Text())
	if leaf == Leaf(other.Record().Text()) {
		t.Error("two devices share a leaf")
	}
	if r, ok := o.Find(leaf); !ok || r.Salt != saltHash("01") {
		t.Errorf("own leaf: %+v, %v", r, ok)
	}
	if _, ok := other.Find(leaf); ok {
		t.Error("another's leaf is taken for one's own")
	}
	first := o.Record()
	first.Salt = Hash{}
	if r, ok := o.Find(Leaf(first.Text())); !ok || r.Salt != (Hash{}) {
		t.Errorf("a record of the first form: %+v, %v", r, ok)
	}
	// Golden, worked out apart from this code: pages compute the same.
	if got, want := Hex(saltHash("00ff")), "398e54d31fdc30c256c9d768214626adc20e8ca5e06048af8c6c941ffa71bee8"; got != want {
		t.Errorf("salt hash %s, want %s", got, want)
	}
}

func TestPseudonymsCannotBeLinked(t *testing.T) {
	key := []byte("0123456789abcdef")
	a := Pseudonym(key, "final", 1, 7)
	if a != Pseudonym(key, "final", 1, 7) || !isPseudonym(a) {
		t.Errorf("pseudonym %q", a)
	}
	for _, b := range []string{Pseudonym(key, "final", 2, 7), Pseudonym(key, "fina", 1, 7), Pseudonym(key, "final", 1, 8), Pseudonym(key[1:], "final", 1, 7)} {
		if a == b {
			t.Error("two voters, rounds or ballots share a pseudonym")
		}
	}
}

func testKey(b byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{b}, ed25519.SeedSize))
}

func TestPromise(t *testing.T) {
	key := testKey(1)
	pub := key.Public().(ed25519.PublicKey)
	p := Promise(key, "example.com/hecai", "aa")
	if !CheckPromise(pub, "example.com/hecai", "aa", p) {
		t.Error("good promise refused")
	}
	if CheckPromise(pub, "example.com/hecai", "ab", p) || CheckPromise(pub, "example.com/other", "aa", p) ||
		CheckPromise(testKey(2).Public().(ed25519.PublicKey), "example.com/hecai", "aa", p) ||
		CheckPromise(nil, "example.com/hecai", "aa", p) || CheckPromise(pub, "example.com/hecai", "aa", "!") {
		t.Error("bad promise taken")
	}
}

// TestSignerMatchesTheNoteVector signs the example of the note package's own
// documentation and gets its signature, so any C2SP tool reads ours.
func TestSignerMatchesTheNoteVector(t *testing.T) {
	const (
		vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
		text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
		want = text + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
	)
	seed, err := base64.StdEncoding.DecodeString("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")
	if err != nil {
		t.Fatal(err)
	}
	key := ed25519.NewKeyFromSeed(seed[1:])
	if got, err := VerifierKey("PeterNeumann", key.Public().(ed25519.PublicKey)); err != nil || got != vkey {
		t.Fatalf("verifier key %q, %v", got, err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	got, err := note.Sign(&note.Note{Text: text}, signer{Verifier: v, key: key})
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestCheckpointText reads the example of c2sp.org/tlog-checkpoint.
func TestCheckpointText(t *testing.T) {
	const text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
	c, err := parseText(text)
	if err != nil || c.Origin != "example.com/behind-the-sofa" || c.Size != 20852163 || c.Text() != text {
		t.Fatalf("got %+v, %v", c, err)
	}
	for _, bad := range []string{
		"", "\n", text + "extension\n", strings.Replace(text, "20852163", "020852163", 1), strings.Replace(text, "20852163", "-1", 1),
		strings.Replace(text, "20852163", "+1", 1), strings.Replace(text, "=\n", "\n", 1), strings.Replace(text, "-the-", " the ", 1),
		strings.TrimSuffix(text, "\n"), strings.Replace(text, "q2I=", "q2J=", 1),
	} {
		if _, err := parseText(bad); err == nil {
			t.Errorf("took %q", bad)
		}
	}
}

func verifier(origin string, key ed25519.PublicKey) note.Verifier {
	v, err := verifierKey(origin, key)
	if err != nil {
		panic(err)
	}
	return v
}

func TestCheckpointSignedAndOpened(t *testing.T) {
	key, origin := testKey(1), "example.com/hecai"
	pub := key.Public().(ed25519.PublicKey)
	var tree Tree
	tree.Append(Leaf("a"))
	c := Checkpoint{Origin: origin, Size: tree.Size(), Root: tree.Root()}
	msg, err := c.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := parseCheckpoint(msg, verifier(origin, pub)); err != nil || got != c {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := parseCheckpoint(msg, verifier(origin, testKey(2).Public().(ed25519.PublicKey))); err == nil {
		t.Error("opened with another key")
	}
	if _, err := parseCheckpoint(msg, verifier("example.com/other", pub)); err == nil {
		t.Error("opened as another log")
	}
	if _, err := parseCheckpoint(bytes.Replace(msg, []byte("\n1\n"), []byte("\n2\n"), 1), verifier(origin, pub)); err == nil {
		t.Error("opened after a change")
	}
	if _, err := (Checkpoint{Origin: "two words"}).Sign(key); err == nil {
		t.Error("signed for an origin that cannot name a key")
	}
	// A note signed by the right key but for another origin line.
	other := Checkpoint{Origin: "example.com/other", Size: 1}
	v, _ := verifierKey(origin, pub)
	forged, err := note.Sign(&note.Note{Text: other.Text()}, signer{Verifier: v, key: key})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseCheckpoint(forged, verifier(origin, pub)); err == nil {
		t.Error("opened another log's checkpoint")
	}
}

func TestParseHex(t *testing.T) {
	good := strings.Repeat("0f", 32)
	if h, err := ParseHex(good); err != nil || Hex(h) != good {
		t.Errorf("got %v, %v", h, err)
	}
	for _, bad := range []string{"", good[1:], good + "0", strings.ToUpper(good), strings.Repeat("zz", 32)} {
		if _, err := ParseHex(bad); err == nil {
			t.Errorf("took %q", bad)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	for _, kind := range []string{KindOpen, KindVote, KindClose} {
		f.Add(Record{Kind: kind, Ballot: "final", Round: 1, Voter: strings.Repeat("0c", 16), Rev: 3, Papers: 2}.Text())
	}
	f.Add("hecai/v1/vote\nballot final\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRecord(text)
		if err == nil && r.Text() != text {
			t.Errorf("%q reads as %+v and writes as %q", text, r, r.Text())
		}
	})
}

func FuzzParseCheckpoint(f *testing.F) {
	key, origin := testKey(1), "example.com/hecai"
	pub := key.Public().(ed25519.PublicKey)
	good, err := Checkpoint{Origin: origin, Size: 3}.Sign(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"))
	f.Fuzz(func(t *testing.T, msg []byte) {
		if c, err := parseText(string(msg)); err == nil && c.Text() != string(msg) {
			t.Errorf("%q reads as %+v", msg, c)
		}
		// Nothing but our own signature opens: the text must be the signed one.
		if c, err := parseCheckpoint(msg, verifier(origin, pub)); err == nil && !bytes.HasPrefix(good, []byte(c.Text())) {
			t.Errorf("opened %q", msg)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	var tree Tree
	leaf := Leaf("a")
	for b.Loop() {
		tree.Append(leaf)
	}
}

// TestAProofSaysEachThingOnce: of a name that is there twice a reader shows the one
// and this program checks the other; and what follows a proof is not of it.
func TestAProofSaysEachThingOnce(t *testing.T) {
	for _, tt := range []struct {
		text, says string
	}{
		{`{"form": "hecai/v1/evidence", "ballot": "a", "ballot": "b"}`, `"ballot" is there twice`},
		{`{"form": "hecai/v1/evidence", "ballot": "a", "Ballot": "b"}`, `"Ballot" is there twice`},
		{`{"path": [{"a": 1, "a": 1}]}`, `"a" is there twice`},
		{`{"form": "hecai/v1/evidence"}}`, "something follows"},
		{`{"form": "hecai/v1/evidence"}]`, "something follows"},
		{`{"form": "hecai/v1/evidence"} {}`, "something follows"},
		{`{"form": "hecai/v1/evidence"} x`, "something follows"},
		{`{"form": "hecai/v1`, "cut short"},
		{``, "cut short"},
		{`{"form": "hecai/v1/evidence", "more": 1}`, "no proof of Hecai"},
		{`<html>`, "no proof of Hecai"},
	} {
		if _, err := ParseEvidence([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %q", tt.text, err, tt.says)
		}
	}
	if _, err := ParseEvidence([]byte("{\"form\": \"hecai/v1/evidence\", \"path\": [\"a\", \"a\"]}\n")); err != nil {
		t.Error(err)
	}
}
