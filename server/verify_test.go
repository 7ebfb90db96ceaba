package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hecai/vote/ledger"
)

// TestAReceiptSaysWhatItsRecordSays: the promise covers the record, so what stands
// beside it must agree, or nothing is said to hold.
func TestAReceiptSaysWhatItsRecordSays(t *testing.T) {
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	key, err := ledger.VerifierKey("hecai/test", private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	record := ledger.Record{Kind: ledger.KindVote, Ballot: "popularity", Round: 1, Voter: strings.Repeat("ab", 16), Rev: 1}.Text()
	good := map[string]any{"ballot": "popularity", "round": 1, "record": record, "leaf": ledger.Hex(ledger.Leaf(record)),
		"promise": ledger.Promise(private, "hecai/test", ledger.Hex(ledger.Leaf(record)))}
	check := func(change map[string]any) error {
		receipt := map[string]any{}
		for k, v := range good {
			receipt[k] = v
		}
		for k, v := range change {
			receipt[k] = v
		}
		text, err := json.Marshal(receipt)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "receipt.json")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return verifyCommand{File: file, Key: key}.run(t.Context(), &bytes.Buffer{})
	}
	if err := check(nil); err != nil {
		t.Errorf("a sound receipt: %v", err)
	}
	for name, change := range map[string]map[string]any{
		"another ballot": {"ballot": "president"}, "no ballot": {"ballot": ""}, "another round": {"round": 2}, "no record": {"record": ""},
		"another record": {"record": strings.Replace(record, "popularity", "president", 1), "ballot": "president"},
	} {
		if err := check(change); err == nil {
			t.Errorf("%s holds", name)
		}
	}
}
