package webrtc

import (
	"net/http"
	"testing"

	"github.com/pion/webrtc/v4"
)

// TestWHEPFromAnotherSite (case whep-from-another-site): a player on a page of
// another origin may ask for the programme, keep its connection and end it; what
// cameras send, and single cameras, stay with our own pages.
func TestWHEPFromAnotherSite(t *testing.T) {
	s := newSite(t)
	_, recv := recvOffer(t, webrtc.RTPCodecTypeVideo)
	_, send := sendOffer(t)
	preflight := func(method string) []string {
		return []string{"Origin", "https://player.example", "Access-Control-Request-Method", method, "Access-Control-Request-Headers", "content-type"}
	}
	from := func(more ...string) []string {
		return append([]string{"Origin", "https://player.example", "Sec-Fetch-Site", "cross-site"}, more...)
	}
	open := func(more ...string) map[string]string {
		want := map[string]string{"Access-Control-Allow-Origin": `^\*$`, "Access-Control-Allow-Credentials": "^$"}
		for i := 0; i < len(more); i += 2 {
			want[more[i]] = more[i+1]
		}
		return want
	}
	closed := map[string]string{"Access-Control-Allow-Origin": "^$", "Access-Control-Allow-Methods": "^$"}
	sdp := []string{"Content-Type", typeSDP}
	s.run(t, []check{
		{"preflight of an offer", "OPTIONS", "/whep/final", "", preflight("POST"), 204, "", open("Access-Control-Allow-Methods", "POST", "Access-Control-Allow-Headers", "(?i)content-type")},
		{"offer", "POST", "/whep/final", recv, from(sdp...), 201, "", open("Access-Control-Expose-Headers", "Location.*ETag")},
		{"a refusal can be read", "POST", "/whep/final", "", from(sdp...), 400, "stream.bad_sdp", open()},
		{"a viewer that is gone", "DELETE", "/whep/r/none", "", from(), 404, "stream.not_found", open()},

		{"preflight of a camera's picture", "OPTIONS", "/whep/final/a", "", preflight("POST"), 204, "", closed},
		{"a camera's picture", "POST", "/whep/final/a", recv, from("Content-Type", typeSDP, "Authorization", "Bearer staff"), 201, "", closed},
		{"preflight of a camera", "OPTIONS", "/whip/final/a", "", preflight("POST"), 204, "", closed},
		{"a camera", "POST", "/whip/final/a", send, from("Content-Type", typeSDP, "Authorization", "Bearer cam1"), 201, "", closed},
	})
	at := func(path, token string) string {
		res, text := s.do(t, "POST", path, recv, "Content-Type", typeSDP, "Authorization", token)
		if res.StatusCode != 201 {
			t.Fatalf("%s: %d %s", path, res.StatusCode, text)
		}
		return res.Header.Get("Location")
	}
	view, preview := at("/whep/final", ""), at("/whep/final/a", "Bearer staff")
	s.run(t, []check{
		{"preflight of candidates", "OPTIONS", view, "", preflight("PATCH"), 204, "", open("Access-Control-Allow-Methods", "PATCH.*DELETE", "Access-Control-Allow-Headers", "(?i)if-match")},
		{"leaving", "DELETE", view, "", from(), 200, "", open()},
		{"preflight of a preview", "OPTIONS", preview, "", preflight("DELETE"), 204, "", closed},
	})
	for path, want := range map[string]bool{"/whep/final": true, "/whep/r/abc": true, "/whep/final/a": false, "/whip/final/a": false,
		"/whip/r/abc": false, "/whep/": false, "/v1/votes": false, "/whep/r/": false} {
		r, err := http.NewRequest("POST", "http://x"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := ForAnyOrigin(r); got != want {
			t.Errorf("%s for any origin: %v, want %v", path, got, want)
		}
	}
}
