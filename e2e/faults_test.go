package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"hecai/hub/client"
	clips "hecai/stream/clip"
)

// goesOn stands for what is not refused.
const goesOn = "-"

// TestFaults is what happens to a running evening when its record fails, on both
// engines (cases postgres-down-for-a-moment and disk-full-one-vote). Each ask goes
// on or is refused within seconds with one of the codes. When the fault is over
// everything goes on in the same process, and no vote and no step of the show was
// lost or counted twice.
func TestFaults(t *testing.T) {
	const (
		busy   = "vote.busy store.busy"     // nothing was stored
		unsure = busy + " vote.unconfirmed" // or it may have been
		no     = "stage.not_stored"         // nothing was stored
		maybe  = no + " stage.unavailable"  // or it may have been: what is stored is read first
		either = goesOn + " " + maybe       // it is read back, if there is time
	)
	faults := []struct {
		fault string
		harm  func(b *base) (end func())
		votes string // a phone's vote
		stage string // the director's next step, which screens see
		cut   string // the director's cut to another camera, which viewers see
		// Always: viewers get pictures and new ones come in, sockets hear what is
		// new and new phones come in, pages are served.
	}{
		{"the disk is full", (*base).full, busy, no, goesOn},
		{"no transaction begins", (*base).shut, unsure, maybe, goesOn},
		{"the outcome of each COMMIT is unknown", (*base).mumble, unsure, either, goesOn},
		{"the base is silent", (*base).silent, unsure, maybe, goesOn},
		{"the base is away", (*base).away, unsure, maybe, goesOn},
		{"the ballot is bad", func(b *base) func() { return b.spoil("pop") }, "ballot.aside", goesOn, goesOn},
		{"another ballot is bad", func(b *base) func() { return b.spoil("other") }, goesOn, goesOn, goesOn},
	}
	for name, open := range map[string]func(*testing.T) *base{"sqlite": sqliteBase, "postgres": postgresBase} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNight(t, open(t))
			for _, f := range faults {
				t.Run(f.fault, func(t *testing.T) {
					n.in(t)
					n.all(goesOn, goesOn, goesOn)
					end := sync.OnceFunc(f.harm(n.base))
					t.Cleanup(end)
					n.all(f.votes, f.stage, f.cut)
					end()
					n.recovers()
				})
			}
			if code := n.Stop(30 * time.Second); code != 0 {
				t.Errorf("exit code %d:\n%s", code, n.Output())
			}
		})
	}
}

// night is a running evening: voters, a director, a screen and a viewer.
type night struct {
	*Node
	base     *base
	org      *Client
	director *client.Client
	screen   *client.Client
	viewer   *viewer
	voters   []*voterPhone
	entries  []string
	rev      int64  // of the rundown, as the director knows it
	step     int    // of the show, as it must be
	camera   string // that the director cut to last
}

// voterPhone is a phone that asks again with the same revision until it is
// answered, as the page does.
type voterPhone struct {
	*Client
	socket *client.Client
	rev    int // last that was acknowledged
}

func newNight(t *testing.T, b *base) *night {
	t.Helper()
	n := &night{base: b, camera: "stage"}
	n.Node = newNode(t, "demo", "--phones", "0", "--data", b.cfg.DataDir, "--database", b.cfg.Database)
	b.pid = func() int { return n.cmd.Process.Pid }
	n.org = n.signIn("admin")
	n.entries = boardEntries(t, n.Node, "popularity")
	for _, id := range []string{"pop", "other"} {
		n.org.Do("POST", "/v1/admin/ballots", object{"id": id, "title": "示例", "session": "final", "entries": n.entries,
			"visibility": "live", "quota": object{"window": "ballot", "max": 1, "change": true}}, nil)
		n.org.Do("POST", "/v1/admin/ballots/"+id+"/open", object{"seconds": 0}, nil)
	}
	var cues []object
	for i, entry := range n.entries {
		cues = append(cues, object{"id": fmt.Sprint("c", i), "title": "示例", "actions": []object{{"kind": "entry", "entry": entry}}})
	}
	n.org.Do("PUT", "/v1/admin/rundown/final", object{"session": "final", "title": "示例", "cues": cues}, nil)
	n.director = n.follow(n.signIn("director"), "", "staff/final")
	n.screen = n.follow(n.org.link("screen", "main", "final"), "", "stage/final")
	n.viewer = watch(t, n.Node, "final")
	for range 3 {
		n.newcomer()
	}
	n.sees("the first step", func() bool { // the demo's chair may just have decided something
		doc, _ := n.director.Doc("staff/final")
		var desk struct{ Rev int64 }
		if err := json.Unmarshal(doc, &desk); err != nil {
			t.Fatal(err)
		}
		n.rev = desk.Rev
		return n.step == 0 && n.advance(t.Context()) == nil
	})
	return n
}

// in has what follows be a part of the test.
func (n *night) in(t *testing.T) {
	n.t, n.base.t, n.org.t = t, t, t
	before := len(n.Output())
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the program said:\n%s", n.Output()[before:])
		}
	})
}

// follow opens a socket and hears the topics' first documents.
func (n *night) follow(c *Client, as string, topics ...string) *client.Client {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), patience)
	defer cancel()
	ws, err := c.socketAs(ctx, as, client.Config{})
	if err != nil {
		n.t.Fatalf("a socket: %v", err)
	}
	if err := ws.Sub(nil, topics...); err != nil {
		n.t.Fatalf("a socket: %v", err)
	}
	err = ws.Wait(ctx, func() bool {
		return !slices.ContainsFunc(topics, func(topic string) bool { doc, _ := ws.Doc(topic); return doc == nil })
	})
	if err != nil {
		n.t.Fatalf("documents of %v: %v (close code %d)", topics, err, ws.CloseCode())
	}
	return ws
}

// newcomer is a phone that comes in and hears the show.
func (n *night) newcomer() {
	n.t.Helper()
	p := newClient(n.t, n.url)
	p.Do("POST", "/v1/device", object{}, nil)
	n.voters = append(n.voters, &voterPhone{Client: p, socket: n.follow(p, "audience", "stage/final", "pulse/final", "ballot/pop")})
}

// answered checks what came of an ask, and how soon.
func (n *night) answered(what, want string, ask func(context.Context) error) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	start := time.Now()
	err := ask(ctx)
	took := time.Since(start)
	got := goesOn
	var no *client.Refused
	if errors.As(err, &no) {
		got = no.Code
	} else if err != nil {
		got = err.Error()
	}
	if !slices.Contains(strings.Fields(want), got) {
		n.t.Errorf("%s: %s, want one of %s", what, got, want)
	}
	// Five seconds are the promise, the rest is for a busy machine.
	if took > 5*time.Second+25*time.Second {
		n.t.Errorf("%s was answered after %v", what, took)
	}
}

// all does what people do, all at once, and checks what comes of it.
func (n *night) all(votes, stage, cut string) {
	n.t.Helper()
	n.sees("pages", n.pages)
	packets := n.viewer.packets.Load()
	n.newcomer()
	var people sync.WaitGroup
	for i, p := range n.voters {
		people.Go(func() {
			for range 2 {
				n.answered(fmt.Sprint("the vote of phone ", i), votes, func(ctx context.Context) error { return p.vote(ctx, n.entries) })
			}
		})
	}
	people.Go(func() {
		n.answered("the cut", cut, n.cutAway)
		if cut == goesOn {
			n.sees("the other camera", func() bool { return n.viewer.camera() == n.camera })
		}
		n.answered("the next step", stage, n.next)
		if stage == goesOn {
			n.sees("the next step", n.shown)
		}
	})
	people.Wait()
	n.sees("pictures", func() bool { return n.viewer.packets.Load() > packets+50 })
	late := watch(n.t, n.Node, "final")
	n.sees("pictures of a new viewer", func() bool { return late.packets.Load() > 50 })
	late.pc.Close()
	ready := http.StatusOK
	if votes != goesOn && votes != "ballot.aside" { // a bad ballot is its own trouble only
		ready = http.StatusServiceUnavailable
	}
	n.sees(fmt.Sprint("readiness ", ready), func() bool { return n.status("/readyz") == ready })
	n.sees("how many are there", func() bool {
		return slices.IndexFunc(n.voters, func(p *voterPhone) bool {
			doc, _ := p.socket.Doc("pulse/final")
			var pulse struct{ Online int }
			return json.Unmarshal(doc, &pulse) != nil || pulse.Online != len(n.voters)
		}) < 0
	})
}

func (n *night) sees(what string, so func() bool) { n.t.Helper(); eventually(n.t, what, so) }

func (n *night) pages() bool {
	for _, path := range []string{"/healthz", "/live/final", "/v1/ballots/pop", "/v1/stage/final"} {
		if n.status(path) != http.StatusOK {
			return false
		}
	}
	return true
}

// vote casts the next revision, or again the one that was not acknowledged.
func (p *voterPhone) vote(ctx context.Context, entries []string) error {
	for {
		err := p.socket.Req(ctx, "vote.cast", object{"ballot": "pop", "rev": p.rev + 1, "choice": []string{entries[p.rev%3]}}, nil)
		var no *client.Refused
		if errors.As(err, &no) && no.Code == "access.too_fast" {
			time.Sleep(200 * time.Millisecond) // the pace that one phone is allowed
			continue
		}
		if err == nil {
			p.rev++
		}
		return err
	}
}

// next takes the show one step on, from where the director knows that it stands. If
// it has moved since, that was this step, whose answer was lost, or what the demo's
// director decides once: the stage tells which.
func (n *night) next(ctx context.Context) error {
	for {
		err := n.advance(ctx)
		var no *client.Refused
		if !errors.As(err, &no) || no.Code != "stage.stale_rev" {
			return err
		}
		rev, _ := no.Args["rev"].(float64)
		n.rev = int64(rev)
		var show struct{ Entry struct{ ID string } }
		if err := n.org.Try("GET", "/v1/stage/final", nil, &show); err != nil {
			return err
		}
		if show.Entry.ID == n.entries[n.step] {
			n.step++
			return nil
		}
	}
}

func (n *night) advance(ctx context.Context) error {
	var reply struct{ Rev int64 }
	err := n.director.Req(ctx, "stage.command", object{"session": "final", "kind": "next", "rev": n.rev}, &reply)
	if err == nil {
		n.rev, n.step = reply.Rev, n.step+1
	}
	return err
}

// shown reports whether the screen shows the step that it must.
func (n *night) shown() bool {
	doc, _ := n.screen.Doc("stage/final")
	var show struct{ Entry struct{ ID string } }
	return json.Unmarshal(doc, &show) == nil && show.Entry.ID == n.entries[n.step-1]
}

// cutAway cuts to the camera that is not on the programme.
func (n *night) cutAway(ctx context.Context) error {
	other := map[string]string{"stage": "close", "close": "stage"}[n.camera]
	err := n.director.Req(ctx, "stage.command", object{"session": "final", "kind": "camera", "name": other}, nil)
	if err == nil {
		n.camera = other
	}
	return err
}

// recovers waits until everything goes on again and checks that nothing was
// lost or counted twice.
func (n *night) recovers() {
	n.t.Helper()
	n.sees("readiness", func() bool { return n.status("/readyz") == http.StatusOK })
	for i, p := range n.voters {
		n.sees(fmt.Sprint("a vote of phone ", i), func() bool { return p.vote(n.t.Context(), n.entries) == nil })
	}
	n.sees("the next step", func() bool { return n.next(n.t.Context()) == nil })
	n.sees("the step on the screen", n.shown)
	n.sees("the camera on the programme", func() bool {
		doc, _ := n.screen.Doc("stage/final")
		var show struct{ Program struct{ Camera string } }
		return json.Unmarshal(doc, &show) == nil && show.Program.Camera == n.camera
	})
	for i, p := range n.voters {
		p.t = n.t
		var mine struct {
			Rev    int
			Choice []string
		}
		p.Do("GET", "/v1/votes/mine?ballot=pop", nil, &mine)
		if want := n.entries[(p.rev-1)%3]; mine.Rev != p.rev || !slices.Equal(mine.Choice, []string{want}) {
			n.t.Errorf("phone %d has %+v, want revision %d of %s", i, mine, p.rev, want)
		}
	}
	var recount struct {
		Equal          bool
		Voters, Papers int
	}
	n.org.Do("GET", "/v1/admin/ballots/pop/recount", nil, &recount)
	if !recount.Equal || recount.Voters != len(n.voters) || recount.Papers != len(n.voters) {
		n.t.Errorf("recount %+v of %d voters", recount, len(n.voters))
	}
	if n.cmd.ProcessState != nil {
		n.t.Fatalf("the process ended:\n%s", n.Output())
	}
}

// shots tells the demo's cameras apart by what their packets hold.
var shots = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, name := range []clips.Name{clips.Stage, clips.Close} {
		c, err := clips.Load(name, true)
		if err != nil {
			panic(err)
		}
		for _, f := range c.Video {
			for _, p := range f.Payloads {
				if other, both := out[tail(p)]; both && other != string(name) {
					out[tail(p)] = "" // such as parameter sets
				} else {
					out[tail(p)] = string(name)
				}
			}
		}
	}
	return out
})

// tail is the end of a payload: its beginning is written anew for each viewer.
func tail(payload []byte) string { return string(payload[max(0, len(payload)-32):]) }

// look notes which of the demo's cameras a packet is from.
func (v *viewer) look(p *rtp.Packet) {
	if name := shots()[tail(p.Payload)]; name != "" {
		v.shot.Store(&name)
	}
}

// camera is the one whose picture came last.
func (v *viewer) camera() string {
	if name := v.shot.Load(); name != nil {
		return *name
	}
	return ""
}
