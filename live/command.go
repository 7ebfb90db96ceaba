package live

import (
	"context"
	"slices"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/stage"
	"hecai/stage/cue"
)

// Rev is the revision that a command left the rundown at.
type Rev struct {
	Rev int64 `json:"rev"`
}

// Command is the one path of a console's command. Its kind is the verb; the stage
// checks arming and revisions, and what the host may fire.
func (h *Hall) Command(ctx context.Context, id access.Identity, session contest.ShowID, cmd cue.Command) (Rev, error) {
	if !slices.Contains(cue.Commands(), cmd.Kind) {
		return Rev{}, fault.New(fault.Invalid, "stage.unknown_command", "command %q", cmd.Kind)
	}
	session = session.Within(id.Contest)
	if err := id.Allow(access.Verb(cmd.Kind), scope(session)); err != nil {
		return Rev{}, err
	}
	show, err := h.cfg.Shows.Show(session)
	if err != nil {
		return Rev{}, err
	}
	rev, err := show.Do(ctx, stage.Actor{Role: actingAs(id), Name: id.Name}, cmd)
	return Rev{rev}, err
}

// actingAs is the role that the record names, the one that may most.
func actingAs(id access.Identity) string {
	for _, r := range [...]access.Role{access.Director, access.Organiser, access.Moderator} {
		if id.Is(r) {
			return string(r)
		}
	}
	return string(id.Role())
}
