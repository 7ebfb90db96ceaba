package app

import (
	"context"
	"time"

	"hecai/contest"
	"hecai/fault"
	"hecai/stage/cue"
	"hecai/store"
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
	if err := c.n.db.SaveCamera(context.Background(), store.Camera{Session: contest.SessionID(session), Name: name, Label: label}); err != nil {
		return err
	}
	c.n.relay.AddCamera(session, name, label)
	return nil
}

// openCameras gives the relay the slots of the record.
func (n *Node) openCameras(ctx context.Context) error {
	list, err := n.db.Cameras(ctx)
	if err != nil {
		return err
	}
	for _, c := range list {
		n.relay.AddCamera(string(c.Session), c.Name, c.Label)
	}
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
