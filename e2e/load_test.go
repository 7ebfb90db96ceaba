package e2e

import (
	"context"
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
	var out struct {
		Ticket string `json:"ticket"`
	}
	as := "audience"
	if c.bearer != "" {
		as = ""
	}
	if err := c.Try("POST", "/v1/ws-tickets", object{"as": as}, &out); err != nil {
		return nil, err
	}
	cfg.URL, cfg.Ticket = "ws"+strings.TrimPrefix(c.url, "http")+"/ws", out.Ticket
	return client.Dial(ctx, cfg)
}

// crowd is many phones that hear the show and vote.
type crowd struct {
	clients []*Client
	phones  []*client.Client
	acks    []time.Duration
	late    atomic.Int64 // votes not acknowledged
	mu      sync.Mutex   // guards acks
}

// gather connects n phones, spread over a few seconds as a page does.
func gather(t *testing.T, n *Node, count int, topics ...string) *crowd {
	t.Helper()
	c := &crowd{clients: make([]*Client, count), phones: make([]*client.Client, count)}
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
			ws, err := p.socket(t.Context(), client.Config{})
			if err != nil {
				errs <- fmt.Errorf("socket: %w", err)
				return
			}
			since := map[string]int64{}
			for _, topic := range topics {
				if strings.HasPrefix(topic, "show/") {
					since[topic] = 0
				}
			}
			if err := ws.Sub(since, topics...); err != nil {
				errs <- err
				return
			}
			c.clients[i], c.phones[i] = p, ws
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

// vote has every phone cast once, within the given time.
func (c *crowd) vote(ctx context.Context, ballot string, entries []string, rev int, within time.Duration) {
	var wg sync.WaitGroup
	for i, p := range c.phones {
		wg.Add(1)
		go func() {
			defer wg.Done()
			time.Sleep(within * time.Duration(i) / time.Duration(len(c.phones)))
			start := time.Now()
			ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
			defer cancel()
			err := p.Req(ctx, "vote.cast", object{"ballot": ballot, "rev": rev, "choice": []string{entries[(i+rev)%len(entries)]}}, nil)
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
}

func watch(t *testing.T, n *Node, session string) *viewer {
	t.Helper()
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	v := &viewer{pc: pc}
	t.Cleanup(func() { pc.Close() })
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio} {
		if _, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			t.Fatal(err)
		}
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		buf := make([]byte, 1500)
		for {
			if _, _, err := track.Read(buf); err != nil {
				return
			}
			v.packets.Add(1)
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
	return v
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
	for i, v := range watching {
		if v.packets.Load() < 50 {
			t.Errorf("viewer %d got %d packets", i, v.packets.Load())
		}
	}
	slices.Sort(crowd.acks)
	if len(crowd.acks) > 0 {
		t.Logf("%d phones, %d viewers: %d votes acknowledged, p50 %v, p99 %v, worst %v", phones, viewers, len(crowd.acks),
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
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for i, p := range c.phones {
		if err := p.Wait(ctx, func() bool { return p.Seq("show/final") >= last }); err != nil {
			t.Fatalf("phone %d has events up to %d of %d: %v (close code %d)", i, p.Seq("show/final"), last, err, p.CloseCode())
		}
		if got := p.Count("show/final"); got != int64(len(facts)) {
			t.Errorf("phone %d got %d events, the show had %d", i, got, len(facts))
		}
		if err := p.Err(); err != nil {
			t.Errorf("phone %d: %v", i, err)
		}
	}
}

func boardEntries(t *testing.T, n *Node, ballot string) []string {
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
