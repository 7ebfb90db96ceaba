package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	stagecue "hecai/stage/cue"
	"hecai/store/storetest"
	"hecai/vote"
	"hecai/vote/ledger"
)

// pollBallot makes an open ballot whose figures are public, so that its log is
// public once it has closed.
func pollBallot(t *testing.T, org *Client, id string) []string {
	t.Helper()
	entries := importEntries(org, 3)
	org.Do("POST", "/v1/admin/ballots", object{"id": id, "title": "示例投票", "session": "final", "entries": entries,
		"visibility": "live", "quota": object{"max": 1, "change": true}}, nil)
	org.Do("POST", "/v1/admin/ballots/"+id+"/open", object{"seconds": 0}, nil)
	return entries
}

type castReply struct {
	Receipt vote.Receipt
}

func (c *Client) cast(ballot, entry string, rev int, salt string) vote.Receipt {
	c.t.Helper()
	var out castReply
	c.Do("POST", "/v1/votes", object{"ballot": ballot, "rev": rev, "choice": []string{entry}, "salt": salt}, &out)
	return out.Receipt
}

// closing waits for the fingerprint of the closed round.
func (c *Client) closing(ballot string, round int) string {
	c.t.Helper()
	var board struct {
		Closing string
		Round   int
		Note    string
	}
	for deadline := time.Now().Add(patience); board.Closing == "" || board.Round != round; time.Sleep(10 * time.Millisecond) {
		c.Do("GET", "/v1/ballots/"+ballot, nil, &board)
		if time.Now().After(deadline) {
			c.t.Fatalf("no fingerprint: %+v", board)
		}
	}
	return board.Closing
}

// TestReceiptsOfEveryRoundAreProven: by public bytes alone, also after a new
// round, and the offline command says the same.
func TestReceiptsOfEveryRoundAreProven(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	entries := pollBallot(t, h.org, "poll")
	var key struct{ Origin, Key string }
	h.client().Do("GET", "/v1/ledger", nil, &key) // from before the vote
	phone, salt := h.phone(), strings.Repeat("0a", 16)
	one := phone.cast("poll", entries[0], 1, salt)
	again := phone.cast("poll", entries[0], 1, salt)
	if again != one || one.Record == "" {
		t.Fatalf("the receipt of a repeat is %+v, not %+v", again, one)
	}
	for range 5 {
		h.phone().cast("poll", entries[1], 1, salt) // the same salt, and yet records of their own
	}
	phone.Refused("vote.proof_later", "GET", "/v1/ballots/poll/proof?leaf="+one.Leaf, nil)
	h.org.Do("POST", "/v1/admin/ballots/poll/close", object{}, nil)
	fingerprint := h.client().closing("poll", 1)

	prove := func(r vote.Receipt) ledger.Evidence {
		t.Helper()
		var e ledger.Evidence
		h.client().Do("GET", "/v1/ballots/poll/proof?leaf="+r.Leaf, nil, &e)
		e.Record, e.Salt = r.Record, salt
		return e
	}
	first := prove(one)
	known := ledger.Trusted{Key: key.Key, Fingerprint: fingerprint}
	if err := first.Check(known); err != nil || first.Round != 1 || first.Size != 8 {
		t.Fatalf("proof of round %d, size %d: %v", first.Round, first.Size, err)
	}
	first.Salt = strings.Repeat("0b", 16)
	if first.Check(known) == nil {
		t.Error("another device's record was taken for one's own")
	}

	h.org.Refused("ballot.closed", "POST", "/v1/admin/ballots/poll/open", object{"seconds": 9})
	if err := prove(one).Check(known); err != nil {
		t.Errorf("after a refused opening: %v", err)
	}
	h.org.Refused("ballot.note", "POST", "/v1/admin/ballots/poll/round", object{"reason": ""})
	h.org.Do("POST", "/v1/admin/ballots/poll/round", object{"reason": "设备故障，重新投票"}, nil)
	h.org.Do("POST", "/v1/admin/ballots/poll/open", object{"seconds": 60}, nil)
	h.org.Do("POST", "/v1/admin/ballots/poll/extend", object{"seconds": 30}, nil)
	two := phone.cast("poll", entries[2], 1, salt)
	h.org.Do("POST", "/v1/admin/ballots/poll/close", object{}, nil)
	second := h.client().closing("poll", 2)
	if err := prove(one).Check(known); err != nil {
		t.Errorf("the first round's receipt: %v", err)
	}
	if err := prove(two).Check(ledger.Trusted{Key: key.Key, Fingerprint: second}); err != nil {
		t.Errorf("the second round's receipt: %v", err)
	}
	var mine struct {
		Choice   []string
		Receipts []vote.Receipt
	}
	phone.Do("GET", "/v1/votes/mine?ballot=poll", nil, &mine)
	if len(mine.Receipts) != 2 || mine.Receipts[0] != one || mine.Receipts[1] != two || len(mine.Choice) != 0 {
		t.Errorf("after the close: %+v", mine)
	}

	var whole ledger.Evidence
	h.client().Do("GET", "/v1/ballots/poll/log?round=1", nil, &whole)
	if err := whole.Check(known); err != nil || len(whole.Leaves) != 8 {
		t.Errorf("the whole log: %d leaves, %v", len(whole.Leaves), err)
	}
	h.client().Refused("vote.unknown_round", "GET", "/v1/ballots/poll/log?round=3", nil)
	h.client().Refused("http.malformed", "GET", "/v1/ballots/poll/log?round=first", nil)
	h.client().Refused("vote.unknown_ballot", "GET", "/v1/ballots/none/log", nil)

	// The same by the program alone.
	file := filepath.Join(t.TempDir(), "proof.json")
	write := func(e ledger.Evidence) {
		body, err := json.Marshal(e)
		if err == nil {
			err = os.WriteFile(file, body, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write(whole)
	if code, out, said := launch(t, "verify", file, "--key", key.Key, "--fingerprint", fingerprint); code != 0 || !strings.Contains(out, "成立") {
		t.Errorf("verify: %d %s %s", code, out, said)
	}
	// One vote's, with the promise of its receipt; then as a hand would spoil it.
	proof := prove(two)
	proof.Promise = two.Promise
	write(proof)
	verify := func(code int, says string, args ...string) {
		t.Helper()
		got, out, said := launch(t, append([]string{"verify", file}, args...)...)
		if got != code || !strings.Contains(out+said, says) || strings.Count(strings.TrimSpace(said), "\n") > 0 {
			t.Errorf("verify %v: %d %s%s, want %d with %q", args, got, out, said, code, says)
		}
	}
	verify(0, "承诺已兑现", "--key", key.Key, "--fingerprint", second)
	verify(1, "截止时公布指纹", "--key", key.Key, "--fingerprint", fingerprint)
	verify(1, "不是给定的那一把", "--key", key.Key[:len(key.Key)-1]+"!")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	proof.Promise = one.Promise
	write(proof)
	verify(1, "承诺", "--key", key.Key)
	spoil := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, bad := range []struct{ text, says string }{
		{string(good[:len(good)/2]), "不完整"}, {"", "不完整"}, {"今晚的投票", "不是喝彩的凭证"}, {"{}", "不是喝彩的凭证"}, {`{"name":"foreign"}`, "不是喝彩的凭证"},
		{`{"error":{"code":"vote.proof_later","kind":"conflict"}}`, "vote.proof_later"},
		{string(good) + "{}", "多余的内容"}, {string(good) + "}", "多余的内容"}, {strings.Replace(string(good), `"promise"`, `"promise":"x","promise"`, 1), "出现了两次"}, {strings.Replace(string(good), `"promise"`, `"promisd"`, 1), "被改过"},
	} {
		spoil(bad.text)
		verify(1, bad.says, "--key", key.Key)
	}

	// A receipt by itself shows what was promised, and no more.
	body, err := json.Marshal(two)
	if err != nil {
		t.Fatal(err)
	}
	spoil(string(body))
	verify(0, "签名承诺过", "--key", key.Key)
	verify(2, "--key")
	spoil(strings.Replace(string(body), `"promise":"`+two.Promise[:1], `"promise":"`+string(two.Promise[0]^1), 1))
	verify(1, "承诺", "--key", key.Key)
	spoil(strings.Replace(string(body), `rev 1`, `rev 2`, 1))
	verify(1, "对不上", "--key", key.Key)
	if got, _, said := launch(t, "verify", file+".none"); got != 2 || !strings.HasPrefix(said, "hecai: 读不到文件") {
		t.Errorf("no such file: %d %s", got, said)
	}

	whole.Leaves[3] = whole.Leaves[4]
	write(whole)
	if code, _, said := launch(t, "verify", file, "--key", key.Key); code != 1 || !strings.Contains(said, "不成立") {
		t.Errorf("verify a changed log: %d %s", code, said)
	}
}

// TestRewrittenVotesAreFound: someone with the database rewrites votes and the
// count to fit, while the server is down. It starts, says so on the desk, and
// neither proves nor seals over what was rewritten.
func TestRewrittenVotesAreFound(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	n := newNode(t, "--data", data)
	org := n.organiser()
	entries := pollBallot(t, org, "poll")
	phone := n.phone()
	r := phone.cast("poll", entries[0], 1, "0a")
	org.Do("POST", "/v1/admin/ballots/poll/close", object{}, nil)
	n.client().closing("poll", 1)
	n.Stop(20 * time.Second)

	storetest.Harm(t, data, `UPDATE vote_event SET choice = '2'`)
	storetest.Harm(t, data, `UPDATE tally SET votes = '[0,1,0]'`)
	n.Start()
	alarmed := func() bool {
		var desk struct{ Alarms []stagecue.Alarm }
		org.Do("GET", "/v1/stage/final/desk", nil, &desk)
		for _, a := range desk.Alarms {
			if a.Code == stagecue.AlarmVotesChanged && a.Args["title"] == "示例投票" {
				return true
			}
		}
		return false
	}
	for deadline := time.Now().Add(patience); !alarmed(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody was told")
		}
	}
	phone.Refused("vote.miscount", "GET", "/v1/ballots/poll/proof?leaf="+r.Leaf, nil)
}
