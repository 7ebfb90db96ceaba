package office

import (
	"context"
	"slices"
	"strings"
	"time"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/strict"
	"hecai/vote"
)

// Who may in: links, accounts and tickets.

// Seat is whom links of a show are for.
type Seat struct {
	Role access.Role
	Name string
}

// Link is a link as the office lists it.
type Link struct {
	access.Link
	Online bool `json:"online"` // a page of it is open, or a camera sends
}

// lately is how old the last use may be of a link whose page is open: longer than any
// node takes to write it.
const lately = 45 * time.Second

// Links lists all links, revoked ones too. Of two for the same seat only one in use
// is online.
func (o *Office) Links(ctx context.Context, id access.Identity) ([]Link, error) {
	if err := id.Allow(access.ReadOffice, access.Scope{Contest: id.Contest}); err != nil {
		return nil, err
	}
	links, err := o.cfg.Desk.Links(ctx, id.Contest)
	if err != nil {
		return nil, err
	}
	type place struct {
		show contest.ShowID
		seat Seat
	}
	at := func(l access.Link) place { return place{l.Show, Seat{access.Role(l.Role), l.Name}} }
	here, used := map[contest.ShowID]map[Seat]bool{}, map[place]int64{}
	for _, l := range links {
		used[at(l)] = max(used[at(l)], l.Last)
		if here[l.Show] == nil {
			here[l.Show] = o.cfg.Shows.Here(l.Show)
		}
	}
	out := make([]Link, len(links))
	for i, l := range links {
		p := at(l)
		out[i] = Link{l, !l.Revoked && here[p.show][p.seat] && used[p]-l.Last <= lately.Milliseconds()}
	}
	return out, nil
}

// NewLink is who a link is for.
type NewLink struct {
	Role access.Role    `json:"role"`
	Name string         `json:"name"`
	Show contest.ShowID `json:"session"`
}

// MadeLink is a link with its secret, which is told this one time.
type MadeLink struct {
	access.Link
	Secret string
	Notice *strict.Problem // what a person should look at
}

// MakeLink makes a link.
func (o *Office) MakeLink(ctx context.Context, id access.Identity, in NewLink) (MadeLink, error) {
	ctx, err := o.act(ctx, id, access.MakeLink, scope(in.Show))
	if err != nil {
		return MadeLink{}, err
	}
	in.Show = in.Show.Within(id.Contest)
	if err := o.cfg.Shows.Known(in.Show); err != nil {
		return MadeLink{}, err
	}
	link, secret, err := o.cfg.Desk.AddLink(ctx, in.Role, in.Name, in.Show, id.Name)
	if err != nil {
		return MadeLink{}, err
	}
	notice, err := o.linkNotice(ctx, id, link)
	return MadeLink{link, secret, notice}, err
}

// linkNotice tells that the link's like was made before, and works.
func (o *Office) linkNotice(ctx context.Context, id access.Identity, made access.Link) (*strict.Problem, error) {
	links, err := o.cfg.Desk.Links(ctx, id.Contest)
	if err != nil || !slices.ContainsFunc(links, func(l access.Link) bool {
		return l.ID != made.ID && !l.Revoked && l.Role == made.Role && l.Name == made.Name && l.Show == made.Show
	}) {
		return nil, err
	}
	return &strict.Problem{Path: "name", Code: "access.link_twice"}, nil
}

// RevokeLink ends a link at once.
func (o *Office) RevokeLink(ctx context.Context, id access.Identity, link string) error {
	ctx, err := o.act(ctx, id, access.RevokeLink, access.Scope{Contest: id.Contest})
	if err != nil {
		return err
	}
	_, err = o.cfg.Desk.RevokeLink(ctx, id.Contest, link)
	o.cfg.Feed.Settle(ctx)
	return err
}

// inviteLife is how long a sign-in link waits to be used.
const inviteLife = 24 * time.Hour

// Accounts lists all accounts, disabled ones too.
func (o *Office) Accounts(ctx context.Context, id access.Identity) ([]access.Account, error) {
	if err := id.Allow(access.ReadOffice, access.Scope{Contest: id.Contest}); err != nil {
		return nil, err
	}
	return o.cfg.Desk.Accounts(ctx, id.Contest)
}

// NewAccount is who an account is for.
type NewAccount struct {
	Name     string        `json:"name"`
	Roles    []access.Role `json:"roles"`
	Existing bool          `json:"existing,omitempty"` // it is of another contest, and is to be of this one too
}

// Invited is an account and the secret of its one-time way in, which nobody can
// read again; "" for who has a way in that is not of this contest alone.
type Invited struct {
	access.Account
	Secret string
}

// MakeAccount makes an account that is entered through a sign-in link.
func (o *Office) MakeAccount(ctx context.Context, id access.Identity, in NewAccount) (Invited, error) {
	act, err := o.act(ctx, id, access.MakeAccount, access.Scope{Contest: id.Contest})
	if err != nil {
		return Invited{}, err
	}
	add := func() (access.Account, error) { return o.cfg.Desk.AddUser(act, id, in.Name, "", in.Roles...) }
	if in.Existing {
		add = func() (access.Account, error) { return o.cfg.Desk.AdmitUser(act, id, in.Name, in.Roles...) }
	}
	u, err := add()
	if err != nil {
		return Invited{}, err
	}
	o.cfg.Log.Info("account made", "account", u.Name, "roles", u.Roles, "existing", in.Existing, "by", id.Name)
	if in.Existing {
		o.cfg.Feed.Settle(ctx)
		return Invited{Account: u}, nil
	}
	a, secret, err := o.cfg.Desk.Invite(ctx, id, u.ID, inviteLife)
	return Invited{a, secret}, err
}

// Invite makes another sign-in link of an account.
func (o *Office) Invite(ctx context.Context, id access.Identity, account string) (Invited, error) {
	ctx, err := o.act(ctx, id, access.InviteAccount, access.Scope{Contest: id.Contest})
	if err != nil {
		return Invited{}, err
	}
	a, secret, err := o.cfg.Desk.Invite(ctx, id, account, inviteLife)
	if err != nil {
		return Invited{}, err
	}
	o.cfg.Log.Info("sign-in link made", "account_id", account, "by", id.Name)
	return Invited{a, secret}, nil
}

// DisableAccount shuts an account at once.
func (o *Office) DisableAccount(ctx context.Context, id access.Identity, account string) error {
	ctx, err := o.act(ctx, id, access.DisableAccount, access.Scope{Contest: id.Contest})
	if err != nil {
		return err
	}
	_, err = o.cfg.Desk.Disable(ctx, id.Contest, account)
	o.cfg.Feed.Settle(ctx) // it may be disabled, even if its sessions could not be marked
	if err == nil {
		o.cfg.Log.Info("account disabled", "account_id", account, "by", id.Name)
	}
	return err
}

// EnableAccount opens an account again.
func (o *Office) EnableAccount(ctx context.Context, id access.Identity, account string) error {
	ctx, err := o.act(ctx, id, access.EnableAccount, access.Scope{Contest: id.Contest})
	if err != nil {
		return err
	}
	err = o.cfg.Desk.Enable(ctx, id.Contest, account)
	if err == nil {
		o.cfg.Log.Info("account enabled", "account_id", account, "by", id.Name)
	}
	return err
}

// Count is how many.
type Count struct {
	Count int `json:"count"`
}

// MakeTickets makes ticket codes.
func (o *Office) MakeTickets(ctx context.Context, id access.Identity, in Count) ([]string, error) {
	ctx, err := o.act(ctx, id, access.MakeTickets, access.Scope{Contest: id.Contest})
	if err != nil {
		return nil, err
	}
	return o.cfg.Desk.NewTickets(ctx, id.Contest, in.Count, vote.LevelTicket)
}

// maxCards bounds the codes of one request; the picture of each is about 4 kB.
const maxCards = 240

// Codes are ticket codes.
type Codes struct {
	Codes []string `json:"codes"`
}

// PrintTickets returns the codes that may be drawn.
func (o *Office) PrintTickets(id access.Identity, in Codes) ([]string, error) {
	if err := id.Allow(access.PrintTickets, access.Scope{Contest: id.Contest}); err != nil {
		return nil, err
	}
	if len(in.Codes) == 0 || len(in.Codes) > maxCards {
		return nil, fault.New(fault.Invalid, "access.ticket_count", "%d cards", len(in.Codes)).With("max", maxCards)
	}
	for i, code := range in.Codes {
		if code == "" || len(code) > 64 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" { // base32, RFC 4648 6
			return nil, fault.New(fault.NotFound, "access.ticket_unknown", "code %d", i)
		}
	}
	return in.Codes, nil
}

// Code is a ticket code.
type Code struct {
	Code string `json:"code"`
}

// ReleaseTicket frees a ticket whose phone has lost its cookie.
func (o *Office) ReleaseTicket(ctx context.Context, id access.Identity, in Code) error {
	ctx, err := o.act(ctx, id, access.ReleaseTicket, access.Scope{Contest: id.Contest})
	if err != nil {
		return err
	}
	err = o.cfg.Desk.Release(ctx, id.Contest, in.Code)
	if err == nil {
		o.cfg.Log.Info("ticket released", "by", id.Name)
	}
	return err
}
