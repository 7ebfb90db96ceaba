package webrtc

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"hecai/fault"
	"hecai/stream/clip"
	"hecai/stream/sdpfrag"
)

// gate is an Authorize with one publisher token per name, and free viewing of
// the programme of any session but "closed".
func gate(r *http.Request, action, session, camera string) (Guest, error) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case action == ActionPlay && session != "closed":
		return Guest{}, nil
	case token == "":
		return Guest{}, fault.New(fault.Unauthenticated, "access.unauthenticated", "")
	case token == "revoked":
		return Guest{}, fault.New(fault.Unauthenticated, "access.link_revoked", "")
	case action == ActionPreview && token == "staff",
		action == ActionPublish && strings.HasPrefix(token, "cam") && session == "final":
		return Guest{Key: token}, nil
	default:
		return Guest{}, fault.New(fault.Forbidden, "access.forbidden", "")
	}
}

// site is the surface under test.
type site struct {
	*httptest.Server
	relay *rig
}

func newSite(tb testing.TB) *site {
	tb.Helper()
	r := newRelay(tb, rigConfig{})
	r.AddCamera("final", "a", "主舞台")
	r.AddCamera("final", "b", "特写")
	r.AddCamera("other", "a", "别处")
	r.AddCamera("closed", "a", "内部")
	s := httptest.NewServer(Handler(r.Server, gate))
	tb.Cleanup(s.Close)
	return &site{s, r}
}

// do sends a request; headers come in pairs.
func (s *site) do(tb testing.TB, method, path, body string, headers ...string) (*http.Response, string) {
	tb.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := s.Client().Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return res, string(text)
}

// offers are session descriptions to send.
func sendOffer(tb testing.TB) (*client, string) {
	c := newClient(tb, clientAPI(tb, false, capH264(), capOpus()))
	addSendonly(tb, c, capH264())
	return c, c.offer(tb)
}

func recvOffer(tb testing.TB, kinds ...webrtc.RTPCodecType) (*client, string) {
	c := newClient(tb, clientAPI(tb, false, capVP8(), capH264(), capOpus()))
	for _, k := range kinds {
		if _, err := c.pc.AddTransceiverFromKind(k, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			tb.Fatal(err)
		}
	}
	return c, c.offer(tb)
}

// check is one request and what must come back.
type check struct {
	name, method, path, body string
	headers                  []string
	status                   int
	code                     string            // of the problem body
	want                     map[string]string // header: regular expression
}

func (s *site) run(t *testing.T, checks []check) {
	t.Helper()
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			res, body := s.do(t, c.method, c.path, c.body, c.headers...)
			if res.StatusCode != c.status {
				t.Fatalf("status %d, want %d; body %s", res.StatusCode, c.status, body)
			}
			for name, pattern := range c.want {
				if got := strings.Join(res.Header.Values(name), ", "); !regexp.MustCompile(pattern).MatchString(got) {
					t.Errorf("%s: %q, want %s", name, got, pattern)
				}
			}
			if c.code == "" {
				if c.status/100 == 2 && c.status != 201 && body != "" {
					t.Errorf("body %q, want none", body)
				}
				return
			}
			var p problem
			if got := res.Header.Get("Content-Type"); got != typeProblem {
				t.Errorf("content type %q, want %q", got, typeProblem)
			}
			if err := json.Unmarshal([]byte(body), &p); err != nil || p.Error.Code != c.code || p.Status != c.status || p.Title == "" {
				t.Errorf("problem %s, %v; want code %s", body, err, c.code)
			}
		})
	}
}

const strongTag = `^"[^"]{16,}"$`

func TestConformanceEndpoints(t *testing.T) {
	s := newSite(t)
	_, send := sendOffer(t)
	_, recv := recvOffer(t, webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio)
	const cam, staff = "Bearer cam1", "Bearer staff"
	sdp := []string{"Content-Type", "application/sdp"}
	as := func(token string, more ...string) []string {
		return append([]string{"Authorization", token, "Content-Type", "application/sdp"}, more...)
	}
	twice := send + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:9\r\na=sendonly\r\na=rtpmap:96 H264/90000\r\n"
	data := recv + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:9\r\n"
	av1 := strings.NewReplacer("H264/90000", "AV1/90000").Replace(send)
	bare := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=sendonly\r\na=rtpmap:96 H264/90000\r\n"
	s.run(t, []check{
		{"OPTIONS names the type to post", "OPTIONS", "/whip/final/a", "", nil, 204, "", map[string]string{"Accept-Post": "^application/sdp$", "Allow": "POST"}},
		{"OPTIONS on WHEP", "OPTIONS", "/whep/final", "", nil, 204, "", map[string]string{"Accept-Post": "^application/sdp$"}},
		{"GET is empty", "GET", "/whip/final/a", "", nil, 204, "", nil},
		{"HEAD is empty", "HEAD", "/whip/final/a", "", nil, 200, "", nil},
		{"GET on WHEP is empty", "GET", "/whep/final", "", nil, 204, "", nil},
		{"HEAD on WHEP tells its type", "HEAD", "/whep/final", "", nil, 200, "", map[string]string{"Content-Type": "^application/sdp$"}},
		{"HEAD on a camera's WHEP", "HEAD", "/whep/final/a", "", nil, 200, "", map[string]string{"Content-Type": "^application/sdp$"}},
		{"PUT is not a method here", "PUT", "/whip/final/a", "", nil, 405, "stream.method", map[string]string{"Allow": "POST"}},
		{"DELETE on an endpoint", "DELETE", "/whep/final", "", nil, 405, "stream.method", map[string]string{"Allow": "POST"}},
		{"PATCH on an endpoint", "PATCH", "/whip/final/a", "", nil, 405, "stream.method", nil},
		{"unknown path", "POST", "/whip", "", sdp, 404, "stream.not_found", nil},

		{"no token", "POST", "/whip/final/a", send, sdp, 401, "access.unauthenticated", map[string]string{"WWW-Authenticate": "^Bearer"}},
		{"a revoked token", "POST", "/whip/final/a", send, as("Bearer revoked"), 401, "access.link_revoked", map[string]string{"WWW-Authenticate": "^Bearer"}},
		{"token of another room", "POST", "/whip/other/a", send, as(cam), 403, "access.forbidden", nil},
		{"authorised before the body is read", "POST", "/whip/final/a", strings.Repeat("x", 1<<17), sdp, 401, "access.unauthenticated", nil},
		{"preview is for staff", "POST", "/whep/final/a", recv, sdp, 401, "access.unauthenticated", nil},
		{"preview with a camera's token", "POST", "/whep/final/a", recv, as(cam), 403, "access.forbidden", nil},
		{"closed session", "POST", "/whep/closed", recv, sdp, 401, "access.unauthenticated", nil},

		{"no content type", "POST", "/whip/final/a", send, []string{"Authorization", cam}, 415, "stream.media_type", map[string]string{"Accept": "application/sdp"}},
		{"JSON", "POST", "/whip/final/a", "{}", []string{"Authorization", cam, "Content-Type", "application/json"}, 415, "stream.media_type", nil},
		{"JSON on WHEP", "POST", "/whep/final", "{}", []string{"Content-Type", "application/json"}, 415, "stream.media_type", nil},
		{"broken content type", "POST", "/whip/final/a", send, []string{"Authorization", cam, "Content-Type", ";;"}, 415, "stream.media_type", nil},
		{"over 64 KiB", "POST", "/whip/final/a", strings.Repeat("a", bodyLimit+1), as(cam), 413, "stream.too_large", nil},
		{"over 64 KiB on WHEP", "POST", "/whep/final", strings.Repeat("a", bodyLimit+1), sdp, 413, "stream.too_large", nil},
		{"empty body", "POST", "/whip/final/a", "", as(cam), 400, "stream.bad_sdp", nil},
		{"no SDP", "POST", "/whip/final/a", "hello", as(cam), 400, "stream.bad_sdp", nil},
		{"no SDP on WHEP", "POST", "/whep/final", "hello", sdp, 400, "stream.bad_sdp", nil},
		{"no media", "POST", "/whep/final", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", sdp, 400, "stream.bad_sdp", nil},
		{"no ICE, no fingerprint", "POST", "/whip/final/a", bare, as(cam), 400, "stream.bad_sdp", nil},
		{"two video sections", "POST", "/whip/final/a", twice, as(cam), 400, "stream.bad_sdp", nil},
		{"a data channel", "POST", "/whep/final", data, sdp, 400, "stream.bad_sdp", nil},
		{"a viewer's offer to WHIP", "POST", "/whip/final/a", recv, as(cam), 400, "stream.bad_sdp", nil},
		{"a camera's offer to WHEP", "POST", "/whep/final", send, sdp, 400, "stream.bad_sdp", nil},
		{"no codec of the show", "POST", "/whip/final/a", av1, as(cam), 422, "stream.need_h264", nil},
		{"no codec of the show on WHEP", "POST", "/whep/final", strings.NewReplacer("H264/90000", "AV1/90000").Replace(recv), sdp, 422, "stream.codec", nil},

		{"unknown camera", "POST", "/whip/final/z", send, as(cam), 404, "stream.no_camera", nil},
		{"unknown session", "POST", "/whep/nowhere", recv, sdp, 404, "stream.no_camera", nil},
		{"unknown camera on WHEP", "POST", "/whep/final/z", recv, as(staff), 404, "stream.no_camera", nil},

		{"camera", "POST", "/whip/final/a", send, as(cam), 201, "", map[string]string{
			"Content-Type": "^application/sdp$", "Location": "^/whip/r/.{26,}$", "ETag": strongTag, "Accept-Patch": typeFrag}},
		{"type with a parameter", "POST", "/whip/final/b", send, []string{"Authorization", cam, "Content-Type", "application/sdp; charset=utf-8"}, 201, "", nil},
		{"slot taken", "POST", "/whip/final/a", send, as("Bearer cam2"), 409, "stream.slot_taken", map[string]string{"Retry-After": `^\d+$`}},
		{"the same token takes over", "POST", "/whip/final/a", send, as(cam), 201, "", nil},
		{"viewer", "POST", "/whep/final", recv, sdp, 201, "", map[string]string{
			"Content-Type": "^application/sdp$", "Location": "^/whep/r/.{26,}$", "ETag": strongTag}},
		{"staff preview", "POST", "/whep/final/a", recv, as(staff), 201, "", nil},
	})
	if got := s.relay.Stats(); got.Viewers != 2 {
		t.Errorf("%d viewers, want 2: refused offers leave nothing behind", got.Viewers)
	}
}

func TestConformanceResources(t *testing.T) {
	s := newSite(t)
	_, send := sendOffer(t)
	_, recv := recvOffer(t, webrtc.RTPCodecTypeVideo)
	post := func(path, body string, headers ...string) (at, etag string) {
		res, text := s.do(t, "POST", path, body, append(headers, "Content-Type", "application/sdp")...)
		if res.StatusCode != 201 {
			t.Fatalf("POST %s: %d %s", path, res.StatusCode, text)
		}
		return res.Header.Get("Location"), res.Header.Get("ETag")
	}
	cam, camTag := post("/whip/final/a", send, "Authorization", "Bearer cam1")
	view, viewTag := post("/whep/final", recv)
	frag := func(more ...string) []string {
		return append([]string{"Content-Type", typeFrag, "Authorization", "Bearer cam1"}, more...)
	}
	const good = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=candidate:1 1 udp 2122260223 127.0.0.1 61764 typ host\r\n"
	const mixed = "m=audio 9 X 111\r\na=mid:0\r\na=candidate:rubbish\r\na=candidate:1 1 udp 1 no.such.host.invalid 1 typ host\r\na=end-of-candidates\r\n"
	s.run(t, []check{
		{"OPTIONS names the type to patch", "OPTIONS", cam, "", nil, 204, "", map[string]string{"Accept-Patch": typeFrag, "Allow": "DELETE"}},
		{"GET is empty", "GET", cam, "", nil, 204, "", nil},
		{"HEAD is empty", "HEAD", view, "", nil, 204, "", nil},
		{"POST on a resource", "POST", cam, "", nil, 405, "stream.method", map[string]string{"Allow": "PATCH"}},
		{"unknown resource", "GET", "/whip/r/nothing", "", nil, 404, "stream.not_found", nil},
		{"unknown resource, DELETE", "DELETE", "/whep/r/nothing", "", nil, 404, "stream.not_found", nil},
		{"a camera's id under WHEP", "DELETE", strings.Replace(cam, "whip", "whep", 1), "", nil, 404, "stream.not_found", nil},

		{"PATCH without If-Match", "PATCH", cam, good, frag(), 428, "stream.precondition_required", nil},
		{"PATCH with a stale tag", "PATCH", cam, good, frag("If-Match", `"old"`), 412, "stream.precondition", nil},
		{"PATCH with a weak tag", "PATCH", cam, good, frag("If-Match", "W/"+camTag), 412, "stream.precondition", nil},
		{"PATCH with another's tag", "PATCH", cam, good, frag("If-Match", viewTag), 412, "stream.precondition", nil},
		{"candidate", "PATCH", cam, good, frag("If-Match", camTag), 204, "", map[string]string{"ETag": "^$"}},
		{"candidate, one tag of many", "PATCH", cam, good, frag("If-Match", `"old", `+camTag), 204, "", nil},
		{"candidate, any tag", "PATCH", cam, good, frag("If-Match", "*"), 204, "", nil},
		{"bad candidates are dropped silently", "PATCH", cam, mixed, frag("If-Match", camTag), 204, "", nil},
		{"end of candidates", "PATCH", cam, "a=end-of-candidates\r\n", frag("If-Match", camTag), 204, "", nil},
		{"empty fragment", "PATCH", cam, "", frag("If-Match", camTag), 400, "stream.bad_sdp", nil},
		{"no fragment", "PATCH", cam, "{}", frag("If-Match", camTag), 400, "stream.bad_sdp", nil},
		{"fragment of another type", "PATCH", cam, good, []string{"Content-Type", "application/sdp", "Authorization", "Bearer cam1", "If-Match", camTag}, 415, "stream.media_type", nil},
		{"fragment over 64 KiB", "PATCH", cam, strings.Repeat("a=x\r\n", 20000), frag("If-Match", camTag), 413, "stream.too_large", nil},
		{"restart with bad credentials", "PATCH", cam, "a=ice-ufrag:x\r\na=ice-pwd:y\r\n", frag("If-Match", "*"), 400, "stream.bad_sdp", nil},
		{"viewer's candidate", "PATCH", view, good, []string{"Content-Type", typeFrag, "If-Match", viewTag}, 204, "", nil},

		{"PATCH by nobody", "PATCH", cam, good, []string{"Content-Type", typeFrag, "If-Match", camTag}, 401, "access.unauthenticated", map[string]string{"WWW-Authenticate": "^Bearer"}},
		{"PATCH by another camera", "PATCH", cam, good, []string{"Content-Type", typeFrag, "If-Match", camTag, "Authorization", "Bearer cam2"}, 403, "stream.forbidden", nil},
		{"DELETE by nobody", "DELETE", cam, "", nil, 401, "access.unauthenticated", nil},
		{"DELETE by a stranger", "DELETE", cam, "", []string{"Authorization", "Bearer other"}, 403, "access.forbidden", nil},
		{"DELETE by another camera", "DELETE", cam, "", []string{"Authorization", "Bearer cam2"}, 403, "stream.forbidden", nil},
		{"it is still there", "GET", cam, "", nil, 204, "", nil},
		{"DELETE ignores If-Match", "DELETE", cam, "", []string{"Authorization", "Bearer cam1", "If-Match", `"old"`}, 200, "", nil},
		{"DELETE twice", "DELETE", cam, "", []string{"Authorization", "Bearer cam1"}, 404, "stream.not_found", nil},
		{"PATCH after DELETE", "PATCH", cam, good, frag("If-Match", camTag), 404, "stream.not_found", nil},
		{"a deleted slot is free at once", "POST", "/whip/final/a", send, []string{"Content-Type", "application/sdp", "Authorization", "Bearer cam2"}, 201, "", nil},
		{"viewer leaves", "DELETE", view, "", nil, 200, "", nil},
	})
	if got := s.relay.Stats(); got.Viewers != 0 || got.Publishers != 1 {
		t.Errorf("%d viewers and %d publishers, want 0 and 1", got.Viewers, got.Publishers)
	}
}

func TestPatchRestartsICE(t *testing.T) {
	r := newRelay(t, rigConfig{})
	r.AddCamera("final", "a", "主舞台")
	publish(t, r, "final", "a", "one", clip.Stage)
	w := watch(t, r, "final", "", false, capH264(), capOpus())
	until(t, "pictures", 3*time.Second, func() bool { return w.video.count() > 5 })

	o, err := w.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(w.pc)
	if err := w.pc.SetLocalDescription(o); err != nil {
		t.Fatal(err)
	}
	<-gathered
	old := w.pc.RemoteDescription().SDP
	frag := sdpfrag.Answer(w.pc.LocalDescription().SDP)
	res, err := r.Patch(context.Background(), w.res.ID, "*", frag)
	if err != nil {
		t.Fatalf("Patch: %v", err)
	}
	if res == nil || res.ETag == w.res.ETag {
		t.Fatalf("restart answered %+v, want a new ETag", res)
	}
	f, err := sdpfrag.Parse(res.AnswerSDP)
	if err != nil || len(f.Candidates) == 0 {
		t.Fatalf("answer %q: %v", res.AnswerSDP, err)
	}
	answer, ok := sdpfrag.Restart(old, f.Ufrag, f.Pwd)
	if !ok {
		t.Fatal("answer has bad credentials")
	}
	for _, c := range f.Candidates { // into the first section, which carries the bundle
		answer = strings.Replace(answer, "m=audio", "a="+c.Line+"\r\nm=audio", 1)
	}
	if err := w.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	n := w.video.count()
	until(t, "pictures after the restart", 5*time.Second, func() bool { return w.video.count() > n+50 })
	until(t, "repairs of what the restart lost", 3*time.Second, func() bool { return w.video.holes() == 0 })
	if _, err := r.Patch(context.Background(), w.res.ID, w.res.ETag, "a=end-of-candidates\r\n"); fault.CodeOf(err) != "stream.precondition" {
		t.Errorf("the old ETag gives %v, want stream.precondition", err)
	}
}

func TestPreconditionTable(t *testing.T) {
	for _, tt := range []struct{ header, code string }{
		{"", "stream.precondition_required"}, {"  ", "stream.precondition_required"},
		{`"a"`, ""}, {"*", ""}, {`"b", "a"`, ""}, {`"b"`, "stream.precondition"},
		{"a", "stream.precondition"}, {`W/"a"`, "stream.precondition"},
	} {
		if got := fault.CodeOf(precondition(tt.header, `"a"`)); got != tt.code {
			t.Errorf("If-Match %q: %q, want %q", tt.header, got, tt.code)
		}
	}
}

func FuzzReadOffer(f *testing.F) {
	f.Add("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		o, err := readOffer(text, "sendonly")
		if err != nil {
			if c := fault.CodeOf(err); c != "stream.bad_sdp" {
				t.Fatalf("code %q", c)
			}
			return
		}
		if !o.video && !o.audio {
			t.Fatal("an offer of nothing is taken")
		}
	})
}
