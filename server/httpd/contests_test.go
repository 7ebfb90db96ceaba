package httpd

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"hecai/contest"
	"hecai/static"
)

type twoContests struct{}

func (twoContests) Home() contest.Code { return "A" }

func (twoContests) All() []contest.Code { return []contest.Code{"A", "B"} }

func (twoContests) Plan(code contest.Code) *contest.Plan {
	if code != "A" && code != "B" {
		return nil
	}
	return &contest.Plan{Code: string(code), Tracks: []contest.Track{{ID: contest.TrackID("of-" + code)}}}
}

func TestAddressesOfContests(t *testing.T) {
	site, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	var media []string // the paths that it was asked for
	asked := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { media = append(media, r.URL.Path) })
	s := New(Config{Contests: twoContests{}, Site: site, Sockets: http.NotFoundHandler(), Media: asked, PublicURL: func() string { return "http://hall.example" }})
	for path, want := range map[string]string{
		"/v1/tracks":         `"of-A"`,
		"/c/A/v1/tracks":     `"of-A"`,
		"/c/B/v1/tracks":     `"of-B"`,
		"/c/C/v1/tracks":     "contest.unknown",
		"/c/B/c/A/v1/tracks": "http.not_found",

		// An escaped slash parts nothing: where a request goes is one question.
		"/c/B%2Fx/v1/tracks": "contest.unknown",
		"/c%2FB/v1/tracks":   "http.not_found",
		"/c/B/v1%2Ftracks":   "http.not_found",
	} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s, want %s", path, w.Code, w.Body, want)
		}
	}
	// What one contest's phones scan is never another's, whoever asked first.
	draw := func(path string) string {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Body.String()
	}
	b, a := draw("/c/B/qr.svg?path=/live/final"), draw("/qr.svg?path=/live/final")
	if a == b || !strings.Contains(a, "<svg") || draw("/c/B/qr.svg?path=/live/final") != b || draw("/c/A/qr.svg?path=/live/final") != a {
		t.Error("a code leads into another contest")
	}
	for _, path := range []string{"/whep/final", "/c/B/whep/final", "/whep/B%2Ffinal", "/c/B/whep/A%2Ffinal/main"} {
		draw(path)
	}
	if want := []string{"/whep/A/final", "/whep/B/final", "/whep/A/B%2Ffinal", "/whep/B/A%2Ffinal/main"}; !slices.Equal(media, want) {
		t.Errorf("pictures asked for: %q, want %q", media, want)
	}
}
