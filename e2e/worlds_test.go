package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hecai/contest"
	"hecai/hub/client"
	"hecai/server/app"
)

// worlds is how many random shows CI plays, each in two worlds.
const worlds = 50

// TestTwoWorlds plays random shows twice: once as they are, and once with the
// results of two entries exchanged. Every byte that a phone, a screen and a
// host get, over HTTP and WebSocket, must be equal up to the step that reveals
// a fact in which the worlds differ. Frames of one topic are compared in order;
// which of two topics speaks first within a step is left open, since they are
// independent streams.
func TestTwoWorlds(t *testing.T) {
	shows := worlds
	if testing.Short() || os.Getenv("REQUIRE_ALL") != "1" {
		shows = worlds / 5 // two minutes less for whoever runs all tests by hand
	}
	base := uint64(20240927)
	if s := os.Getenv("WORLDS_SEED"); s != "" {
		fmt.Sscan(s, &base)
	}
	var told atomic.Int64
	t.Run("shows", func(t *testing.T) {
		for i := range shows {
			t.Run(fmt.Sprintf("seed %d", base+uint64(i)), func(t *testing.T) {
				t.Parallel()
				s := randomShow(rand.New(rand.NewPCG(base+uint64(i), 7)))
				a, b := s.play(t, false), s.play(t, true)
				if s.compare(t, a, b) {
					told.Add(1)
				}
			})
		}
	})
	if told.Load() < int64(shows)/2 {
		t.Errorf("the worlds parted before the verification in %d of %d shows: too few to prove anything", told.Load(), shows)
	}
}

// script is a random show.
type script struct {
	entries []string
	judges  []string
	marks   map[string]map[string]int // by entry, judge: hundredths, equal on all criteria
	votes   []string                  // one a phone
	swap    [2]string                 // the entries whose results are exchanged in the other world
	quotas  []int
	hidden  string // visibility of the ballot
	cues    []object
}

func randomShow(rng *rand.Rand) *script {
	s := &script{marks: map[string]map[string]int{}, hidden: []string{"hidden", "count"}[rng.IntN(2)]}
	for i := range 5 + rng.IntN(5) {
		s.entries = append(s.entries, fmt.Sprintf("E%02d", i+1))
	}
	for i := range 5 + rng.IntN(3) { // the plan's quorum is 5
		s.judges = append(s.judges, fmt.Sprintf("j%d", i+1))
	}
	for _, e := range s.entries {
		s.marks[e] = map[string]int{}
		for _, j := range s.judges {
			s.marks[e][j] = 5000 + rng.IntN(4900)
		}
	}
	for range 4 + rng.IntN(6) {
		s.votes = append(s.votes, s.entries[rng.IntN(len(s.entries))])
	}
	pair := rng.Perm(len(s.entries))
	s.swap = [2]string{s.entries[pair[0]], s.entries[pair[1]]}
	s.quotas = []int{1, 1 + rng.IntN(2), 1 + rng.IntN(2), 1 + rng.IntN(2)}
	s.cues = s.rundown(rng)
	return s
}

// rundown makes the cues of the show: what is revealed, and in which order,
// differs from show to show.
func (s *script) rundown(rng *rand.Rand) []object {
	cue := func(id string, actions ...object) object {
		dangerous := id == "seal" || id == "frozen" || id == "tally" || id == "verify" || strings.HasPrefix(id, "award-")
		return object{"id": id, "title": "示例 " + id, "line": "示例台词", "confirm": dangerous, "actions": actions}
	}
	out := []object{
		cue("idle", object{"kind": "scene", "scene": "idle"}),
		cue("card", object{"kind": "entry", "entry": s.entries[rng.IntN(len(s.entries))]}, object{"kind": "scene", "scene": "entry"}),
		cue("sheets", object{"kind": "sheets_open", "entry": "*"}),
		cue("vote", object{"kind": "ballot_open", "ballot": "b", "seconds": 0}, object{"kind": "scene", "scene": "vote"}),
		cue("close", object{"kind": "ballot_close", "ballot": "b"}),
		cue("lock", object{"kind": "sheets_lock", "entry": "*"}),
	}
	if rng.IntN(2) == 0 {
		out = append(out, cue("marks", object{"kind": "scene", "scene": "marks"},
			object{"kind": "reveal", "what": "marks", "entry": s.entries[rng.IntN(len(s.entries))]}))
	}
	out = append(out, cue("seal", object{"kind": "seal", "ballot": "b"}))
	if rng.IntN(3) == 0 {
		out = append(out, cue("frozen", object{"kind": "scene", "scene": "board"},
			object{"kind": "reveal", "what": "board", "label": "示例榜", "from": 2 + rng.IntN(len(s.entries))}))
	}
	levels := []string{"excellence", "third", "second", "first"}
	for _, level := range levels {
		out = append(out, cue("award-"+level, object{"kind": "scene", "scene": "award"}, object{"kind": "reveal", "what": "award", "award": level}))
	}
	if rng.IntN(2) == 0 {
		out = append(out, cue("tally", object{"kind": "reveal", "what": "tally", "ballot": "b"}))
	}
	return append(out, cue("verify", object{"kind": "scene", "scene": "verify"}, object{"kind": "reveal", "what": "verify"}))
}

// in says whose results an entry has in this world.
func (s *script) in(entry string, swapped bool) string {
	if swapped && entry == s.swap[0] {
		return s.swap[1]
	}
	if swapped && entry == s.swap[1] {
		return s.swap[0]
	}
	return entry
}

// transcript is what observers got: by step, then by stream.
type transcript struct {
	steps []map[string][]byte
	facts []wireFact
	at    []int // facts known after each step
}

type wireFact struct {
	Seq  int64           `json:"seq"`
	At   int64           `json:"at"`
	Kind string          `json:"kind"`
	Body json.RawMessage `json:"body"`
}

// stillClock is a clock that moves a second a step, alike in both worlds.
type stillClock struct{ ms atomic.Int64 }

func (c *stillClock) now() time.Time { return time.UnixMilli(c.ms.Load()) }

// observer listens as one role and keeps every byte.
type observer struct {
	name string
	ws   *client.Client

	mu  sync.Mutex
	got map[string][]byte // guarded by mu; this step's frames by topic
}

// connID is the one random value that a public frame carries.
var connID = regexp.MustCompile(`"conn":"[0-9a-f]+"`)

func (o *observer) frame(f client.Frame) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f.T == "hb" || f.T == "re" { // the clock's own beat, on a real timer; the answer to our barrier
		return
	}
	o.got[f.K] = append(append(o.got[f.K], connID.ReplaceAll(f.Raw, []byte(`"conn":"x"`))...), '\n')
}

// barrier returns when the observer has every frame that was queued for it
// before: an answer comes behind them in the same queue.
func (o *observer) barrier(ctx context.Context) error {
	var refused *client.Refused
	if err := o.ws.Req(ctx, "no.such.method", nil, nil); !errors.As(err, &refused) {
		return fmt.Errorf("%s: %w", o.name, err)
	}
	return nil
}

// holds reports whether the observer's document of the ballot is the public
// board. Scoreboards are conflated, so that it may take a tenth of a second.
func (o *observer) holds(board []byte) bool {
	doc, _ := o.ws.Doc("ballot/b")
	var a, b object
	if json.Unmarshal(doc, &a) != nil || json.Unmarshal(board, &b) != nil {
		return false
	}
	return reflect.DeepEqual(a, b)
}

// world is a running node with its observers.
type world struct {
	t     *testing.T
	url   string
	clock *stillClock
	org   *Client
	anon  *Client
	obs   []*observer
	out   transcript
}

// play runs the show and returns what the observers got.
func (s *script) play(t *testing.T, swapped bool) transcript {
	t.Helper()
	w := s.open(t)
	defer w.close()
	phones := make([]*Client, len(s.votes))
	for i := range phones {
		phones[i] = newClient(t, w.url)
		phones[i].Do("POST", "/v1/device", object{}, nil)
	}
	judges := map[string]*Client{}
	for _, j := range s.judges {
		judges[j] = w.org.link("judge", j, "final")
	}
	w.observe()
	w.step()
	for _, cue := range s.cues {
		id := cue["id"].(string)
		switch id {
		case "close":
			for i, p := range phones {
				p.Do("POST", "/v1/votes", object{"ballot": "b", "rev": 1, "choice": []string{s.in(s.votes[i], swapped)}}, nil)
				w.step()
			}
		case "lock":
			for _, e := range s.entries {
				for _, j := range s.judges {
					mark := s.marks[s.in(e, swapped)][j]
					marks := object{"innovation": mark, "practicality": mark, "technology": mark, "sustainability": mark}
					judges[j].Do("PUT", "/v1/judge/sheets/"+e, object{"rev": 0, "marks": marks, "comment": ""}, nil)
					judges[j].Do("POST", "/v1/judge/sheets/"+e+"/submit", object{"rev": 1}, nil)
				}
			}
			w.step()
		}
		w.fire(id)
	}
	return w.out
}

// fire fires a cue to its last step.
func (w *world) fire(id string) {
	w.t.Helper()
	for range 40 {
		var desk struct {
			Rev  int64
			Cues []struct {
				ID, State   string
				Step, Steps int
				Confirm     bool
			}
		}
		w.org.Do("GET", "/v1/stage/final/desk", nil, &desk)
		kind := "fire"
		for _, c := range desk.Cues {
			if c.ID == id && c.State == "done" {
				return
			}
			if c.ID == id && c.Confirm && c.State == "planned" {
				kind = "arm"
			}
		}
		w.org.Do("POST", "/v1/stage/final/commands", object{"kind": kind, "cue": id, "rev": desk.Rev}, nil)
		w.step()
	}
	w.t.Fatalf("cue %s never ends", id)
}

// step waits until the observers have everything, asks the public HTTP surface,
// and files it all under the next step.
func (w *world) step() {
	w.t.Helper()
	_, board, _ := bytes.Cut(w.get("/v1/ballots/b"), []byte("\r\n\r\n"))
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	for _, o := range w.obs {
		for !o.holds(board) {
			select {
			case <-ctx.Done():
				w.t.Fatalf("%s never gets the board %s", o.name, board)
			case <-time.After(2 * time.Millisecond):
			}
		}
		if err := o.barrier(ctx); err != nil {
			w.t.Fatal(err)
		}
	}
	got := map[string][]byte{}
	for _, o := range w.obs {
		o.mu.Lock()
		for topic, frames := range o.got {
			got[o.name+" "+topic] = frames
		}
		o.got = map[string][]byte{}
		o.mu.Unlock()
	}
	for _, path := range []string{"/v1/stage/final", "/v1/stage/final/facts?after=0", "/v1/ballots/b", "/v1/ballots/b/proof?leaf=00", "/v1/stage/final/seal",
		"/v1/contest", "/v1/sessions", "/v1/me", "/", "/live/final", "/vote/b", "/qr.svg?path=/live/final"} {
		got["http "+path] = w.get(path)
	}
	var facts []wireFact
	w.org.Do("GET", "/v1/stage/final/facts?after=0", nil, &facts)
	w.out.facts = facts
	w.out.at = append(w.out.at, len(facts))
	w.out.steps = append(w.out.steps, got)
	w.clock.ms.Add(1000)
}

// get returns a whole response: status, headers but the wall clock's, body.
func (w *world) get(path string) []byte {
	w.t.Helper()
	resp, err := w.anon.http.Get(w.url + path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\r\n", resp.Status)
	resp.Header.Del("Date")
	resp.Header.Write(&b)
	b.WriteString("\r\n")
	if _, err := io.Copy(&b, resp.Body); err != nil {
		w.t.Fatal(err)
	}
	return b.Bytes()
}

// open starts a node on a fresh record with the show's plan, entries, ballot and
// rundown.
func (s *script) open(t *testing.T) *world {
	t.Helper()
	clock := &stillClock{}
	clock.ms.Store(time.Date(2024, 9, 27, 14, 0, 0, 0, time.UTC).UnixMilli())
	dir := t.TempDir()
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	n, err := app.Open(t.Context(), app.Config{Listen: address, Media: "127.0.0.1:0", Data: filepath.Join(dir, "data"),
		Contest: s.plan(t, dir), Now: clock.now, PublicURL: "http://show.example"})
	if err != nil {
		t.Fatal(err)
	}
	setup, err := n.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	url := "http://" + address
	w := &world{t: t, url: url, clock: clock, anon: newClient(t, url), org: newClient(t, url)}
	w.anon.http.Transport = &http.Transport{DisableCompression: true}
	for range 200 {
		if w.anon.Try("GET", "/readyz", nil, nil) == nil || ready(w.url) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.org.Do("POST", "/v1/setup", object{"token": setup, "name": "组织者", "password": "a long password"}, nil)
	importEntries(w.org, len(s.entries))
	var judges []object
	for _, j := range s.judges {
		judges = append(judges, object{"id": j, "name": "示例评委" + j, "org": "示例大学", "sector": "高校"})
	}
	w.org.Do("POST", "/v1/admin/judges", judges, nil)
	w.org.Do("POST", "/v1/admin/ballots", object{"id": "b", "title": "示例选票", "session": "final", "visibility": s.hidden,
		"quota": object{"window": "ballot", "max": 1}}, nil)
	w.org.Do("PUT", "/v1/admin/rundown/final", object{"session": "final", "title": "示例场次", "subtitle": "", "mode": "rehearsal", "cues": s.cues}, nil)
	return w
}

func ready(url string) bool {
	resp, err := http.Get(url + "/readyz")
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// plan writes the contest's plan with the show's quotas.
func (s *script) plan(t *testing.T, dir string) string {
	t.Helper()
	var plan object
	if err := json.Unmarshal(contest.Jilin2024, &plan); err != nil {
		t.Fatal(err)
	}
	for i, a := range plan["awards"].([]any) {
		a.(object)["quota"] = s.quotas[i]
	}
	raw, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "plan.json")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// observe connects a phone, a screen and a host.
func (w *world) observe() {
	w.t.Helper()
	public := []string{"stage/final", "show/final", "ballot/b", "pulse/final", "danmaku/final"}
	phone := newClient(w.t, w.url)
	phone.Do("POST", "/v1/device", object{}, nil)
	for _, o := range []struct {
		name   string
		c      *Client
		topics []string
	}{
		{"phone", phone, public},
		{"screen", w.org.link("screen", "main", "final"), public},
		{"host", w.org.link("host", "示例主持", "final"), append(slices.Clone(public), "host/final")},
	} {
		ob := &observer{name: o.name, got: map[string][]byte{}}
		ws, err := o.c.socket(w.t.Context(), client.Config{OnFrame: ob.frame})
		if err != nil {
			w.t.Fatalf("%s: %v", o.name, err)
		}
		ob.ws = ws
		if err := ws.Sub(map[string]int64{"show/final": 0}, o.topics...); err != nil {
			w.t.Fatal(err)
		}
		w.obs = append(w.obs, ob)
	}
	time.Sleep(1200 * time.Millisecond) // the pulse has counted everyone
}

func (w *world) close() {
	for _, o := range w.obs {
		o.ws.Close()
		if err := o.ws.Err(); err != nil {
			w.t.Errorf("%s: %v", o.name, err)
		}
	}
}

// reveals are the facts that may carry a result.
var reveals = []string{"mark_revealed", "marks_trimmed", "score_revealed", "board_revealed", "award_revealed", "tally_revealed", "verification_shown"}

// compare holds the two transcripts against each other. It reports whether the
// worlds parted before the verification, which always differs.
func (s *script) compare(t *testing.T, a, b transcript) bool {
	t.Helper()
	if len(a.steps) != len(b.steps) {
		t.Fatalf("%d steps in one world, %d in the other", len(a.steps), len(b.steps))
	}
	parted := 0
	for parted < len(a.facts) && parted < len(b.facts) && same(a.facts[parted], b.facts[parted]) {
		parted++
	}
	if parted == len(a.facts) {
		t.Fatal("the worlds never parted: the test proves nothing")
	}
	first := a.facts[parted]
	if !slices.Contains(reveals, first.Kind) {
		t.Fatalf("fact %d differs, and it is no reveal: %s\n%s\n%s", first.Seq, first.Kind, first.Body, b.facts[parted].Body)
	}
	s.mayDiffer(t, first, b.facts[parted])
	for i := range a.steps {
		if a.at[i] > parted { // this step reveals it
			return first.Kind != "verification_shown"
		}
		for stream := range maps.Keys(a.steps[i]) {
			if x, y := a.steps[i][stream], b.steps[i][stream]; !bytes.Equal(x, y) {
				t.Fatalf("step %d, %s: bytes differ before any differing fact is revealed\n%s\n---\n%s", i, stream, clip(x), clip(y))
			}
		}
		if len(a.steps[i]) != len(b.steps[i]) {
			t.Fatalf("step %d: %d streams spoke in one world, %d in the other", i, len(a.steps[i]), len(b.steps[i]))
		}
	}
	t.Fatal("a fact was told in no step")
	return false
}

func same(a, b wireFact) bool {
	return a.Seq == b.Seq && a.At == b.At && a.Kind == b.Kind && bytes.Equal(a.Body, b.Body)
}

// mayDiffer checks that a mark is of an exchanged entry: the other reveals name
// many entries, or none.
func (s *script) mayDiffer(t *testing.T, a, b wireFact) {
	t.Helper()
	if !strings.HasPrefix(a.Kind, "mark") && a.Kind != "score_revealed" {
		return
	}
	var body struct {
		Entry string `json:"entry"`
	}
	json.Unmarshal(a.Body, &body)
	if body.Entry != "" && !slices.Contains(s.swap[:], body.Entry) {
		t.Fatalf("marks of %s differ, though only %v were exchanged: %s %s", body.Entry, s.swap, a.Body, b.Body)
	}
}

func clip(b []byte) []byte {
	if len(b) > 3000 {
		return b[:3000]
	}
	return b
}
