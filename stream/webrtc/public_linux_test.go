package webrtc

import (
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"

	"hecai/needtest"
)

// candidates are the addresses an answer tells, by protocol.
func candidates(tb testing.TB, r *rig) (out []string) {
	tb.Helper()
	r.AddCamera("final", "a", "主舞台")
	_, offer := recvOffer(tb, webrtc.RTPCodecTypeVideo)
	res, err := ask(tb, r, "", Guest{}, offer)
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(res.AnswerSDP) {
		if f := strings.Fields(line); strings.HasPrefix(line, "a=candidate:") && f[5] == "8189" {
			if c := f[2] + " " + f[4]; !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	slices.Sort(out)
	return out
}

// TestVideoBehindNATOrDocker (case video-behind-nat-or-docker): in a network of
// its own, whose one address is private, the public addresses are told beside
// what is bound, for UDP and TCP alike, and loopback is not.
func TestVideoBehindNATOrDocker(t *testing.T) {
	const inside = "HECAI_TEST_INSIDE"
	if os.Getenv(inside) == "" {
		setUp := "ip link set lo up && ip link add eth0 type veth peer name far-eth0 && ip link set far-eth0 up && ip addr add 172.17.0.2/16 dev eth0 && ip link set eth0 up && exec \"$@\""
		if exec.Command("unshare", "-rn", "sh", "-c", setUp, "sh", "true").Run() != nil {
			needtest.Missing(t, "no network namespace can be made here")
		}
		cmd := exec.Command("unshare", "-rn", "sh", "-c", setUp, "sh", os.Args[0], "-test.run=^TestVideoBehindNATOrDocker$", "-test.v")
		cmd.Env = append(os.Environ(), inside+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Fatalf("inside: %v\n%s", err, out)
		}
		return
	}
	for _, tt := range []struct {
		name   string
		public []string
		want   []string
	}{
		{"nothing set", nil, []string{"tcp 127.0.0.1", "tcp 172.17.0.2", "udp 127.0.0.1", "udp 172.17.0.2", "udp ::1"}},
		{"one", []string{"203.0.113.7"}, []string{"tcp 172.17.0.2", "tcp 203.0.113.7", "udp 172.17.0.2", "udp 203.0.113.7"}},
		{"two, one of them bound", []string{"203.0.113.7", "172.17.0.2"}, []string{"tcp 172.17.0.2", "tcp 203.0.113.7", "udp 172.17.0.2", "udp 203.0.113.7"}},
		{"IPv6, where only IPv4 is bound", []string{"2001:db8::7"}, []string{"tcp 172.17.0.2", "udp 172.17.0.2"}},
	} {
		r, err := openRig(rigConfig{Media: ":8189", Public: tt.public})
		if err != nil {
			t.Fatal(err)
		}
		got := candidates(t, r)
		_ = r.Close()
		// What is told for TCP may leave out addresses that only UDP is bound to by
		// name; what a phone outside needs must be there, and no loopback.
		for _, c := range tt.want {
			if !slices.Contains(got, c) {
				t.Errorf("%s: %q is not told, only %q", tt.name, c, got)
			}
		}
		for _, c := range got {
			_, address, _ := strings.Cut(c, " ")
			if ip := net.ParseIP(address); len(tt.public) > 0 && (ip == nil || ip.IsLoopback()) {
				t.Errorf("%s: %q is told", tt.name, c)
			}
		}
	}
}
