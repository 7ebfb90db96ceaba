package stage_test

import (
	"slices"
	"sync"

	"hecai/contest"
	"hecai/fault"
	"hecai/stage/cue"
)

// cameras is a relay with two cameras.
type cameras struct {
	mu       sync.Mutex
	list     []cue.Camera
	switched []string
}

func (c *cameras) Switch(_ contest.ShowID, name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.list, func(x cue.Camera) bool { return x.Name == name })
	if i < 0 {
		return fault.New(fault.NotFound, "stream.unknown_camera", "%s", name)
	}
	for j := range c.list {
		c.list[j].OnAir = i == j
	}
	c.switched = append(c.switched, name)
	return nil
}

func (c *cameras) Cameras(contest.ShowID) []cue.Camera {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.list)
}

func (c *cameras) onAir() string {
	for _, x := range c.Cameras("") {
		if x.OnAir {
			return x.Name
		}
	}
	return ""
}

func (c *cameras) turn(name, state string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.list {
		if c.list[i].Name == name {
			c.list[i].State = state
		}
	}
}
