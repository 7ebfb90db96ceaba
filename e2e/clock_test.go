package e2e

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"hecai/hub/client"
	"hecai/server/node"
	stagecue "hecai/stage/cue"
)

// wall is a machine's wall clock that can be set, in whole seconds, while the
// monotonic clock goes on. The runtime keeps the wall's seconds above 30 bits of
// nanoseconds in the first word of time.Time.
type wall struct{ off atomic.Int64 }

func (w *wall) now() time.Time {
	t := time.Now()
	p := (*[2]uint64)(unsafe.Pointer(&t))
	p[0] += uint64(w.off.Load()) << 30
	return t
}

// clocked is a house whose wall clock can be set, with a ballot that is
// open for some seconds.
type clocked struct {
	*house
	wall    wall
	entries []string
	asked   time.Time // to open the ballot
}

func openClocked(t *testing.T, seconds int) *clocked {
	c := &clocked{}
	c.house = openHouse(t, func(cfg *node.Config) { cfg.Now = c.wall.now })
	c.entries = importEntries(c.org, 3)
	c.org.Do("POST", "/v1/admin/ballots", object{"id": "b", "title": "示例投票", "session": "final", "entries": c.entries,
		"visibility": "count", "quota": object{"max": 1}}, nil)
	c.asked = time.Now()
	c.org.Do("POST", "/v1/admin/ballots/b/open", object{"seconds": seconds}, nil)
	return c
}

type publicBallot struct {
	State string
}

func (c *clocked) board() (b publicBallot) {
	c.t.Helper()
	c.org.Do("GET", "/v1/ballots/b", nil, &b)
	return b
}

// told returns the time that clients are told: over HTTP, and at a socket's
// start and in its heartbeat.
func (c *clocked) told() map[string]int64 {
	c.t.Helper()
	var over struct{ Now int64 }
	var ticket struct{ Ticket string }
	c.org.Do("POST", "/v1/ws-tickets", object{}, &ticket)
	beats := make(chan client.Frame, 16)
	ws, err := client.Dial(c.t.Context(), client.Config{URL: "ws" + strings.TrimPrefix(c.url, "http") + "/ws", Ticket: ticket.Ticket,
		OnFrame: func(f client.Frame) {
			if f.T == "hello" || f.T == "hb" {
				select {
				case beats <- f:
				default:
				}
			}
		}})
	if err != nil {
		c.t.Fatal(err)
	}
	defer ws.Close()
	out := map[string]int64{}
	for len(out) < 2 {
		select {
		case f := <-beats:
			out[f.T] = f.Now
		case <-time.After(patience):
			c.t.Fatalf("told only %v", out)
		}
	}
	c.org.Do("GET", "/v1/time", nil, &over)
	out["http"] = over.Now
	return out
}

func (c *clocked) alarmed(code string) bool {
	c.t.Helper()
	var desk struct{ Alarms []stagecue.Alarm }
	c.org.Do("GET", "/v1/stage/final/desk", nil, &desk)
	for _, a := range desk.Alarms {
		if a.Code == code {
			return true
		}
	}
	return false
}

func (c *clocked) until(what string, ok func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// TestTheWallClockIsSet, case clock-step-during-a-vote: phones are told the clock
// that the deadline is made of, so a countdown never parts from its end; the
// desk is told that the wall differs.
func TestTheWallClockIsSet(t *testing.T) {
	t.Parallel()
	const open = 30 // s: what is done meanwhile waits for two heartbeats, which take up to ten
	for _, by := range []int64{-30, 60, -300, 300} {
		t.Run(fmt.Sprintf("by %d s", by), func(t *testing.T) {
			t.Parallel()
			c := openClocked(t, open)
			opened := time.Now()
			was := c.told()["http"]
			c.wall.off.Store(by)
			for how, now := range c.told() {
				passed := time.Since(opened).Milliseconds() + 2000
				if now < was || now > was+passed {
					t.Errorf("%s says %d ms after the step that took %d", how, now-was, passed)
				}
			}
			if !c.alarmed(stagecue.AlarmClock) {
				t.Error("the desk is not told")
			}
			c.phone().Do("POST", "/v1/votes", object{"ballot": "b", "rev": 1, "choice": c.entries[:1]}, nil)
			c.until("the close", func() bool { return c.board().State == "closed" })
			if lasted := time.Since(c.asked); lasted < open*time.Second {
				t.Errorf("closed after %v", lasted)
			}
			c.phone().Refused("vote.closed", "POST", "/v1/votes", object{"ballot": "b", "rev": 1, "choice": c.entries[:1]})
			// Nothing is running any more: the clock follows the wall.
			c.until("the clock follows", func() bool { return !c.alarmed(stagecue.AlarmClock) })
		})
	}
}

// TestTheMachineSlept, case laptop-slept-during-a-vote: an hour later the ballot
// is over, and the desk is told why.
func TestTheMachineSlept(t *testing.T) {
	t.Parallel()
	c := openClocked(t, 1200)
	c.phone().Do("POST", "/v1/votes", object{"ballot": "b", "rev": 1, "choice": c.entries[:1]}, nil)
	c.wall.off.Store(3600) // the monotonic clock stood still
	c.phone().Refused("vote.closed", "POST", "/v1/votes", object{"ballot": "b", "rev": 1, "choice": c.entries[:1]})
	c.until("the close", func() bool { return c.board().State == "closed" })
	c.until("the desk is told", func() bool { return c.alarmed(stagecue.AlarmSlept) })
}

// TestAPastWindowOverHTTP: a slip of the date is refused at the form, and a
// window that passed while the server was down stays shut, with an alarm, until
// a person opens it.
func TestAPastWindowOverHTTP(t *testing.T) {
	t.Parallel()
	c := &clocked{}
	c.house = openHouse(t, func(cfg *node.Config) { cfg.Now = c.wall.now })
	c.entries = importEntries(c.org, 3)
	now := time.Now().UnixMilli()
	ballot := object{"id": "b", "title": "示例投票", "session": "final", "entries": c.entries, "visibility": "count", "quota": object{"max": 1},
		"opensAt": now - 48*3600_000, "closesAt": now - 24*3600_000}
	c.org.Refused("ballot.past", "POST", "/v1/admin/ballots", ballot)
	ballot["opensAt"], ballot["closesAt"] = now+3600_000, now+7200_000
	c.org.Do("POST", "/v1/admin/ballots", ballot, nil)
	c.wall.off.Store(3 * 3600) // the whole window later, at once
	c.until("missed", func() bool { return c.board().State == "closed" })
	c.phone().Refused("vote.closed", "POST", "/v1/votes", object{"ballot": "b", "rev": 1, "choice": c.entries[:1]})
	c.until("the desk is told", func() bool { return c.alarmed(stagecue.AlarmBallotMissed) })
	c.org.Do("POST", "/v1/admin/ballots/b/open", object{"seconds": 60}, nil)
	c.phone().Do("POST", "/v1/votes", object{"ballot": "b", "rev": 1, "choice": c.entries[:1]}, nil)
}
