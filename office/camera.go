package office

import (
	"context"
	"slices"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/stage/cue"
)

// Camera is a slot as the office lists it.
type Camera struct {
	cue.Camera
	Rev string `json:"rev"` // a revision, which a save must name
}

// Cameras lists a session's cameras.
func (o *Office) Cameras(id access.Identity, show contest.ShowID) ([]Camera, error) {
	if err := id.Allow(access.ReadCameras, scope(show)); err != nil {
		return nil, err
	}
	return o.cameras(show), nil
}

func (o *Office) cameras(show contest.ShowID) []Camera {
	out := []Camera{}
	for _, c := range o.cfg.Cameras.Cameras(show) {
		out = append(out, Camera{c, access.Revision(c.Label)})
	}
	return out
}

// NewCamera is a slot that a broadcaster's link may publish to.
type NewCamera struct {
	Show             contest.ShowID `json:"session"`
	Name, Label, Rev string
}

// SaveCamera adds a slot, or relabels it, and lists all.
func (o *Office) SaveCamera(ctx context.Context, id access.Identity, in NewCamera) ([]Camera, error) {
	ctx, err := o.act(ctx, id, access.SaveCamera, scope(in.Show))
	if err != nil {
		return nil, err
	}
	in.Show = in.Show.Within(id.Contest)
	if err := o.cfg.Shows.Known(in.Show); err != nil {
		return nil, err
	}
	if err := o.cfg.Cameras.SaveCamera(access.Over(ctx, in.Name, in.Rev), in.Show, in.Name, in.Label); err != nil {
		return nil, err
	}
	o.cfg.Feed.Settle(ctx)
	return o.cameras(in.Show), nil
}

// DropCamera takes away a slot that nobody publishes to and no rundown names, with
// its links, and lists the others.
func (o *Office) DropCamera(ctx context.Context, id access.Identity, show contest.ShowID, name string) ([]Camera, error) {
	ctx, err := o.act(ctx, id, access.DropCamera, scope(show))
	if err != nil {
		return nil, err
	}
	if err := o.cfg.Shows.Known(show); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(o.cfg.Cameras.Cameras(show), func(c cue.Camera) bool { return c.Name == name }) {
		return nil, fault.New(fault.NotFound, "stream.no_camera", "camera %q", name).With("camera", name)
	}
	if err := o.unplanned(ctx, show, "stream.camera_planned", func(a cue.Action) bool { return a.Camera == name }); err != nil {
		return nil, err
	}
	if err := o.cfg.Cameras.DropCamera(ctx, show, name); err != nil {
		return nil, err
	}
	o.cfg.Log.Info("camera removed", "session", show, "camera", name, "by", id.Name)
	o.cfg.Feed.Settle(ctx)
	return o.cameras(show), nil
}

// unplanned refuses to take away what a rundown names; the refusal says where.
func (o *Office) unplanned(ctx context.Context, show contest.ShowID, code string, names func(cue.Action) bool) error {
	r, err := o.cfg.Record.Rundown(ctx, show)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	r = r.Of(show)
	for _, c := range r.Cues {
		if slices.ContainsFunc(c.Actions, names) {
			return fault.New(fault.Conflict, code, "cue %s of %s", c.ID, show).With("title", r.Title).With("cue", c.Title)
		}
	}
	return nil
}
