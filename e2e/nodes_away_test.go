package e2e

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"hecai/hub/hubtest"
)

// alarmed reports whether a director's desk is told.
func alarmed(desk json.RawMessage, code string) bool {
	for _, a := range field[[]struct{ Code string }](desk, "alarms") {
		if a.Code == code {
			return true
		}
	}
	return false
}

// reasons are those that a node gives at /readyz while it is ready.
func (n *Node) reasons() []string {
	var ready struct {
		Ready   bool
		Reasons []string
	}
	c := n.client()
	if err := c.Try("GET", "/readyz", nil, &ready); err != nil || !ready.Ready {
		return []string{"not ready"}
	}
	return ready.Reasons
}

// TestPagesGoOnWithoutRedis: Redis is away and stays away. Whoever is at the node that
// does not have the shows sees each step, each ballot and each figure all the same, a
// director there goes on step by step, and the desk says what is the matter.
func TestPagesGoOnWithoutRedis(t *testing.T) {
	t.Parallel()
	h, owner, other := pair(t)
	phone := other.phone()
	watch := phone.join("", "stage/final", "ballot/crash", "pulse/final")
	desk := h.org.at(other).join("", "staff/final")
	h.redis.Pause(t)
	t.Cleanup(func() { h.redis.Resume(t) })

	say := func(at *Node, text string) {
		t.Helper()
		h.org.at(at).try("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": text}, nil)
		hubtest.Until(t, "the phone at the other node shows "+text, func() bool {
			show, _ := watch.Doc("stage/final")
			return noticeOf(show) == text
		})
	}
	say(owner, "示例通知一")
	say(other, "示例通知二")
	h.org.at(owner).Do("POST", "/v1/admin/ballots/crash/open", object{"seconds": 0}, nil)
	hubtest.Until(t, "the phone is told that there is a vote", func() bool {
		pulse, _ := watch.Doc("pulse/final")
		return len(field[[]object](pulse, "ballots")) == 1
	})
	phone.Do("POST", "/v1/votes", object{"ballot": "crash", "rev": 1, "choice": h.ids[:1]}, nil)
	hubtest.Until(t, "the board counts it", func() bool {
		board, _ := watch.Doc("ballot/crash")
		return shows(board, map[string]int64{h.ids[0]: 1})
	})
	hubtest.Until(t, "the desk at the other node is told", func() bool {
		doc, _ := desk.Doc("staff/final")
		return alarmed(doc, "redis_away")
	})
	if got := other.reasons(); !slices.Contains(got, "redis.away") {
		t.Errorf("the other node is ready with %v", got)
	}

	h.redis.Resume(t)
	hubtest.Until(t, "the desk is told that it is over", func() bool {
		doc, _ := desk.Doc("staff/final")
		return !alarmed(doc, "redis_away")
	})
	eventually(t, "nothing speaks against the other node", func() bool { return len(other.reasons()) == 0 })
	say(owner, "示例通知三")
}

// TestACopyIsAnotherHall: a record that was restored elsewhere and started on the Redis
// of the live one, as somebody does who wants to look at it, reaches none of its pages.
func TestACopyIsAnotherHall(t *testing.T) {
	t.Parallel()
	h := newTown(t, 1)
	live := h.nodes[0]
	live.Stop(10 * time.Second)
	copied := h.postgres.Copy(t, h.database)
	live.Start()
	stray := newNode(t, "--database", copied, "--redis", h.redis.URL())
	say := func(at *Node, text string) {
		t.Helper()
		h.org.at(at).try("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": text}, nil)
	}
	eventually(t, "each has its own shows", func() bool { return h.has(live) && h.has(stray) })
	here, there := live.phone().join("", "stage/final"), stray.phone().join("", "stage/final")
	say(live, "示例通知")
	for _, text := range []string{"示例副本一", "示例副本二", "示例副本三"} {
		say(stray, text)
		hubtest.Until(t, "the copy's own phone shows it", func() bool {
			show, _ := there.Doc("stage/final")
			return noticeOf(show) == text
		})
	}
	time.Sleep(2500 * time.Millisecond) // each node says everything again once a second
	if show, _ := here.Doc("stage/final"); noticeOf(show) != "示例通知" {
		t.Errorf("the live show's phone shows %.300s", show)
	}
	say(live, "示例通知二")
	hubtest.Until(t, "the live show goes on", func() bool {
		show, _ := here.Doc("stage/final")
		return noticeOf(show) == "示例通知二"
	})
}

// TestANodeOfAnotherRedis: a node that was given another Redis than the others says so,
// and its pages show what there is.
func TestANodeOfAnotherRedis(t *testing.T) {
	t.Parallel()
	h := newTown(t, 1)
	stray := newNode(t, "--database", h.database, "--redis", hubtest.StartRedis(t).URL())
	watch := stray.phone().join("", "stage/final")
	h.org.Do("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": "示例通知"}, nil)
	hubtest.Until(t, "a phone at the stray node shows the notice", func() bool {
		show, _ := watch.Doc("stage/final")
		return noticeOf(show) == "示例通知"
	})
	eventually(t, "the stray node says what is the matter", func() bool { return slices.Contains(stray.reasons(), "redis.apart") })
	if got := h.nodes[0].reasons(); len(got) > 0 {
		t.Errorf("the node that has the shows is ready with %v", got)
	}
	h.nodes[0].client().Refused("http.not_found", "GET", "/node/documents", nil)
}
