package app

import (
	"context"
	"time"

	"hecai/contest"
	"hecai/fault"
	"hecai/stage/cue"
)

// cameras fits the relay to the stage and to the administration.
type cameras struct{ n *Node }

// Switch implements stage.Cameras.
func (c cameras) Switch(session contest.SessionID, camera string) error {
	return c.n.relay.Switch(string(session), camera)
}

// Cameras lists a session's cameras for the director's desk.
func (c cameras) Cameras(session contest.SessionID) []cue.Camera {
	out := []cue.Camera{}
	for _, cam := range c.n.relay.Cameras(string(session)) {
		out = append(out, cue.Camera{Name: cam.Name, Label: cam.Label, State: cam.State, OnAir: cam.OnAir, KeyframeMs: cam.KeyframeMS, Warning: cam.Warning})
	}
	return out
}

// AddCamera adds a slot that a broadcaster's link may publish to.
func (c cameras) AddCamera(session, name, label string) error {
	if !contest.ValidID(name) || len([]rune(label)) > 40 {
		return fault.New(fault.Invalid, "stream.camera_name", "camera %q", name)
	}
	c.n.relay.AddCamera(session, name, label)
	return nil
}

// pulse tells how many are there, once a second and only when it changed, and
// refreshes what the director's desk measures.
func (n *Node) pulse(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			for _, s := range n.shows.list() {
				s.refresh()
			}
		}
	}
}
