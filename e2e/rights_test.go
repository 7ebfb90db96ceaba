package e2e

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"hecai/access"
	"hecai/hub/client"
	"hecai/server/node"
)

// cutWithin is how long an ended right may stay live: it is looked at every
// second. A test on a busy machine gives it more than the two seconds that the
// house promises.
const cutWithin = time.Minute

// inUse is what somebody does with a right: a socket that commands, a ticket for
// another one, and pictures that are sent or watched.
type inUse struct {
	who    *Client
	ws     *client.Client
	ticket string
	media  []string // addresses of WHIP and WHEP resources
}

// offer makes a real offer of one video.
func offer(t testing.TB, send bool) *webrtc.PeerConnection {
	t.Helper()
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	way := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
	if send {
		way.Direction = webrtc.RTPTransceiverDirectionSendonly
		track, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264}, "v", "s")
		if err == nil {
			_, err = pc.AddTransceiverFromTrack(track, way)
		}
		if err != nil {
			t.Fatal(err)
		}
	} else if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, way); err != nil {
		t.Fatal(err)
	}
	sdp, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(sdp); err != nil {
		t.Fatal(err)
	}
	<-gathered
	return pc
}

// media sends an offer, connects, and returns the resource's address. One that never
// connects is given up after a quarter of a minute.
func (c *Client) media(path string) string {
	c.t.Helper()
	pc := offer(c.t, strings.HasPrefix(path, "/whip"))
	req, err := http.NewRequest("POST", c.url+path, strings.NewReader(pc.LocalDescription().SDP))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/sdp")
	if c.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusCreated {
		c.t.Fatalf("POST %s: %s %s", path, resp.Status, body)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(body)}); err != nil {
		c.t.Fatalf("the answer of %s: %v", path, err)
	}
	return resp.Header.Get("Location")
}

// use makes all that the client may of its right.
func (h *house) use(c *Client, media ...string) inUse {
	h.t.Helper()
	u := inUse{who: c}
	var out struct{ Ticket string }
	c.Do("POST", "/v1/ws-tickets", object{}, &out)
	ws, err := client.Dial(h.t.Context(), client.Config{URL: "ws" + strings.TrimPrefix(h.url, "http") + "/ws", Ticket: out.Ticket})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { ws.Close() })
	u.ws = ws
	for _, path := range media {
		u.media = append(u.media, c.media(path))
	}
	c.Do("POST", "/v1/ws-tickets", object{}, &out)
	u.ticket = out.Ticket
	u.live()
	return u
}

func (u inUse) status(at string) int {
	u.who.t.Helper()
	resp, _ := ask(u.who.t, "GET", u.who.url+at, "", nil)
	return resp.StatusCode
}

// live fails unless everything still goes on.
func (u inUse) live() {
	u.who.t.Helper()
	if err := u.ws.Req(u.who.t.Context(), "nothing", object{}, nil); err == nil || err.Error() != "wire.unknown_method" {
		u.who.t.Fatalf("the socket: %v", err)
	}
	for _, at := range u.media {
		if got := u.status(at); got != http.StatusNoContent {
			u.who.t.Fatalf("%s: %d", at, got)
		}
	}
}

// ended fails unless everything ends by itself. A command over the socket is
// refused at once, however soon it comes.
func (u inUse) ended(what string) {
	t := u.who.t
	t.Helper()
	if err := u.ws.Req(t.Context(), "stage.command", object{"session": "final", "kind": "notice", "text": "示例"}, nil); err == nil {
		t.Errorf("%s: a command over the socket was carried out", what)
	}
	select {
	case <-u.ws.Done():
		if u.ws.CloseCode() != 4503 {
			t.Errorf("%s: the socket was closed with %d, want 4503", what, u.ws.CloseCode())
		}
	case <-time.After(cutWithin):
		t.Errorf("%s: the socket is still open", what)
	}
	for _, at := range u.media {
		for deadline := time.Now().Add(cutWithin); u.status(at) != http.StatusNotFound; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Errorf("%s: %s is still live", what, at)
				break
			}
		}
	}
	ws, err := client.Dial(t.Context(), client.Config{URL: "ws" + strings.TrimPrefix(u.who.url, "http") + "/ws", Ticket: u.ticket})
	if err != nil {
		return
	}
	defer ws.Close()
	if err := ws.Req(t.Context(), "nothing", object{}, nil); err == nil || err.Error() == "wire.unknown_method" {
		t.Errorf("%s: an unspent ticket still opens a socket", what)
	}
}

// TestEndedRightsEndWhatIsLive: each way in which a right ends, by each use that
// is made of it while it ends.
func TestEndedRightsEndWhatIsLive(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	h := openHouse(t, func(c *node.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	h.org.Do("POST", "/v1/admin/cameras", object{"session": "final", "name": "cam", "label": "机位"}, nil)

	for _, role := range access.LinkRoles {
		t.Run("revoked "+string(role), func(t *testing.T) {
			var made struct{ ID, Token string }
			h.org.Do("POST", "/v1/admin/links", object{"role": role, "name": "cam", "session": "final"}, &made)
			media := []string{"/whep/final"}
			if role == access.Broadcaster {
				media = append(media, "/whip/final/cam", "/whep/final/cam")
			}
			u := h.use(wander(h.client().withLink(made.Token)), media...)
			h.org.Do("DELETE", "/v1/admin/links/"+made.ID, nil, nil)
			u.ended("revoked")
		})
	}

	accounts := map[access.Role]string{}
	var list []struct {
		ID    string
		Roles []access.Role
	}
	h.org.Do("GET", "/v1/admin/staff", nil, &list)
	for _, a := range list {
		accounts[a.Roles[0]] = a.ID
	}
	signIn := func(role access.Role) *Client {
		t.Helper()
		var made struct{ URL string }
		h.org.Do("POST", "/v1/admin/staff/"+accounts[role]+"/link", object{}, &made)
		_, token, _ := strings.Cut(made.URL, "#login=")
		c := h.client()
		c.Do("POST", "/v1/signin/link", object{"token": token}, nil)
		return c
	}
	media := func(role access.Role) []string {
		if role == access.Director {
			return []string{"/whep/final", "/whep/final/cam"}
		}
		return []string{"/whep/final"}
	}
	for _, role := range []access.Role{access.Director, access.Moderator} {
		t.Run("signed out "+string(role), func(t *testing.T) {
			one, other := h.use(signIn(role), media(role)...), h.use(signIn(role), media(role)...)
			one.who.Do("POST", "/v1/signout", object{}, nil)
			one.ended("signed out")
			other.live() // another browser of the same person
			h.org.Do("DELETE", "/v1/admin/staff/"+accounts[role], nil, nil)
			other.ended("disabled")
			h.org.Do("POST", "/v1/admin/staff/"+accounts[role]+"/enable", object{}, nil)
		})
	}
	t.Run("run out", func(t *testing.T) {
		u := h.use(signIn(access.Director), media(access.Director)...)
		ahead.Store(int64(13 * time.Hour))
		u.ended("13 h idle")
	})
}

// TestATicketCountsOnTheOpenSocket: a code that is redeemed while the socket is
// open, or while its ticket is unspent, counts there.
func TestATicketCountsOnTheOpenSocket(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	entries := importEntries(h.org, 3)
	h.org.Do("POST", "/v1/admin/ballots", object{"id": "b", "title": "示例选票", "session": "final", "entries": entries,
		"visibility": "count", "level": 2, "quota": object{"window": "ballot", "max": 1}}, nil)
	h.org.Do("POST", "/v1/admin/ballots/b/open", object{"seconds": 0}, nil)
	var made struct{ Codes []string }
	h.org.Do("POST", "/v1/admin/tickets", object{"count": 2}, &made)

	phone := h.phone()
	ws, err := phone.socket(t.Context(), client.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	var out struct{ Ticket string }
	phone.Do("POST", "/v1/ws-tickets", object{"as": "audience"}, &out)
	cast := func(ws *client.Client, rev int) error {
		return ws.Req(t.Context(), "vote.cast", object{"ballot": "b", "rev": rev, "choice": entries[:1]}, nil)
	}
	if err := cast(ws, 1); err == nil || err.Error() != "vote.level" {
		t.Fatalf("without a ticket: %v", err)
	}
	phone.Do("POST", "/v1/tickets/redeem", object{"code": strings.ToLower(made.Codes[0]) + "。"}, nil)
	if err := cast(ws, 1); err != nil {
		t.Errorf("over the socket that was open: %v", err)
	}
	later, err := client.Dial(context.Background(), client.Config{URL: "ws" + strings.TrimPrefix(h.url, "http") + "/ws", Ticket: out.Ticket})
	if err != nil {
		t.Fatal(err)
	}
	defer later.Close()
	if err := cast(later, 1); err != nil { // the same vote once more
		t.Errorf("over a socket whose ticket is older than the code: %v", err)
	}
	phone.Do("POST", "/v1/votes", object{"ballot": "b", "rev": 1, "choice": entries[:1]}, nil)
	var board struct{ Voters int }
	phone.Do("GET", "/v1/ballots/b", nil, &board)
	if board.Voters != 1 {
		t.Errorf("%d voters, want 1", board.Voters)
	}
	h.phone().Refused("access.ticket_used", "POST", "/v1/tickets/redeem", object{"code": made.Codes[0]})
}
