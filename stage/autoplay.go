package stage

import (
	"context"
	"time"

	"hecai/fault"
	"hecai/stage/cue"
)

// autoRetry is how long autoplay waits after a refusal, such as a ballot that
// is still open.
const autoRetry = time.Second

// autoLook is how often autoplay looks whether an operator has stepped in.
const autoLook = 250 * time.Millisecond

// Autoplay runs the rundown by itself, each step as many seconds after the one
// before as the rundown says. It counts from stored facts, so that it goes on
// after a restart, and it starts to count again when an operator steps in. It
// returns nil when no cue is left, and ctx's error when told to end.
func Autoplay(ctx context.Context, s *Stage) error {
	began := s.now()
	director := Actor{Role: cue.RoleDirector, Name: "autoplay"}
	for {
		state := s.shown.Load().state
		id, wait, arm, moved := state.Next()
		if id == "" || state.Ended() {
			return nil
		}
		rev := state.Rev()
		due := max(moved, began) + int64(wait)*1000
		if arm { // arming moves the rundown, so it is done just before
			due -= min(int64(wait)*1000, armLead)
		} else if state.IsArmed(id) {
			due = max(moved, began) + min(int64(wait)*1000, armLead)
		}
		if left := time.Duration(due-s.now()) * time.Millisecond; left > 0 {
			if err := sleep(ctx, min(left, autoLook)); err != nil {
				return err
			}
			continue // an operator may have stepped in, and the next step may be due sooner
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		cmd := cue.Command{Rev: rev, Kind: "fire", Cue: id}
		if arm {
			cmd.Kind = "arm"
		}
		_, err := s.Do(ctx, director, cmd)
		if err == nil || fault.CodeOf(err) == "stage.stale_rev" {
			continue
		}
		s.cfg.Log.Warn("autoplay: refused, will try again", "cue", id, "code", fault.CodeOf(err), "err", err)
		if err := sleep(ctx, autoRetry); err != nil {
			return err
		}
	}
}

// armLead is how long before its firing a dangerous cue is armed, ms.
const armLead = 1000

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
