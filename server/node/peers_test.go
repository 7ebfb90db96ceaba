package node

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hecai/access"
	"hecai/fault"
	"hecai/lease"
	"hecai/server/httpd"
	"hecai/stage/theatre"
)

// theirs are leases that another node has.
type theirs struct {
	lease.Store
	at string
}

func (l theirs) TakeLease(_ context.Context, name string, _ lease.Holder) (lease.Lease, bool, error) {
	return lease.Lease{Name: name, Epoch: 1, Holder: lease.Holder{ID: "another", Address: l.at}}, false, nil
}

// shelf has a lease that its holder renews, or not.
type shelf struct {
	holder lease.Holder
	renews bool
	back   *lease.Lease // that was given back
}

func (s shelf) ReleaseLease(_ context.Context, own lease.Lease) error {
	*s.back = own
	return nil
}

func (s shelf) LookLease(_ context.Context, name string) (lease.Lease, error) {
	until := int64(1)
	if s.renews {
		until = time.Now().UnixMilli()
	}
	return lease.Lease{Name: name, Epoch: 1, Until: until, Holder: s.holder}, nil
}

// TestTwoNodesAtOneAddress: the second does not start if the first has the shows, and
// else both say so.
func TestTwoNodesAtOneAddress(t *testing.T) {
	me := lease.Holder{ID: "me", Address: "http://172.17.0.2:8080"}
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			what string
			have shelf
			want string
		}{
			{"nobody has them", shelf{}, ""},
			{"another address", shelf{holder: lease.Holder{ID: "b", Address: "http://172.17.0.3:8080"}, renews: true}, ""},
			{"the same address, which was killed", shelf{holder: lease.Holder{ID: "b", Address: me.Address}, renews: false}, ""},
			{"the same address, which lives", shelf{holder: lease.Holder{ID: "b", Address: me.Address}, renews: true}, "config.flag"},
		} {
			var back lease.Lease
			tt.have.back = &back
			if err := alone(t.Context(), tt.have, me); fault.CodeOf(err) != tt.want {
				t.Errorf("%s: %v, want %q", tt.what, err, tt.want)
			}
			if dead := tt.have.holder.Address == me.Address && !tt.have.renews; (back.Epoch != 0) != dead {
				t.Errorf("%s: %+v was given back", tt.what, back)
			}
		}
	})
	n := &Node{cfg: Config{}.withDefaults(), me: me}
	r := newRoll(n, nil)
	r.hear(call{Node: "me", At: me.Address})
	r.hear(call{Node: "b", At: "http://172.17.0.3:8080"})
	if r.doubled() {
		t.Error("its own call is taken for another's")
	}
	if r.hear(call{Node: "b", At: me.Address}); !r.doubled() {
		t.Error("another node at the same address is not told")
	}
}

// TestAnAnswerThatIsLostBetweenNodes is told as what may have been done, unless it is
// certain that nothing was: pressed again, it might count twice.
func TestAnAnswerThatIsLostBetweenNodes(t *testing.T) {
	n, err := Open(t.Context(), Config{Listen: "127.0.0.1:0", Media: "127.0.0.1:0", Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	n.others = &peers{pass: httpd.Pass{Key: []byte("a secret of the record"), Now: n.cfg.Now}, http: &http.Client{}}
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	mute := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer mute.Close()
	for _, tt := range []struct{ what, at, method, want string }{
		{"nobody there", "http://" + gone.Addr().String(), "POST", "stage.unavailable"},
		{"nobody there", "http://" + gone.Addr().String(), "GET", "stage.unavailable"},
		{"hung up", mute.URL, "POST", "stage.unconfirmed"},
		{"hung up", mute.URL, "GET", "stage.unavailable"}, // it does nothing
	} {
		n.theatre = theatre.New(theatre.Config{Leases: theirs{at: tt.at}})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- n.theatre.Run(ctx) }()
		<-n.theatre.Known()
		if tt.method == "POST" {
			_, err := n.others.ask(t.Context(), n, access.Identity{}, "/v1/stage/final/commands", "{}")
			if fault.CodeOf(err) != tt.want {
				t.Errorf("%s: a socket's command is told %v, want %s", tt.what, err, tt.want)
			}
		}
		r := httptest.NewRequest(tt.method, "/v1/stage/final/commands", strings.NewReader("{}"))
		if err := n.others.elsewhere(n).Send(httptest.NewRecorder(), r, "one"); fault.CodeOf(err) != tt.want {
			t.Errorf("%s: a %s is told %v, want %s", tt.what, tt.method, err, tt.want)
		}
		stop()
		<-ended
	}
}
