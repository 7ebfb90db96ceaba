package app

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"hecai/stage"
	"hecai/stage/cue"
)

// cutEvery is how long the demo stays on one camera when it plays by itself.
const cutEvery = 14 * time.Second

// perform plays the people of the demo until ctx ends: phones and judges come in
// as anyone would, over HTTP and the WebSocket of the running node; with --play
// the rundown runs by itself and the programme is cut between two cameras.
func (d *demonstration) perform(ctx context.Context) error {
	select {
	case <-d.node.running:
	case <-ctx.Done():
		return nil
	}
	base := d.node.loopback()
	var people sync.WaitGroup
	defer people.Wait()
	for i := range d.cfg.Phones {
		people.Go(func() {
			// They don't all come at once; every fifth is late.
			wait := time.Duration(rand.Int64N(int64(2 * time.Second)))
			if i%5 == 4 {
				wait += time.Duration(rand.Int64N(int64(15 * time.Second)))
			}
			if !pause(ctx, wait) {
				return
			}
			newPhone(base, i).live(ctx)
		})
	}
	for i, j := range d.judges {
		people.Go(func() { newSampleJudge(base, j, i).live(ctx) })
	}
	if !d.cfg.Play {
		return nil
	}
	sh, err := d.node.shows.find(demoSession)
	if err != nil {
		return err
	}
	people.Go(func() { cutCameras(ctx, sh.stage) })
	if !pause(ctx, 3*time.Second) { // the first phones are there
		return nil
	}
	if err := stage.Autoplay(ctx, sh.stage); err != nil {
		return nil // ctx has ended
	}
	fmt.Fprint(d.out, "\n流程已走完，页面保持可用；按 Ctrl-C 结束 / The rundown is over; pages stay up until Ctrl-C\n")
	return nil
}

// cutCameras goes from one camera to the other and back.
func cutCameras(ctx context.Context, s *stage.Stage) {
	director := stage.Actor{Role: cue.RoleDirector, Name: "autoplay"}
	for i := 0; ; i++ {
		camera := []string{"stage", "close"}[i%2]
		if _, err := s.Do(ctx, director, cue.Command{Kind: "camera", Name: camera}); err != nil && ctx.Err() != nil {
			return
		}
		if !pause(ctx, cutEvery) {
			return
		}
	}
}

// pause waits, and reports whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// loopback is the node's address for those on the same machine, host:port.
func (n *Node) loopback() string {
	host, port, err := net.SplitHostPort(n.listener.Addr().String())
	if err != nil {
		return n.listener.Addr().String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
