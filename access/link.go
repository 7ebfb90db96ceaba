package access

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"hecai/fault"
)

// AddLink makes a link for a role in one session of the contest. The secret is
// returned once and kept only as a hash.
func (d *Desk) AddLink(ctx context.Context, role Role, name, session, by string) (Link, string, error) {
	if !slices.Contains(LinkRoles[:], role) {
		return Link{}, "", fault.New(fault.Invalid, "access.role", "link role %q", role).With("role", string(role))
	}
	name = strings.TrimSpace(name)
	if err := validName(name); err != nil {
		return Link{}, "", err
	}
	secret := NewSecret()
	l := Link{
		ID: uuid.NewString(), TokenHash: HashSecret(secret), Role: string(role),
		Name: name, Session: session, CreatedBy: by, Created: d.nowMS(),
	}
	if err := d.cfg.Store.SaveLink(ctx, l); err != nil {
		return Link{}, "", err
	}
	return l, secret, nil
}

// Links lists all links, revoked ones too.
func (d *Desk) Links(ctx context.Context) ([]Link, error) { return d.cfg.Store.Links(ctx) }

// RevokeLink ends a link at once and returns the key whose sockets must be cut.
func (d *Desk) RevokeLink(ctx context.Context, id string) (key string, err error) {
	if err := d.cfg.Store.RevokeLink(ctx, id); err != nil {
		return "", err
	}
	key = "link:" + id
	d.tickets.drop(key)
	return key, nil
}

// Holder tells who holds this link secret.
func (d *Desk) Holder(ctx context.Context, secret string) (Identity, error) {
	l, err := d.cfg.Store.LinkByHash(ctx, HashSecret(secret))
	if err != nil {
		return Identity{}, unknown(err)
	}
	if l.Revoked {
		return Identity{}, fault.New(fault.Unauthenticated, "access.link_revoked", "link %s", l.ID)
	}
	return Identity{Roles: []Role{Role(l.Role)}, Name: l.Name, Session: l.Session, Key: "link:" + l.ID}, nil
}
