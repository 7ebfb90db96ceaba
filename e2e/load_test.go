package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"hecai/hub/client"
)

// The load of the measure, and a small one for machines and runs that
// only want to know that it works.
const (
	loadPhones  = 2000
	loadViewers = 20
)

// socket opens the WebSocket of a phone, or of whoever holds the link.
func (c *Client) socket(ctx context.Context, cfg client.Config) (*client.Client, error) {
	if c.bearer != "" {
		return c.socketAs(ctx, "", cfg)
	}
	return c.socketAs(ctx, "audience", cfg)
}

// socketAs opens one as the audience, or as whoever the client is.
func (c *Client) socketAs(ctx context.Context, as string, cfg client.Config) (*client.Client, error) {
	var out struct {
		Ticket string `json:"ticket"`
	}
	if err := c.Try("POST", "/v1/ws-tickets", object{"as": as}, &out); err != nil {
		return nil, err
	}
	cfg.URL, cfg.Ticket = "ws"+strings.TrimPrefix(c.url, "http")+"/ws", out.Ticket
	return client.Dial(ctx, cfg)
}

// crowd is many phones that hear the show and vote.
type crowd struct {
	topics  []string
	clients []*Client
	phones  []*client.Client // sockets; one that was cut is followed by another
	acks    []time.Duration
	late    atomic.Int64 // votes not acknowledged
	cuts    atomic.Int64 // sockets that ended
	mu      sync.Mutex   // guards acks
}

// gather connects n phones, spread over a few seconds as a page does.
func gather(t testing.TB, n *Node, count int, topics ...string) *crowd {
	t.Helper()
	c := &crowd{topics: topics, clients: make([]*Client, count), phones: make([]*client.Client, count)}
	errs := make(chan error, count)
	slots := make(chan struct{}, 32)
	var wg sync.WaitGroup
	for i := range count {
		wg.Add(1)
		go func() {
			defer wg.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			p := newClient(t, n.url)
			if err := p.Try("POST", "/v1/device", object{}, nil); err != nil {
				errs <- fmt.Errorf("device: %w", err)
				return
			}
			c.clients[i] = p
			err := c.join(t.Context(), i)
			for end := time.Now().Add(patience); err != nil && time.Now().Before(end); time.Sleep(time.Second) { // as a page does
				err = c.join(t.Context(), i)
			}
			if err != nil {
				errs <- fmt.Errorf("socket: %w", err)
			}
		}()
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, p := range c.phones {
			p.Close()
		}
	})
	return c
}

// join opens the socket of a phone, which goes on where the one before it ended.
func (c *crowd) join(ctx context.Context, i int) error {
	last := c.phones[i]
	ws, err := c.clients[i].socket(ctx, client.Config{After: last})
	if err != nil {
		return err
	}
	c.phones[i] = ws
	since := map[string]int64{}
	for _, topic := range c.topics {
		if strings.HasPrefix(topic, "show/") {
			since[topic] = ws.Seq(topic)
		}
	}
	return ws.Sub(since, c.topics...)
}

// insist does what a page does for its visitor: what was not answered is done again,
// on a new socket if the last was cut. A machine that has no time for 2,000 phones
// cuts some of them, and nothing may be lost by it.
func (c *crowd) insist(ctx context.Context, i int, do func(context.Context, *client.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for {
		err := do(ctx, c.phones[i])
		var refused *client.Refused
		if err == nil || ctx.Err() != nil || errors.As(err, &refused) && refused.Kind != "limited" && refused.Kind != "unavailable" {
			return err
		}
		select {
		case <-c.phones[i].Done():
			c.cuts.Add(1)
			for c.join(ctx, i) != nil && ctx.Err() == nil {
				time.Sleep(time.Second)
			}
		default:
			time.Sleep(time.Second)
		}
	}
}

// vote has every phone cast once, within the given time.
func (c *crowd) vote(ctx context.Context, ballot string, entries []string, rev int, within time.Duration) {
	var wg sync.WaitGroup
	for i := range c.phones {
		wg.Add(1)
		go func() {
			defer wg.Done()
			time.Sleep(within * time.Duration(i) / time.Duration(len(c.phones)))
			start := time.Now()
			err := c.insist(ctx, i, func(ctx context.Context, p *client.Client) error {
				ctx, cancel := context.WithTimeout(ctx, patience)
				defer cancel()
				return p.Req(ctx, "vote.cast", object{"ballot": ballot, "rev": rev, "choice": []string{entries[(i+rev)%len(entries)]}}, nil)
			})
			if err != nil {
				c.late.Add(1)
				return
			}
			c.mu.Lock()
			c.acks = append(c.acks, time.Since(start))
			c.mu.Unlock()
		}()
	}
	wg.Wait()
}

// viewer watches the programme over WHEP and counts packets.
type viewer struct {
	pc      *webrtc.PeerConnection
	packets atomic.Int64
	shot    atomic.Pointer[string] // the camera of the demo whose picture came last
}

func watch(t testing.TB, n *Node, session string) *viewer {
	t.Helper()
	v := &viewer{}
	v.join(t, n, session)
	return v
}

// sees reports whether the viewer got so many packets. One whose connection was lost, or
// never came about on a machine without time for it, asks again as the player does.
func (v *viewer) sees(t testing.TB, n *Node, session string, packets int64) bool {
	t.Helper()
	if s := v.pc.ConnectionState(); s == webrtc.PeerConnectionStateFailed || s == webrtc.PeerConnectionStateClosed {
		v.pc.Close()
		v.join(t, n, session)
	}
	return v.packets.Load() >= packets
}

func (v *viewer) join(t testing.TB, n *Node, session string) {
	t.Helper()
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	v.pc = pc
	t.Cleanup(func() { pc.Close() })
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio} {
		if _, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			t.Fatal(err)
		}
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			v.packets.Add(1)
			if track.Kind() == webrtc.RTPCodecTypeVideo {
				v.look(p)
			}
		}
	})
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	answer := postSDP(t, n.url+"/whep/"+session, pc.LocalDescription().SDP)
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
}

// TestLoad puts 2,000 phones and 20 viewers on a running demo: no control event
// is dropped, every vote is acknowledged, every viewer gets pictures. It
// reports the acknowledgement's p99 and asserts no time.
func TestLoad(t *testing.T) {
	phones, viewers := loadPhones, loadViewers
	if testing.Short() || os.Getenv("REQUIRE_ALL") != "1" {
		phones, viewers = 200, 4
	}
	n := newNode(t, "demo", "--phones", "0")
	entries := boardEntries(t, n, "popularity")
	crowd := gather(t, n, phones, "stage/final", "show/final", "ballot/popularity", "pulse/final")
	var watching []*viewer
	for range viewers {
		watching = append(watching, watch(t, n, "final"))
	}
	director := n.signIn("director")
	director.Do("POST", "/v1/admin/ballots/popularity/open", object{"seconds": 0}, nil)
	const rounds, notices = 3, 30
	var wg sync.WaitGroup
	wg.Add(1)
	go func() { // control events during the votes
		defer wg.Done()
		for i := range notices {
			director.Do("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": fmt.Sprintf("示例通知 %d", i)}, nil)
			time.Sleep(200 * time.Millisecond)
		}
	}()
	for rev := range rounds {
		crowd.vote(t.Context(), "popularity", entries, rev+1, 2*time.Second)
	}
	wg.Wait()
	crowd.check(t, director, phones*rounds)
	var recount struct {
		Equal  bool
		Voters int
	}
	n.signIn("admin").Do("GET", "/v1/admin/ballots/popularity/recount", nil, &recount)
	if !recount.Equal || recount.Voters != phones {
		t.Errorf("recount %+v, want %d voters", recount, phones)
	}
	for i, v := range watching {
		eventually(t, fmt.Sprintf("viewer %d has pictures", i), func() bool { return v.sees(t, n, "final", 50) })
	}
	slices.Sort(crowd.acks)
	if len(crowd.acks) > 0 {
		t.Logf("%d phones (%d sockets cut), %d viewers: %d votes acknowledged, p50 %v, p99 %v, worst %v", phones, crowd.cuts.Load(), viewers, len(crowd.acks),
			crowd.acks[len(crowd.acks)/2].Round(time.Microsecond), crowd.acks[len(crowd.acks)*99/100].Round(time.Microsecond),
			crowd.acks[len(crowd.acks)-1].Round(time.Microsecond))
	}
}

// check holds what the load must not break.
func (c *crowd) check(t *testing.T, director *Client, want int) {
	t.Helper()
	if got := len(c.acks); got != want || c.late.Load() != 0 {
		t.Errorf("%d votes acknowledged and %d not, want %d and 0", got, c.late.Load(), want)
	}
	var facts []struct {
		Seq int64 `json:"seq"`
	}
	director.Do("GET", "/v1/stage/final/facts", nil, &facts)
	last := facts[len(facts)-1].Seq
	for i := range c.phones {
		err := c.insist(t.Context(), i, func(ctx context.Context, p *client.Client) error {
			return p.Wait(ctx, func() bool { return p.Seq("show/final") >= last })
		})
		p := c.phones[i]
		if err != nil {
			t.Fatalf("phone %d has events up to %d of %d: %v", i, p.Seq("show/final"), last, err)
		}
		// The demo's own people may have done something since.
		if got, more := p.Count("show/final"), p.Seq("show/final")-last; got < int64(len(facts)) || got > int64(len(facts))+more {
			t.Errorf("phone %d got %d events, the show had %d, and %d since", i, got, len(facts), more)
		}
		if err := p.Err(); err != nil {
			t.Errorf("phone %d: %v", i, err)
		}
	}
}

func boardEntries(t testing.TB, n *Node, ballot string) []string {
	t.Helper()
	var board struct {
		Rows []struct {
			Entry string `json:"entry"`
		} `json:"rows"`
	}
	n.client().Do("GET", "/v1/ballots/"+ballot, nil, &board)
	var out []string
	for _, r := range board.Rows {
		out = append(out, r.Entry)
	}
	if len(out) == 0 {
		t.Fatal("the ballot has no entries")
	}
	return out
}
