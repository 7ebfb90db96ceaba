package node

import (
	"context"
	"slices"

	"hecai/contest"
	"hecai/fault"
	"hecai/stage/cue"
	"hecai/store"
)

// cameras fits the relay to the stage and to the administration.
type cameras struct{ n *Node }

// Switch implements stage.Cameras.
func (c cameras) Switch(show contest.ShowID, camera string) error {
	return c.n.relay.Switch(string(show), camera)
}

// Cameras lists a session's cameras for the director's desk.
func (c cameras) Cameras(show contest.ShowID) []cue.Camera {
	out := []cue.Camera{}
	for _, cam := range c.n.relay.Cameras(string(show)) {
		out = append(out, cue.Camera{Name: cam.Name, Label: cam.Label, State: cam.State, OnAir: cam.OnAir, KeyframeMs: cam.KeyframeMS, Warning: cam.Warning})
	}
	return out
}

// onlooker are the cameras of a show as its rehearsal has them: it sees what there is
// and what is on the programme, which stays the show's own.
type onlooker struct{ of cameras }

// Switch implements stage.Cameras.
func (o onlooker) Switch(take contest.ShowID, camera string) error {
	if !slices.ContainsFunc(o.Cameras(take), func(c cue.Camera) bool { return c.Name == camera }) {
		return fault.New(fault.NotFound, "stream.no_camera", "camera %q", camera).With("camera", camera)
	}
	return nil
}

// Cameras implements stage.Cameras.
func (o onlooker) Cameras(take contest.ShowID) []cue.Camera { return o.of.Cameras(take.Live()) }

// SaveCamera implements office.Cameras: it stores a slot that a broadcaster's link
// may publish to.
func (c cameras) SaveCamera(ctx context.Context, show contest.ShowID, name, label string) error {
	if !contest.ValidID(name) || len([]rune(label)) > 40 {
		return fault.New(fault.Invalid, "stream.camera_name", "camera %q", name)
	}
	return c.n.db.SaveCamera(ctx, store.Camera{Show: show, Name: name, Label: label})
}

// DropCamera takes a slot away that nobody publishes to.
func (c cameras) DropCamera(ctx context.Context, show contest.ShowID, name string) error {
	if err := c.n.relay.DropCamera(string(show), name); err != nil {
		return err
	}
	return c.n.db.DropCamera(ctx, show, name)
}

// openCameras gives the relay the slots of the record.
func (n *Node) openCameras(ctx context.Context) error {
	list, err := n.db.Cameras(ctx)
	if err != nil {
		return err
	}
	for _, c := range list {
		n.relay.AddCamera(string(c.Show), c.Name, c.Label)
	}
	return nil
}
