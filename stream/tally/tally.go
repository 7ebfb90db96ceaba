// Package tally is the smallest recorder: it counts what a channel carries. It
// shows all that a sink needs to know to write one continuous file.
package tally

import (
	"hecai/stream"
	"hecai/stream/rtpbuf"
)

// Count is what came on one track.
type Count struct {
	Packets, Frames, Bytes uint64
	Cuts                   uint64 // changes of the source
}

// Recorder counts from Start to Stop.
type Recorder struct {
	detach func()
	ended  chan struct{}
	tracks [2]track
}

type track struct {
	Count
	ts, shot uint32 // of the newest frame
}

// Start attaches a recorder to the channel.
func Start(c *stream.Channel) *Recorder {
	r := &Recorder{ended: make(chan struct{})}
	r.detach = c.Attach(r)
	return r
}

// Packet implements stream.Sink.
func (r *Recorder) Packet(p *rtpbuf.Packet) {
	t := &r.tracks[0]
	if !p.Video {
		t = &r.tracks[1]
	}
	if t.Packets > 0 && int32(p.TS-t.ts) > 0 { // a late packet is of a frame that is counted
		t.Cuts += uint64(p.Shot - t.shot)
	}
	if t.Packets == 0 || int32(p.TS-t.ts) > 0 {
		t.Frames++
		t.ts, t.shot = p.TS, p.Shot
	}
	t.Packets++
	t.Bytes += uint64(len(p.Payload))
}

// End implements stream.Sink.
func (r *Recorder) End() { close(r.ended) }

// Stop ends the recording.
func (r *Recorder) Stop() (video, audio Count) {
	r.detach()
	<-r.ended
	return r.tracks[0].Count, r.tracks[1].Count
}
