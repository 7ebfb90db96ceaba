package stream

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"hecai/fault"
	"hecai/stream/sdpfrag"
)

// peer is one connection, a camera's or a viewer's: what WHIP and WHEP call a
// session resource.
type peer struct {
	id, session, camera string
	owner               string // who may patch or delete it; "" anyone with the id
	pc                  *webrtc.PeerConnection
	born                time.Time
	viewer              *viewer // nil for a publisher
	end                 func(wanted bool)

	connected atomic.Bool
	ended     atomic.Bool

	mu    sync.Mutex // held while negotiating, which may last; guards what follows
	etag  string
	offer string // the remote description as last applied
	ufrag string // of the remote
}

// Resource is the answer to an offer.
type Resource struct {
	ID        string // unguessable
	ETag      string // quoted, as in the header
	AnswerSDP string
}

// Role of a resource, for the handler.
type resourceInfo struct {
	session, camera, owner string
	plays                  bool
}

// late reports whether the connection has had its time to come up.
func (p *peer) late(now time.Time) bool {
	return !p.connected.Load() && now.Sub(p.born) > connectIn
}

// token is 160 random bits.
func token() string { return rand.Text() + rand.Text()[:6] }

// newPeer opens a connection; the caller sets its tracks and calls answer.
func (r *Relay) newPeer(api *webrtc.API, session, camera, owner string) (*peer, error) {
	cert, err := r.cert.get(r.cfg.Now())
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "stream.internal", err, "open connection")
	}
	pc, err := api.NewPeerConnection(webrtc.Configuration{
		Certificates: []webrtc.Certificate{cert}, BundlePolicy: webrtc.BundlePolicyMaxBundle,
	})
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "stream.internal", err, "open connection")
	}
	p := &peer{
		id: token(), session: session, camera: camera, owner: owner,
		pc: pc, born: r.cfg.Now(), etag: quote(token()), end: func(bool) {},
	}
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			r.arrived(p)
		case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
			r.drop(p, false)
		}
	})
	return p, nil
}

func quote(s string) string { return `"` + s + `"` }

// arrived notes that media can flow.
func (r *Relay) arrived(p *peer) {
	if p.connected.Swap(true) || p.ended.Load() {
		return
	}
	if p.viewer != nil {
		p.viewer.start()
	} else if s := r.show(p.session); s != nil {
		s.settled(p)
	}
}

// answer negotiates: the whole answer with all candidates, in bounded time.
func (r *Relay) answer(ctx context.Context, p *peer, sdp string) (string, error) {
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}); err != nil {
		return "", fault.Wrap(fault.Invalid, "stream.bad_sdp", err, "apply offer")
	}
	text, err := r.settle(ctx, p)
	if err != nil {
		return "", err
	}
	p.offer = sdp
	if frag, err := sdpfrag.Parse(sdp); err == nil {
		p.ufrag = frag.Ufrag
	}
	return text, nil
}

// settle makes our side of the negotiation and gathers candidates.
func (r *Relay) settle(ctx context.Context, p *peer) (string, error) {
	answer, err := p.pc.CreateAnswer(nil)
	if err != nil {
		return "", fault.Wrap(fault.Invalid, "stream.bad_sdp", err, "answer offer")
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(answer); err != nil {
		return "", fault.Wrap(fault.Invalid, "stream.bad_sdp", err, "answer offer")
	}
	ctx, cancel := context.WithTimeout(ctx, negotiateIn)
	defer cancel()
	select {
	case <-gathered:
	case <-ctx.Done():
		return "", fault.Wrap(fault.Internal, "stream.internal", ctx.Err(), "gather candidates")
	}
	return p.pc.LocalDescription().SDP, nil
}

// keep registers the peer, unless the relay is closing.
func (r *Relay) keep(p *peer) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return fault.New(fault.Closed, "stream.closing", "relay is closing")
	}
	r.peers[p.id] = p
	if p.viewer != nil {
		r.count.viewers.Add(1)
	} else {
		r.count.publishers.Add(1)
	}
	return nil
}

// drop ends a peer, once: wanted says that someone asked for it, so nothing is
// held for its return. The connection closes in the background.
func (r *Relay) drop(p *peer, wanted bool) {
	if p.ended.Swap(true) {
		return
	}
	r.mu.Lock()
	if r.peers[p.id] == p {
		delete(r.peers, p.id)
		if p.viewer != nil {
			r.count.viewers.Add(-1)
		} else {
			r.count.publishers.Add(-1)
		}
	}
	r.mu.Unlock()
	p.end(wanted)
	r.spawn(func() {
		if err := p.pc.GracefulClose(); err != nil {
			r.log.Debug("close connection", "error", err)
		}
	})
	r.nudge()
}

// list returns the peers that match.
func (r *Relay) list(match func(*peer) bool) []*peer {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []*peer
	for _, p := range r.peers {
		if match(p) {
			out = append(out, p)
		}
	}
	return out
}

// peer finds a resource by its id.
func (r *Relay) peer(id string) (*peer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.peers[id]; p != nil {
		return p, nil
	}
	return nil, fault.New(fault.NotFound, "stream.not_found", "no such resource")
}

// lookup tells whose a resource is.
func (r *Relay) lookup(id string) (resourceInfo, error) {
	p, err := r.peer(id)
	if err != nil {
		return resourceInfo{}, err
	}
	return resourceInfo{p.session, p.camera, p.owner, p.viewer != nil}, nil
}

// Delete ends a resource at its owner's wish. An unknown id is an error.
func (r *Relay) Delete(id string) error {
	p, err := r.peer(id)
	if err != nil {
		return err
	}
	r.drop(p, true)
	return nil
}

// Patch takes candidates that came after the offer, or restarts ICE when the
// fragment has new credentials. ifMatch is the If-Match header. A restart
// answers with a fragment and a new ETag in res; candidates alone answer nil.
func (r *Relay) Patch(ctx context.Context, id, ifMatch, frag string) (res *Resource, err error) {
	p, err := r.peer(id)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := precondition(ifMatch, p.etag); err != nil {
		return nil, err
	}
	f, err := sdpfrag.Parse(frag)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, "stream.bad_sdp", err, "read fragment")
	}
	if f.Ufrag != "" && f.Ufrag != p.ufrag {
		return r.restart(ctx, p, f)
	}
	r.add(p, f)
	return nil, nil
}

// add gives the connection candidates; a bad one is dropped without a word.
func (r *Relay) add(p *peer, f *sdpfrag.Frag) {
	for _, c := range f.Candidates {
		init := webrtc.ICECandidateInit{Candidate: c.Line}
		if c.Mid != "" {
			init.SDPMid = &c.Mid
		}
		if err := p.pc.AddICECandidate(init); err != nil {
			r.log.Debug("candidate dropped", "error", err)
		}
	}
}

// restart gives the connection new ICE credentials (RFC 9725 section 4.3.3).
func (r *Relay) restart(ctx context.Context, p *peer, f *sdpfrag.Frag) (*Resource, error) {
	sdp, ok := sdpfrag.Restart(p.offer, f.Ufrag, f.Pwd)
	if !ok {
		return nil, fault.New(fault.Invalid, "stream.bad_sdp", "bad ICE credentials")
	}
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}); err != nil {
		return nil, fault.Wrap(fault.Invalid, "stream.unsupported", err, "restart ICE")
	}
	text, err := r.settle(ctx, p)
	if err != nil {
		return nil, err
	}
	p.offer, p.ufrag, p.etag = sdp, f.Ufrag, quote(token())
	r.add(p, f)
	return &Resource{ID: p.id, ETag: p.etag, AnswerSDP: sdpfrag.Answer(text)}, nil
}

// sameOwner compares in constant time.
func sameOwner(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// internal wraps what should not happen.
func internal(err error, doing string) error {
	return fault.Wrap(fault.Internal, "stream.internal", err, "%s", doing)
}
