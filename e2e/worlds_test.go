package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hecai/contest/plan"
	"hecai/hub/client"
	"hecai/hub/hubtest"
	"hecai/server/node"
)

// worlds is how many random shows CI plays, each in two worlds.
const worlds = 50

// TestTwoWorlds plays random shows twice: once as they are, and once with the
// results of two entries exchanged. Every byte that a phone, a screen and a
// host get, over HTTP and WebSocket, must be equal up to the step that reveals
// a fact in which the worlds differ. Frames of one topic are compared in order;
// which of two topics speaks first within a step is left open, since they are
// independent streams.
func TestTwoWorlds(t *testing.T) { playWorlds(t, worlds, one) }

// TestTwoWorldsOfTwoNodes is TestTwoWorlds where everyone but the screen is at the
// node that does not have the shows.
func TestTwoWorldsOfTwoNodes(t *testing.T) {
	pg := startPostgres(t)
	playWorlds(t, worlds/5, func(t *testing.T, cfg node.Config) (nodes [2]*node.Node) {
		cfg.Database, cfg.Redis = pg.Database(t), hubtest.StartRedis(t).URL()
		first := one(t, cfg)[0]
		eventually(t, "the first node has the shows", func() bool {
			var ready struct{ Shows bool }
			return newClient(t, "http://"+first.Loopback()).Try("GET", "/readyz", nil, &ready) == nil && ready.Shows
		})
		return [2]*node.Node{first, one(t, cfg)[0]}
	})
}

// playWorlds plays so many shows, each in two worlds which open makes: with the node
// that has the shows and the one where people are.
func playWorlds(t *testing.T, shows int, open func(*testing.T, node.Config) [2]*node.Node) {
	if testing.Short() || os.Getenv("REQUIRE_ALL") != "1" || raced {
		shows = max(2, shows/5) // minutes less for whoever runs all tests by hand, and under the race detector
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
				s.nodes = open
				s.nodes = open
				s.rehearsed = i%4 == 0 // each of them would take twice as long
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

// transcript is what observers got: by step, then by stream.
type transcript struct {
	steps []map[string][]byte
	facts []wireFact
	at    []int // facts known after each step

	several bool // nodes
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
	name    string
	several bool // nodes
	ws      *client.Client

	mu  sync.Mutex
	got map[string][]byte // guarded by mu; this step's frames by topic
}

// chance is what public bytes carry of mere chance: a socket's name, and the
// fingerprint of a closed log, whose leaves are salted and which is signed with a
// key of the node.
var chance = regexp.MustCompile(`"(conn|closing)":"[0-9a-f]+"`)

func withoutChance(b []byte) []byte { return chance.ReplaceAll(b, []byte(`"$1":"x"`)) }

// versions are what several nodes tell: above their lower half counts who had the
// shows, and how often they were taken, which a busy machine decides.
var versions = regexp.MustCompile(`"(v|b)":[0-9]{10,}`)

func withoutEpoch(b []byte) []byte {
	return versions.ReplaceAllFunc(b, func(m []byte) []byte {
		name, number, _ := bytes.Cut(m, []byte(":"))
		v, _ := strconv.ParseInt(string(number), 10, 64)
		return fmt.Appendf(nil, "%s:%d", name, v&(1<<32-1))
	})
}

func (o *observer) frame(f client.Frame) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f.T == "hb" || f.T == "re" { // the clock's own beat, on a real timer; the answer to our barrier
		return
	}
	raw := withoutChance(f.Raw)
	if o.several {
		raw = withoutEpoch(raw)
	}
	o.got[f.K] = append(append(o.got[f.K], raw...), '\n')
}

// told waits until every document that has changed was sent by its node, and has
// come to the other one: what is said last comes last.
func (w *world) told(ctx context.Context) {
	w.t.Helper()
	w.sent(ctx, w.owner)
	if w.owner == w.url {
		return
	}
	w.said++
	said := fmt.Sprint("示例", w.said)
	w.org.Do("POST", "/v1/stage/roadshow/commands", object{"kind": "notice", "text": said}, nil)
	for _, o := range w.obs {
		if err := o.ws.Wait(ctx, func() bool { doc, _ := o.ws.Doc("stage/roadshow"); return noticeOf(doc) == said }); err != nil {
			w.t.Fatalf("%s is not told: %v", o.name, err)
		}
	}
	w.sent(ctx, w.owner)
	w.sent(ctx, w.url)
}

// sent waits until every document that has changed was sent by the node.
func (w *world) sent(ctx context.Context, node string) {
	w.t.Helper()
	for {
		resp, err := http.Get(node + "/metrics")
		if err != nil {
			w.t.Fatal(err)
		}
		figures, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		switch {
		case err != nil:
			w.t.Fatal(err)
		case bytes.Contains(figures, []byte("\nhecai_documents_waiting 0\n")):
			return
		case ctx.Err() != nil:
			w.t.Fatalf("documents are never sent:\n%s", figures)
		}
		time.Sleep(2 * time.Millisecond)
	}
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

// world is a running installation with its observers.
type world struct {
	t     *testing.T
	owner string         // the node that has the shows
	url   string         // and the one where people are
	cast  map[string]int // votes by ballot
	said  int            // notices of another show, which tell that all before them has come
	clock *stillClock
	org   *Client
	anon  *Client
	host  *Client
	obs   []*observer
	out   transcript

	data         string
	show, ballot string // that is played: "final" and "b", or those of its rehearsal

	answers bytes.Buffer // to commands, in this step
}

// play runs the show, which may have been rehearsed with the same results, and returns
// what the observers got of it.
func (s *script) play(t *testing.T, swapped bool) transcript {
	t.Helper()
	w := s.open(t)
	defer w.close()
	if s.rehearsed {
		w.rehearse(func() { s.evening(w, swapped) })
	}
	w.observe()
	w.step()
	s.evening(w, swapped)
	return w.out
}

// evening plays the whole rundown.
func (s *script) evening(w *world, swapped bool) {
	t := w.t
	t.Helper()
	phones := make([]*Client, len(s.votes))
	for i := range phones {
		phones[i] = newClient(t, w.url)
		phones[i].Do("POST", "/v1/device", object{}, nil)
	}
	judges := map[string]*Client{}
	for _, j := range s.judges {
		judges[j] = w.org.link("judge", j, "final")
	}
	w.org.Do("POST", "/v1/stage/"+w.show+"/commands", object{"kind": "decide", "what": "open_ballot", "ballot": w.ballot, "reason": "示例：扫码即可投票"}, nil)
	w.step()
	for _, cue := range s.cues {
		id := cue["id"].(string)
		switch id {
		case "close":
			for i, p := range phones {
				p.Do("POST", "/v1/votes", object{"ballot": w.ballot, "rev": 1, "choice": []string{s.in(s.votes[i], swapped)}}, nil)
				w.cast[w.ballot]++
				w.step()
			}
		case "lock":
			for _, e := range s.entries {
				for _, j := range s.judges {
					mark := s.marks[s.in(e, swapped)][j]
					marks := object{"innovation": mark, "practicality": mark, "technology": mark, "sustainability": mark}
					judges[j].Do("PUT", "/v1/judge/sheets/"+e+"?session="+w.show, object{"rev": 0, "marks": marks, "comment": ""}, nil)
					judges[j].Do("POST", "/v1/judge/sheets/"+e+"/submit?session="+w.show, object{"rev": 1}, nil)
				}
			}
			w.step()
		}
		for _, one := range s.tries[id] {
			w.attempt(one)
		}
		w.fire(id)
	}
}

// attempt makes a command out of order.
func (w *world) attempt(one try) {
	w.t.Helper()
	var desk struct{ Rev int64 }
	w.org.Do("GET", "/v1/stage/"+w.show+"/desk", nil, &desk)
	who := w.org
	if one.host {
		who = w.host
	}
	if err := w.command(who, object{"kind": one.kind, "cue": one.cue, "rev": desk.Rev}); err == nil {
		w.t.Fatalf("%+v was carried out", one)
	}
	w.step()
}

// command gives a command and keeps the answer.
func (w *world) command(who *Client, cmd object) error {
	w.t.Helper()
	var answer json.RawMessage
	err := who.Try("POST", "/v1/stage/"+w.show+"/commands", cmd, &answer)
	fmt.Fprintf(&w.answers, "%v %s %v\n", who == w.host, answer, err)
	return err
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
		w.org.Do("GET", "/v1/stage/"+w.show+"/desk", nil, &desk)
		kind, who := "fire", w.org
		for _, c := range desk.Cues {
			if c.ID == id && (c.State == "done" || c.State == "skipped") { // a level with nobody is passed over
				return
			}
			if c.ID == id && c.Confirm && c.State == "planned" {
				kind = "arm"
			}
			if c.ID == id && (c.State == "armed" || c.State == "running") && id != "verify" {
				who = w.host // what the director has armed
			}
		}
		if err := w.command(who, object{"kind": kind, "cue": id, "rev": desk.Rev}); err != nil {
			w.t.Fatalf("%s %s: %v", kind, id, err)
		}
		w.step()
	}
	w.t.Fatalf("cue %s never ends", id)
}

// step waits until the observers have everything, asks the public HTTP surface,
// and files it all under the next step.
func (w *world) step() {
	w.t.Helper()
	if w.show != "final" { // nobody looks at a rehearsal
		w.answers.Reset()
		w.clock.ms.Add(1000)
		return
	}
	board := w.board()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*patience)
	defer cancel()
	w.told(ctx)
	for _, o := range w.obs {
		for !o.holds(board) {
			select {
			case <-ctx.Done():
				w.t.Fatalf("%s never gets the board %s", o.name, board)
			case <-time.After(2 * time.Millisecond):
				board = w.board() // its log may have been checked since
			}
		}
		if err := o.barrier(ctx); err != nil {
			w.t.Fatal(err)
		}
	}
	got := map[string][]byte{"answers": bytes.Clone(w.answers.Bytes())}
	w.answers.Reset()
	for _, o := range w.obs {
		o.mu.Lock()
		for topic, frames := range o.got {
			got[o.name+" "+topic] = frames
		}
		o.got = map[string][]byte{}
		o.mu.Unlock()
	}
	for _, path := range []string{"/v1/stage/final", "/v1/stage/final/facts?after=0", "/v1/ballots/b", "/v1/ballots/b/proof?leaf=00", "/v1/stage/final/seal",
		"/v1/results", "/v1/results/final", "/results/final", "/v1/contest", "/v1/sessions", "/v1/me", "/", "/live/final", "/vote/b", "/qr.svg?path=/live/final"} {
		got["http "+path] = w.get(path)
	}
	var facts []wireFact
	w.org.Do("GET", "/v1/stage/final/facts?after=0", nil, &facts)
	w.out.facts = facts
	w.out.at = append(w.out.at, len(facts))
	w.out.steps = append(w.out.steps, got)
	w.clock.ms.Add(1000)
}

// board is the public board, once it counts the votes that were cast, where it counts;
// once closed, with the fingerprint of its log.
func (w *world) board() []byte {
	w.t.Helper()
	var board []byte
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		resp, err := w.anon.http.Get(w.url + "/v1/ballots/b")
		if err != nil {
			w.t.Fatal(err)
		}
		board, err = io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			w.t.Fatal(err)
		}
		counted := !bytes.Contains(board, []byte(`"voters":`)) || bytes.Contains(board, fmt.Appendf(nil, `"voters":%d,`, w.cast["b"]))
		if counted && (!bytes.Contains(board, []byte(`"closing":""`)) || !bytes.Contains(board, []byte(`"state":"closed"`)) && !bytes.Contains(board, []byte(`"state":"revealed"`))) {
			return board
		}
		time.Sleep(2 * time.Millisecond)
	}
	w.t.Fatalf("the board does not count %d votes, or is closed and has no fingerprint: %s", w.cast["b"], board)
	return nil
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
	return withoutChance(b.Bytes())
}

// one runs a node, which has the shows and the people.
func one(t *testing.T, cfg node.Config) [2]*node.Node {
	t.Helper()
	cfg.Listen = fmt.Sprintf("127.0.0.1:%d", freePort(t))
	n, err := node.Open(t.Context(), cfg)
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
	eventually(t, "the node is ready", func() bool { return ready("http://" + n.Loopback()) })
	return [2]*node.Node{n, n}
}

// open starts an installation on a fresh record with the show's plan, entries, ballot
// and rundown.
func (s *script) open(t *testing.T) *world {
	t.Helper()
	clock := &stillClock{}
	clock.ms.Store(time.Date(2024, 9, 27, 14, 0, 0, 0, time.UTC).UnixMilli())
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	nodes := s.nodes(t, node.Config{Media: "127.0.0.1:0", Data: data, Contests: []string{s.plan(t, dir)}, Now: clock.now, PublicURL: "http://show.example"})
	setup, err := nodes[0].SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	owner, url := "http://"+nodes[0].Loopback(), "http://"+nodes[1].Loopback()
	w := &world{t: t, cast: map[string]int{}, out: transcript{several: owner != url}, owner: owner, url: url, clock: clock, show: "final", ballot: "b", data: data, anon: newClient(t, url), org: newClient(t, url)}
	w.anon.through(&http.Transport{DisableCompression: true})
	w.org.Do("POST", "/v1/setup", object{"token": setup, "name": "组织者", "password": "a long password"}, nil)
	importEntries(w.org, len(s.entries))
	var judges []object
	for _, j := range s.judges {
		judges = append(judges, object{"id": j, "name": "示例评委" + j, "org": "示例大学", "sector": "高校"})
	}
	w.org.Do("POST", "/v1/admin/judges", judges, nil)
	w.org.Do("POST", "/v1/admin/ballots", object{"id": "b", "title": "示例选票", "session": "final", "visibility": s.hidden,
		"quota": object{"window": "ballot", "max": 1}}, nil)
	w.org.Do("PUT", "/v1/admin/rundown/final", object{"session": "final", "title": "示例场次", "subtitle": "", "cues": s.cues}, nil)
	w.host = w.org.link("host", "示例主持", "final")
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
	var edition object
	if err := json.Unmarshal(plan.Jilin2024, &edition); err != nil {
		t.Fatal(err)
	}
	for i, a := range edition["awards"].([]any) {
		a.(object)["quota"] = s.quotas[i]
	}
	raw, err := json.Marshal(edition)
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
	if w.owner != w.url {
		public = append(public, "stage/roadshow")
	}
	phone := newClient(w.t, w.url)
	phone.Do("POST", "/v1/device", object{}, nil)
	screen := w.org.link("screen", "main", "final")
	screen.url = w.owner
	for _, o := range []struct {
		name   string
		c      *Client
		topics []string
	}{
		{"phone", phone, public},
		{"screen", screen, public},
		{"host", w.host, append(slices.Clone(public), "host/final")},
	} {
		ob := &observer{name: o.name, several: w.owner != w.url, got: map[string][]byte{}}
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
	for _, o := range w.obs {
		eventually(w.t, "the pulse has counted the phone and nobody else", func() bool {
			doc, _ := o.ws.Doc("pulse/final")
			return len(doc) > 0 && field[int](doc, "online") == 1
		})
	}
}

func (w *world) close() {
	for _, o := range w.obs {
		o.ws.Close()
		if err := o.ws.Err(); err != nil {
			w.t.Errorf("%s: %v", o.name, err)
		}
	}
}
