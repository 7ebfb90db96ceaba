package webrtc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"hecai/fault"
	"hecai/stream/clip"
)

// ask sends a viewer's offer that nobody will connect.
func ask(tb testing.TB, r *rig, camera string, g Guest, offer string) (*Resource, error) {
	tb.Helper()
	return r.Play(context.Background(), "final", camera, g, offer)
}

func recvAll(tb testing.TB) string {
	_, offer := recvOffer(tb, webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio)
	return offer
}

// TestOffersFromAnywhereLeaveTheCrewItsPlaces: offers cost their sender
// nothing. However many come, from one address or many, who runs the show gets
// a place, and so does a phone that means it.
func TestOffersFromAnywhereLeaveTheCrewItsPlaces(t *testing.T) {
	for name, from := range map[string]func(i int) string{
		"one address":    func(int) string { return "203.0.113.7" },
		"many addresses": func(i int) string { return fmt.Sprint("203.0.113.", i) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRelay(t, rigConfig{MaxViewers: 40})
			r.AddCamera("final", "a", "主舞台")
			offer := recvAll(t)
			for i := range 60 {
				if _, err := ask(t, r, "", Guest{From: from(i)}, offer); err != nil {
					t.Fatalf("offer %d: %v", i, err)
				}
			}
			if n := r.Stats().Viewers; n > 10 {
				t.Errorf("%d offers without a connection hold a place, want at most a quarter of 40", n)
			}
			publish(t, r, "final", "a", "one", clip.Stage)
			phone := watch(t, r, "final", "", false, capH264(), capOpus())
			until(t, "the phone's pictures", 5*time.Second, func() bool { return phone.video.count() > 5 })
			if _, err := ask(t, r, "a", Guest{From: from(0), Crew: true}, offer); err != nil {
				t.Errorf("a director's preview: %v", err)
			}
		})
	}
}

// TestViewersThatStayLeaveTheCrewItsPlaces: the same with viewers that did
// connect, which a waiting offer's end does not help against.
func TestViewersThatStayLeaveTheCrewItsPlaces(t *testing.T) {
	r := newRelay(t, rigConfig{MaxViewers: 10}) // 1 kept for the crew, 3 for other addresses
	r.AddCamera("final", "a", "主舞台")
	offer := recvAll(t)
	stay := func(from string) error {
		res, err := ask(t, r, "", Guest{From: from}, offer)
		if err == nil {
			p, _ := r.peer(res.ID)
			r.arrived(p) // as its connection would say
		}
		return err
	}
	full := &fault.Error{Code: "stream.full"}
	for i := range 8 {
		if err := stay("203.0.113.7"); err != nil {
			t.Fatalf("viewer %d: %v", i, err)
		}
	}
	if err := stay("203.0.113.7"); !errors.Is(err, full) {
		t.Errorf("one address took all places: %v", err)
	}
	if err := stay("198.51.100.1"); err != nil {
		t.Errorf("another address: %v", err)
	}
	if err := stay("198.51.100.2"); !errors.Is(err, full) {
		t.Errorf("the crew's place was taken: %v", err)
	}
	if _, err := ask(t, r, "a", Guest{Crew: true}, offer); err != nil {
		t.Errorf("the director's preview: %v", err)
	}
	for _, p := range r.list(func(*peer) bool { return true }) {
		r.drop(p, true)
	}
	if r.crowd.all != 0 || len(r.crowd.from) != 0 || len(r.crowd.waiting) != 0 || r.crowd.pending != 0 {
		t.Errorf("all have left, and %+v is counted", r.crowd)
	}
}

// TestKickEndsWhatAnIdentityHas: cameras, previews and held slots of a revoked
// identity end at once, and no one else's.
func TestKickEndsWhatAnIdentityHas(t *testing.T) {
	r := newRelay(t, rigConfig{})
	r.AddCamera("final", "a", "主舞台")
	r.AddCamera("final", "b", "特写")
	for _, camera := range []string{"a", "b"} {
		publish(t, r, "final", camera, camera, clip.Stage) // its key is the camera's name
	}
	until(t, "live", 5*time.Second, func() bool { return r.Programme("final").State == "live" })
	offer := recvAll(t)
	for _, key := range []string{"director", "organiser"} {
		if _, err := ask(t, r, "b", Guest{Key: key, Crew: true}, offer); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ask(t, r, "", Guest{}, offer); err != nil {
		t.Fatal(err)
	}
	r.Kick("")
	if got := r.Stats(); got.Publishers != 2 || got.Viewers != 3 {
		t.Fatalf("kicking nobody left %d cameras and %d viewers", got.Publishers, got.Viewers)
	}
	r.Kick("director")
	r.Kick("a")
	if got := r.Stats(); got.Publishers != 1 || got.Viewers != 2 {
		t.Errorf("%d cameras and %d viewers are left, want 1 and 2", got.Publishers, got.Viewers)
	}
	other := newClient(t, clientAPI(t, false, capH264(), capOpus()))
	addSendonly(t, other, capH264())
	if _, err := r.Publish(context.Background(), "final", "a", Guest{owner: "other"}, other.offer(t)); err != nil {
		t.Errorf("the slot is not free: %v", err)
	}
}

// TestKickFreesASlotThatIsHeld: a camera that was lost a moment ago keeps its
// slot for its owner, but not for one whose rights are gone.
func TestKickFreesASlotThatIsHeld(t *testing.T) {
	r := newRelay(t, rigConfig{})
	r.AddCamera("final", "a", "主舞台")
	s := publish(t, r, "final", "a", "one", clip.Stage)
	until(t, "live", 5*time.Second, func() bool { return r.Programme("final").State == "live" })
	for _, p := range r.list(func(p *peer) bool { return p.id == s.res.ID }) {
		r.drop(p, false) // as a connection that died
	}
	next := func() error {
		c := newClient(t, clientAPI(t, false, capH264(), capOpus()))
		addSendonly(t, c, capH264())
		_, err := r.Publish(context.Background(), "final", "a", Guest{owner: "two"}, c.offer(t))
		return err
	}
	if err := next(); fault.CodeOf(err) != "stream.slot_taken" {
		t.Fatalf("a held slot: %v, want stream.slot_taken", err)
	}
	r.Kick("one")
	if err := next(); err != nil {
		t.Errorf("after the owner's rights are gone: %v", err)
	}
}

// TestRevokedWhileItNegotiates: an identity that loses its rights after the
// offer was let in and before the answer is out keeps nothing.
func TestRevokedWhileItNegotiates(t *testing.T) {
	r := newRelay(t, rigConfig{})
	r.AddCamera("final", "a", "主舞台")
	asked := 0
	site := httptest.NewServer(Handler(r.Server, func(*http.Request, string, string, string) (Guest, error) {
		if asked++; asked > 1 {
			return Guest{}, fault.New(fault.Unauthenticated, "access.revoked", "")
		}
		return Guest{Key: "link:1"}, nil
	}))
	t.Cleanup(site.Close)
	_, offer := sendOffer(t)
	res, err := http.Post(site.URL+"/whip/final/a", typeSDP, strings.NewReader(offer))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if n := r.Stats().Publishers; res.StatusCode != http.StatusUnauthorized || n != 0 {
		t.Errorf("status %d and %d publishers, want 401 and none", res.StatusCode, n)
	}
}
