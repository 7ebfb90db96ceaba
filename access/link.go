package access

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"hecai/contest"
	"hecai/fault"
)

// AddLink makes a link for a role in one show. The secret is
// returned once and kept only as a hash.
func (d *Desk) AddLink(ctx context.Context, role Role, name string, show contest.ShowID, by string) (Link, string, error) {
	if !slices.Contains(LinkRoles[:], role) {
		return Link{}, "", fault.New(fault.Invalid, "access.role", "link role %q", role).With("role", string(role))
	}
	name = strings.TrimSpace(name)
	if err := validName(name); err != nil {
		return Link{}, "", err
	}
	secret := NewSecret()
	l := Link{
		ID: uuid.NewString(), TokenHash: hashSecret(secret), Role: string(role),
		Name: name, Show: show, CreatedBy: by, Created: d.nowMS(),
	}
	if err := d.cfg.Store.SaveLink(ctx, l); err != nil {
		return Link{}, "", err
	}
	return l, secret, nil
}

// Links lists all links of a contest, revoked ones too.
func (d *Desk) Links(ctx context.Context, in contest.Code) ([]Link, error) {
	all, err := d.cfg.Store.Links(ctx)
	all = slices.DeleteFunc(all, func(l Link) bool { return l.Show.Contest() != in })
	for i, l := range all {
		all[i] = d.uses.after(l)
	}
	return all, err
}

// RevokeLink ends a link of a contest at once and returns the key whose sockets must
// be cut.
func (d *Desk) RevokeLink(ctx context.Context, in contest.Code, id string) (key string, err error) {
	links, err := d.Links(ctx, in)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(links, func(l Link) bool { return l.ID == id }) {
		return "", fault.New(fault.NotFound, "store.none", "no link %q in %s", id, in)
	}
	defer d.crewBook.forgetAll()
	if err := d.cfg.Store.RevokeLink(ctx, id); err != nil {
		return "", err
	}
	return keyLink + id, nil
}

// Holder tells who holds this link secret.
func (d *Desk) Holder(ctx context.Context, secret string) (Identity, error) {
	return d.holder(ctx, hashSecret(secret), true)
}

// keyLink begins the key of whoever holds a link; its id follows.
const keyLink = "link:"

func (d *Desk) holder(ctx context.Context, hash string, alive bool) (Identity, error) {
	m, _, err := d.look(ctx, handleLink+":"+hash, func(ctx context.Context) (m member, err error) {
		m.link, err = d.cfg.Store.LinkByHash(ctx, hash)
		return m, err
	})
	if err != nil {
		return Identity{}, unknown(err)
	}
	l := m.link
	if l.Revoked {
		return Identity{}, fault.New(fault.Unauthenticated, "access.link_revoked", "link %s", l.ID)
	}
	if alive {
		d.uses.note(l.ID, d.nowMS())
	}
	id := Identity{Name: l.Name, Show: l.Show, Key: keyLink + l.ID, Handle: handleLink + ":" + hash,
		roles: map[contest.Code][]Role{l.Show.Contest(): {Role(l.Role)}}}
	return id.In(""), nil
}
