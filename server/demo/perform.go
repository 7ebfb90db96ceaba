package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"hecai/stage/cue"
)

// cutEvery is how long the demo stays on one camera when it plays by itself.
const cutEvery = 14 * time.Second

// perform sets the show up and plays its people until ctx ends: phones and judges
// come in as anyone would; with --play the rundown runs by itself and the
// programme is cut between two cameras.
func (d *demonstration) perform(ctx context.Context) error {
	select {
	case <-d.node.Running():
	case <-ctx.Done():
		return nil
	}
	// Anyone may vote here, so someone has to say that it counts.
	decide := cue.Command{Kind: "decide", What: cue.DecideOpenBallot, Ballot: ballot, Reason: "示例：扫码即可投票"}
	for _, step := range []func(context.Context) error{
		d.signIn, d.roll, func(ctx context.Context) error { return d.command(ctx, decide) }, d.invite,
	} {
		if err := step(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
	base := d.node.Loopback()
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
	people.Go(func() { d.cutCameras(ctx) })
	if !pause(ctx, 3*time.Second) { // the first phones are there
		return nil
	}
	if err := d.node.Autoplay(ctx, session); err != nil {
		return nil // ctx has ended
	}
	fmt.Fprint(d.out, "\n流程已走完，页面保持可用；按 Ctrl-C 结束 / The rundown is over; pages stay up until Ctrl-C\n")
	return nil
}

// command gives a command to the show.
func (d *demonstration) command(ctx context.Context, cmd cue.Command) error {
	return d.organiser.call(ctx, "POST", "/v1/stage/"+string(session)+"/commands", cmd, nil)
}

// cutCameras goes from one camera to the other and back.
func (d *demonstration) cutCameras(ctx context.Context) {
	for i := 0; ; i++ {
		_ = d.command(ctx, cue.Command{Kind: "camera", Name: []string{"stage", "close"}[i%2]}) // the next one comes
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
