package webrtc

import (
	"errors"
	"testing"

	"go.uber.org/goleak"

	"hecai/stream"
	"hecai/stream/codec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a relay with its WebRTC door, as a node has them.
type rig struct {
	*Server
	*stream.Relay
}

// rigConfig is what tests set of both.
type rigConfig struct {
	Media      string
	Public     []string
	MaxViewers int
	OnChange   func(string)
	VP8        bool // the pictures of all shows
}

func openRig(cfg rigConfig) (*rig, error) {
	relay, err := stream.New(stream.Config{OnChange: cfg.OnChange, Show: func(string) (show stream.ShowConfig) {
		if cfg.VP8 {
			show.Video = codec.VP8
		}
		return show
	}})
	if err != nil {
		return nil, err
	}
	server, err := New(relay, Config{Media: cfg.Media, Public: cfg.Public, MaxViewers: cfg.MaxViewers})
	if err != nil {
		return nil, errors.Join(err, relay.Close())
	}
	return &rig{server, relay}, nil
}

// newRelay starts a rig on loopback that the test ends.
func newRelay(tb testing.TB, cfg rigConfig) *rig {
	tb.Helper()
	if cfg.Media == "" {
		cfg.Media = "127.0.0.1:0"
	}
	r, err := openRig(cfg)
	if err != nil {
		tb.Fatalf("New: %v", err)
	}
	tb.Cleanup(func() { _ = r.Close() })
	return r
}

func (r *rig) Close() error { return errors.Join(r.Server.Close(), r.Relay.Close()) }

func (r *rig) Kick(key string) {
	r.Server.Kick(key)
	r.Relay.Kick(key)
}

type relayStats = stream.Stats

// Stats are the figures of both.
func (r *rig) Stats() (out struct {
	relayStats
	Stats
}) {
	out.relayStats, out.Stats = r.Relay.Stats(), r.Server.Stats()
	return out
}
