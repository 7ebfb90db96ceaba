package e2e

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hecai/hub/client"
	"hecai/store/storetest"
)

const takesOfFinal = "/v1/admin/sessions/final/takes"

type takeRow struct {
	Show                 string
	Take                 int
	Began, Ended, Purged int64
	By                   string
}

// rehearse has a take of the show played, of which nothing is left then.
func (w *world) rehearse(play func()) {
	w.t.Helper()
	var take takeRow
	w.org.Do("POST", takesOfFinal, object{}, &take)
	w.show, w.ballot = take.Show, fmt.Sprintf("b~%d", take.Take)
	play()
	w.show, w.ballot = "final", "b"
	w.org.Do("POST", fmt.Sprintf("%s/%d/end", takesOfFinal, take.Take), nil, nil)
	w.org.Do("DELETE", fmt.Sprintf("%s/%d", takesOfFinal, take.Take), nil, nil)
}

// TestAShowIsRehearsed: a rehearsal plays the whole night with what the show will have,
// is ended, takes nothing more, and is purged; the show has a fact of it and is
// otherwise as it was before. Then the show itself runs.
func TestAShowIsRehearsed(t *testing.T) {
	t.Parallel()
	s := randomShow(rand.New(rand.NewPCG(20240927, 7)))
	s.tries = nil
	w := s.open(t)
	listener, err := w.anon.socket(t.Context(), client.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := listener.Sub(nil, "on/final"); err != nil {
		t.Fatal(err)
	}
	hears := func(show string) { // it follows no stage: one who does is counted in the pulse
		t.Helper()
		var doc []byte
		for end := time.Now().Add(patience); !strings.Contains(string(doc), fmt.Sprintf(`"show":%q`, show)); time.Sleep(5 * time.Millisecond) {
			if doc, _ = listener.Doc("on/final"); time.Now().After(end) {
				t.Fatalf("%s is not on: %s", show, doc)
			}
		}
	}
	hears("final")
	judge := w.org.link("judge", s.judges[0], "final")
	mine := newClient(t, w.url)
	mine.Do("POST", "/v1/device", object{}, nil)
	mine.Refused("vote.unknown_ballot", "POST", "/v1/votes", object{"ballot": "none", "rev": 1})
	before := w.get("/v1/stage/final")
	boardBefore := w.get("/v1/ballots/b")
	rowsBefore := storetest.Tables(t, w.data)

	var take takeRow
	w.org.Do("POST", takesOfFinal, object{}, &take)
	if take.Show != "final~1" || take.Take != 1 || take.Ended != 0 || take.By != "组织者" {
		t.Fatalf("the take is %+v", take)
	}
	hears("final~1")
	w.org.Refused("take.on", "POST", takesOfFinal, object{})
	w.org.Refused("take.not_ended", "DELETE", takesOfFinal+"/1", nil)
	for _, c := range []struct {
		method, path string
		body         any
	}{
		{"PUT", "/v1/admin/rundown/final~1", object{"session": "final", "title": "示例", "subtitle": "", "cues": []object{}}},
		{"PUT", "/v1/admin/sessions/final~1/entries", object{"entries": []string{}}},
		{"PUT", "/v1/admin/sessions/final~1/panel", object{"judges": []string{}}},
		{"POST", "/v1/admin/links", object{"role": "host", "name": "示例", "session": "final~1"}},
		{"POST", "/v1/admin/ballots", object{"id": "b~1", "title": "示例", "session": "final", "visibility": "live"}},
		{"DELETE", "/v1/admin/ballots/b~1", nil},
	} {
		w.org.Refused("take.live", c.method, c.path, c.body)
	}
	w.show, w.ballot = "final~1", "b~1"
	s.evening(w, false)
	var view struct{ Session struct{ ID, Mode string } }
	w.anon.Do("GET", "/v1/stage/final~1", nil, &view)
	if view.Session.ID != "final~1" || view.Session.Mode != "rehearsal" {
		t.Errorf("the rehearsal calls itself %+v", view.Session)
	}
	var overview struct{ Ballots []struct{ ID string } }
	w.org.Do("GET", "/v1/admin/overview", nil, &overview)
	if len(overview.Ballots) != 1 {
		t.Errorf("ballots of the contest: %+v", overview.Ballots)
	}
	if got := w.get("/v1/stage/final"); string(got) != string(before) {
		t.Errorf("the show itself moved:\n%s\nwas\n%s", got, before)
	}
	if got := w.get("/v1/ballots/b"); string(got) != string(boardBefore) {
		t.Errorf("the show's own ballot moved:\n%s\nwas\n%s", got, boardBefore)
	}

	var ended, again takeRow
	w.org.Do("POST", takesOfFinal+"/1/end", nil, &ended)
	w.org.Do("POST", takesOfFinal+"/1/end", nil, &again)
	if ended.Ended == 0 || again != ended {
		t.Errorf("ended %+v, again %+v", ended, again)
	}
	hears("final")
	w.org.Refused("take.over", "POST", "/v1/stage/final~1/commands", object{"kind": "blackout"})
	judge.Refused("take.over", "GET", "/v1/judge?session=final~1", nil)
	mine.Refused("vote.closed", "POST", "/v1/votes", object{"ballot": "b~1", "rev": 1, "choice": s.entries[:1]})

	var purged takeRow
	w.org.Do("DELETE", takesOfFinal+"/1", nil, &purged)
	w.org.Do("DELETE", takesOfFinal+"/1", nil, &again)
	if purged.Purged == 0 || again != purged {
		t.Errorf("purged %+v, again %+v", purged, again)
	}
	w.anon.Refused("vote.unknown_ballot", "GET", "/v1/ballots/b~1", nil)
	rows := storetest.Tables(t, w.data)
	for table, had := range rowsBefore {
		switch table {
		case "show", "take", "change", "counter", "voter", "link", "staff_session": // who was here, and that there was a rehearsal
		case "fact":
			fresh := slices.DeleteFunc(slices.Clone(rows[table]), func(r string) bool { return slices.Contains(had, r) })
			if len(fresh) != 1 || !strings.Contains(fresh[0], "take_purged") {
				t.Errorf("the show has these facts of its rehearsal: %q", fresh)
			}
		default:
			if !slices.Equal(rows[table], had) {
				t.Errorf("%s is %q, was %q", table, rows[table], had)
			}
		}
	}
	if got := w.get("/v1/stage/final"); string(got) != string(before) {
		t.Errorf("the purge is to be seen:\n%s\nwas\n%s", got, before)
	}
	var list struct {
		On       string
		UnderWay bool
		Takes    []takeRow
	}
	w.org.Do("GET", takesOfFinal, nil, &list)
	if list.On != "final" || list.UnderWay || len(list.Takes) != 1 || list.Takes[0] != purged {
		t.Errorf("the takes are %+v", list)
	}
	if code, out, said := launch(t, "verify", w.data); code != 0 || !strings.Contains(out, "rehearsal JL-2024/final~1") {
		t.Errorf("verify: %d\n%s%s", code, out, said)
	}

	w.show, w.ballot = "final", "b"
	w.observe() // the show itself, step by step
	defer w.close()
	w.fire("idle")
	w.org.Refused("take.under_way", "POST", takesOfFinal, object{})
	w.org.Do("POST", takesOfFinal, object{"sure": true}, &take)
	if take.Take != 2 {
		t.Errorf("the second take is %+v", take)
	}
	hears("final~2")
	w.org.Do("POST", takesOfFinal+"/2/end", nil, nil)
	s.evening(w, false)
}

// TestWhatIsLeftOfARehearsalIsTold: a purged take of which rows are there again is named.
func TestWhatIsLeftOfARehearsalIsTold(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.org.Do("POST", takesOfFinal, object{}, nil)
	h.org.Do("POST", takesOfFinal+"/1/end", nil, nil)
	h.org.Do("DELETE", takesOfFinal+"/1", nil, nil)
	h.stop()
	storetest.Harm(t, h.data, `INSERT INTO sheet_lock (show, entry, at) VALUES ('JL-2024/final~1', 'x', 1)`)
	if code, out, _ := launch(t, "verify", h.data); code != 1 || !strings.Contains(out, "rows of JL-2024/final~1 are left") {
		t.Errorf("verify: %d\n%s", code, out)
	}
}

// TestARehearsalIsFoundAfterARestart: it is on where it was, with its ballots, and its
// number is not given again.
func TestARehearsalIsFoundAfterARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := newNodeIn(t, nil, "--data", filepath.Join(dir, "data"))
	org := n.organiser()
	org.Do("POST", takesOfFinal, object{}, nil)
	n.Stop(20 * time.Second)
	n.Start()
	var on struct {
		Show string
		Take int
	}
	n.client().Do("GET", "/v1/on/final", nil, &on)
	if on.Show != "final~1" || on.Take != 1 {
		t.Errorf("after a restart is on %+v", on)
	}
	org.Do("POST", "/v1/stage/final~1/commands", object{"kind": "blackout"}, nil)
}

// TestARehearsalWithABrokenBallotEnds: rows that contradict each other keep nobody in a
// rehearsal, and go with it.
func TestARehearsalWithABrokenBallotEnds(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	n := newNodeIn(t, nil, "--data", data)
	org := n.organiser()
	entries := importEntries(org, 3)
	org.Do("POST", "/v1/admin/ballots", object{"id": "b", "title": "示例", "session": "final", "entries": entries, "visibility": "live", "quota": object{"max": 1}}, nil)
	org.Do("POST", takesOfFinal, object{}, nil)
	org.Do("POST", "/v1/admin/ballots/b~1/open", object{"seconds": 0}, nil)
	n.phone().Do("POST", "/v1/votes", object{"ballot": "b~1", "rev": 1, "choice": entries[:1]}, nil)
	n.Stop(20 * time.Second)
	storetest.Harm(t, data, `UPDATE tally SET votes = '?' || votes WHERE ballot_no = (SELECT no FROM ballot WHERE id = 'JL-2024/b~1')`)
	n.Start()
	org.Refused("ballot.aside", "POST", "/v1/admin/ballots/b~1/close", object{})
	org.Do("POST", takesOfFinal+"/1/end", nil, nil)
	var on struct{ Show string }
	n.client().Do("GET", "/v1/on/final", nil, &on)
	if on.Show != "final" {
		t.Errorf("after the end %s is on", on.Show)
	}
	org.Do("DELETE", takesOfFinal+"/1", nil, nil)
	n.phone().Refused("vote.unknown_ballot", "GET", "/v1/ballots/b~1", nil)
	org.Do("POST", takesOfFinal, object{}, nil)
}
