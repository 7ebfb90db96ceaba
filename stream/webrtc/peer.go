package webrtc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"hecai/fault"
	"hecai/stream"
	"hecai/stream/sdpfrag"
)

// peer is one connection, a camera's or a viewer's: what WHIP and WHEP call a
// session resource.
type peer struct {
	id, session, camera string
	guest               Guest
	pc                  *webrtc.PeerConnection
	born                time.Time
	viewer              *viewer       // nil for a publisher
	inlet               *stream.Inlet // of a publisher
	end                 func(wanted bool)
	waits               bool // a viewer whose connection does not stand yet; guarded by Server.mu

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
func (s *Server) newPeer(api *webrtc.API, session, camera string, g Guest) (*peer, error) {
	cert, err := s.cert.get(s.relay.Now())
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
		id: token(), session: session, camera: camera, guest: g,
		pc: pc, born: s.relay.Now(), etag: quote(token()), end: func(bool) {},
	}
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			s.arrived(p)
		case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
			s.drop(p, false)
		}
	})
	return p, nil
}

func quote(s string) string { return `"` + s + `"` }

// arrived notes that media can flow.
func (s *Server) arrived(p *peer) {
	if p.connected.Swap(true) || p.ended.Load() {
		return
	}
	switch {
	case p.viewer != nil:
		s.mu.Lock()
		s.stands(p)
		s.mu.Unlock()
		p.viewer.start()
	case p.inlet != nil:
		p.inlet.Works()
	}
}

// answer negotiates: the whole answer with all candidates, in bounded time.
func (s *Server) answer(ctx context.Context, p *peer, sdp string) (string, error) {
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}); err != nil {
		return "", fault.Wrap(fault.Invalid, "stream.bad_sdp", err, "apply offer")
	}
	text, err := s.settle(ctx, p)
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
func (s *Server) settle(ctx context.Context, p *peer) (string, error) {
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
func (s *Server) keep(p *peer) error {
	out, err := s.register(p)
	if out != nil {
		s.drop(out, true)
	}
	return err
}

// register is keep, under mu; it returns the waiting viewer to end for p.
func (s *Server) register(p *peer) (out *peer, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fault.New(fault.Unavailable, "stream.closing", "relay is closing")
	}
	if p.viewer != nil {
		if out, err = s.seat(p); err != nil {
			return nil, err
		}
		s.count.viewers.Add(1)
		p.viewer.channel.Watched(1)
	}
	s.peers[p.id] = p
	return out, nil
}

// drop ends a peer, once: wanted says that someone asked for it, so nothing is
// held for its return. The connection closes in the background.
func (s *Server) drop(p *peer, wanted bool) {
	if p.ended.Swap(true) {
		return
	}
	s.mu.Lock()
	if s.peers[p.id] == p {
		delete(s.peers, p.id)
		if p.viewer != nil {
			s.count.viewers.Add(-1)
			p.viewer.channel.Watched(-1)
			s.unseat(p)
		}
	}
	s.mu.Unlock()
	p.end(wanted)
	s.spawn(func() {
		if err := p.pc.GracefulClose(); err != nil {
			s.log.Debug("close connection", "error", err)
		}
	})
}

// list returns the peers that match.
func (s *Server) list(match func(*peer) bool) []*peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*peer
	for _, p := range s.peers {
		if match(p) {
			out = append(out, p)
		}
	}
	return out
}

// peer finds a resource by its id.
func (s *Server) peer(id string) (*peer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.peers[id]; p != nil {
		return p, nil
	}
	return nil, fault.New(fault.NotFound, "stream.not_found", "no such resource")
}

// lookup tells whose a resource is.
func (s *Server) lookup(id string) (resourceInfo, error) {
	p, err := s.peer(id)
	if err != nil {
		return resourceInfo{}, err
	}
	return resourceInfo{p.session, p.camera, p.guest.owner, p.viewer != nil}, nil
}

// Delete ends a resource at its owner's wish. An unknown id is an error.
func (s *Server) Delete(id string) error {
	p, err := s.peer(id)
	if err != nil {
		return err
	}
	s.drop(p, true)
	return nil
}

// Patch takes candidates that came after the offer, or restarts ICE when the
// fragment has new credentials. ifMatch is the If-Match header. A restart
// answers with a fragment and a new ETag in res; candidates alone answer nil.
func (s *Server) Patch(ctx context.Context, id, ifMatch, frag string) (res *Resource, err error) {
	p, err := s.peer(id)
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
		return s.restart(ctx, p, f)
	}
	s.add(p, f)
	return nil, nil
}

// add gives the connection candidates; a bad one is dropped without a word.
func (s *Server) add(p *peer, f *sdpfrag.Frag) {
	for _, c := range f.Candidates {
		init := webrtc.ICECandidateInit{Candidate: c.Line}
		if c.Mid != "" {
			init.SDPMid = &c.Mid
		}
		if err := p.pc.AddICECandidate(init); err != nil {
			s.log.Debug("candidate dropped", "error", err)
		}
	}
}

// restart gives the connection new ICE credentials (RFC 9725 section 4.3.3).
func (s *Server) restart(ctx context.Context, p *peer, f *sdpfrag.Frag) (*Resource, error) {
	sdp, ok := sdpfrag.Restart(p.offer, f.Ufrag, f.Pwd)
	if !ok {
		return nil, fault.New(fault.Invalid, "stream.bad_sdp", "bad ICE credentials")
	}
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}); err != nil {
		return nil, fault.Wrap(fault.Invalid, "stream.bad_sdp", err, "restart ICE")
	}
	text, err := s.settle(ctx, p)
	if err != nil {
		return nil, err
	}
	p.offer, p.ufrag, p.etag = sdp, f.Ufrag, quote(token())
	s.add(p, f)
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
