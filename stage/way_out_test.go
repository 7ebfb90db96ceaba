package stage_test

import (
	"testing"

	"hecai/fault"
	"hecai/stage/cue"
)

// TestEveryRefusalOfOrderHasAWayOut plays one night in which each thing is asked for
// too early, twice or out of turn: it is refused, and a command that any director has
// makes the same go through, up to the end and back.
func TestEveryRefusalOfOrderHasAWayOut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	do := func(cmd cue.Command) error {
		cmd.Rev = r.s().Rev()
		_, err := r.s().Do(bg, director, cmd)
		return err
	}
	on := func(kind, id string) cue.Command { return cue.Command{Kind: kind, Cue: id} }
	// refused asks for something; then the commands clear it, and it goes through.
	refused := func(code string, cmd cue.Command, clear ...cue.Command) {
		t.Helper()
		wantCode(t, cmd.Kind+" "+cmd.Cue, do(cmd), code)
		for _, c := range clear {
			if err := do(c); err != nil {
				t.Fatalf("%s: %s %s: %v", code, c.Kind, c.Cue, err)
			}
		}
		if err := do(cmd); err != nil {
			t.Fatalf("%s %s, cleared of %s: %v", cmd.Kind, cmd.Cue, code, err)
		}
	}
	// steps fires a cue that runs until it is done.
	steps := func(id string) {
		t.Helper()
		for {
			switch err := do(on("fire", id)); fault.CodeOf(err) {
			case "":
			case "stage.done":
				return
			default:
				t.Fatalf("fire %s: %v", id, err)
			}
		}
	}

	refused("stage.no_timer", cue.Command{Kind: "timer_add", Seconds: 5}, on("fire", "card"))
	refused("stage.no_ballot", cue.Command{Kind: "extend", Seconds: 60}, on("fire", "open"))
	r.score()
	r.cast(votes)
	must(t, do(on("arm", "tally")))
	refused("stage.ballot_open", on("fire", "tally"), on("fire", "close"))
	steps("tally")
	must(t, do(on("arm", "marks")))
	refused("stage.not_locked", on("fire", "marks"), on("fire", "lock"))
	steps("marks")
	must(t, do(on("arm", "third")))
	wantCode(t, "third before the seal", do(on("fire", "third")), "stage.not_sealed")
	refused("stage.other_armed", on("arm", "seal"), on("disarm", "third"))
	must(t, do(on("disarm", "seal")))
	refused("stage.not_armed", on("fire", "seal"), on("arm", "seal"))
	must(t, do(on("arm", "third")))
	must(t, do(on("fire", "third")))
	must(t, do(on("arm", "frozen")))
	wantCode(t, "a board amid the awards", do(on("fire", "frozen")), "stage.running")
	steps("third")
	steps("frozen")
	wantCode(t, "third again", do(on("fire", "third")), "stage.done")
	wantCode(t, "out of date", func() error {
		_, err := r.s().Do(bg, director, cue.Command{Rev: r.s().Rev() - 1, Kind: "arm", Cue: "verify"})
		return err
	}(), "stage.stale_rev")
	must(t, do(on("arm", "verify")))
	refused("stage.awards_left", on("fire", "verify"), on("skip", "second"), on("skip", "first"))
	steps("verify")
	refused("stage.not_armed", on("fire", "end"), on("arm", "end"))
	refused("stage.ended", cue.Command{Kind: "notice", Text: "示例通知"}, cue.Command{Kind: "reopen"})
	must(t, do(on("arm", "end")))
	must(t, do(on("fire", "end")))
	r.honest()
	r.shown()
}
