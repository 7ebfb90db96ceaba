package sdpfrag

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// trickle is the example of RFC 9725 section 4.3.2.
const trickle = "a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:EsAw\r\n" +
	"a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n" +
	"a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1\r\n" +
	"a=candidate:3471623853 1 udp 2122194687 198.51.100.2 61765 typ host generation 0 ufrag EsAw network-id 2\r\n" +
	"a=end-of-candidates\r\n"

func TestParse(t *testing.T) {
	tests := []struct {
		name, body string
		want       *Frag
	}{
		{"the RFC's example", trickle, &Frag{
			Ufrag: "EsAw", Pwd: "P2uYro0UCOQ4zxjKXaWCBui1", End: true,
			Candidates: []Candidate{
				{"candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1", "0", 0},
				{"candidate:3471623853 1 udp 2122194687 198.51.100.2 61765 typ host generation 0 ufrag EsAw network-id 2", "0", 0},
			}}},
		{"bare newlines, session-level credentials", "a=ice-ufrag:abcd\na=ice-pwd:x\n", &Frag{Ufrag: "abcd", Pwd: "x"}},
		{"only the end", "a=end-of-candidates\r\n", &Frag{End: true}},
		{"empty", "", nil},
		{"nothing of ICE", "v=0\r\n", nil},
		{"not SDP", "hello\r\n", nil},
		{"JSON", `{"candidate":"x"}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.body)
			if (err != nil) != (tt.want == nil) {
				t.Fatalf("Parse error = %v", err)
			}
			if diff := cmp.Diff(tt.want, got); tt.want != nil && diff != "" {
				t.Errorf("Parse (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseBoundsCandidates(t *testing.T) {
	f, err := Parse(strings.Repeat("a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n", 1000))
	if err != nil || len(f.Candidates) != maxCandidates {
		t.Errorf("got %d candidates, %v", len(f.Candidates), err)
	}
}

const whole = "v=0\r\no=- 5 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n" +
	"a=ice-ufrag:aaaa\r\na=ice-pwd:bbbbbbbbbbbbbbbbbbbbbb\r\na=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n" +
	"a=end-of-candidates\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=ice-ufrag:aaaa\r\na=ice-pwd:bbbbbbbbbbbbbbbbbbbbbb\r\n"

func TestRestartKeepsAllButCredentialsAndCandidates(t *testing.T) {
	pwd := strings.Repeat("d", 22)
	got, ok := Restart(whole, "cccc", pwd)
	if !ok {
		t.Fatal("refused")
	}
	want := strings.NewReplacer("o=- 5 2 ", "o=- 5 3 ", "aaaa", "cccc", strings.Repeat("b", 22), pwd,
		"a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n", "", "a=end-of-candidates\r\n", "").Replace(whole)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Restart (-want +got):\n%s", diff)
	}
	for _, bad := range [][2]string{{"abc", pwd}, {"cccc", "short"}, {"cc\r\nx", pwd}, {strings.Repeat("c", 300), pwd}} {
		if _, ok := Restart(whole, bad[0], bad[1]); ok {
			t.Errorf("credentials %q are taken", bad)
		}
	}
}

func TestAnswerIsAFragment(t *testing.T) {
	f, err := Parse(Answer(whole))
	if err != nil {
		t.Fatal(err)
	}
	want := &Frag{Ufrag: "aaaa", Pwd: strings.Repeat("b", 22), End: true,
		Candidates: []Candidate{{"candidate:1 1 udp 1 192.0.2.1 1 typ host", "0", 0}}}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("Answer (-want +got):\n%s", diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(trickle)
	f.Add(whole)
	f.Add("m=\r\na=mid\r\na=candidate")
	f.Fuzz(func(t *testing.T, body string) {
		frag, err := Parse(body)
		if err != nil {
			return
		}
		if len(frag.Candidates) > maxCandidates {
			t.Fatal("too many candidates")
		}
		if out, ok := Restart(body, frag.Ufrag, frag.Pwd); ok {
			again, err := Parse(out)
			if err == nil && len(again.Candidates) != 0 {
				t.Fatal("candidates survive a restart")
			}
		}
		Answer(body)
	})
}
