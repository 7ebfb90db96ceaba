package access

import (
	"context"
	"strings"

	"hecai/fault"
)

// Kinds of a handle: which credential an identity was taken from.
const (
	handleStaff  = "staff"  // the hash of a session's secret
	handleLink   = "link"   // the hash of a link's secret
	handleDevice = "device" // the uid of an audience device
)

func (id Identity) handle() (kind, ref string) {
	kind, ref, _ = strings.Cut(id.Handle, ":")
	return kind, ref
}

// Crew reports whether the identity is staff or holds a link: those whom no
// crowd may keep out.
func (id Identity) Crew() bool {
	kind, _ := id.handle()
	return kind == handleStaff || kind == handleLink
}

// Current looks the identity up again, as it is now: rights change while a
// socket is open. An error of kind unauthenticated means that it has ended.
func (d *Desk) Current(ctx context.Context, id Identity) (Identity, error) {
	return d.current(ctx, id, true)
}

// Holds is Current that does not count as a sign of life: a socket that merely
// stays open does not keep a session from running out.
func (d *Desk) Holds(ctx context.Context, id Identity) error {
	_, err := d.current(ctx, id, false)
	return err
}

func (d *Desk) current(ctx context.Context, id Identity, alive bool) (now Identity, err error) {
	switch kind, ref := id.handle(); kind {
	case handleStaff:
		now, err = d.staff(ctx, ref, alive)
	case handleLink:
		now, err = d.holder(ctx, ref, alive)
	case handleDevice:
		now, err = d.device(ctx, ref)
	case "":
	default:
		err = fault.New(fault.Unauthenticated, "access.signin", "handle %q", kind)
	}
	now = now.In(id.Contest)
	now.From = id.From
	if err == nil && now.Crew() && len(now.Roles) == 0 {
		err = fault.New(fault.Unauthenticated, "access.session_over", "no role in %s", id.Contest)
	}
	return now, err
}
