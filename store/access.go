package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"hecai/access"
	"hecai/fault"
)

type staffRow struct {
	ID, Name, Roles, Hash string
	Disabled              bool
}

func (r staffRow) user() (access.User, error) {
	u := access.User{ID: r.ID, Name: r.Name, Hash: r.Hash, Disabled: r.Disabled}
	return u, fromJSON(r.Roles, &u.Roles)
}

const selectStaff = `SELECT id, name, roles, hash, disabled FROM staff `

func (db *DB) user(ctx context.Context, where string, arg any) (access.User, error) {
	var row staffRow
	if err := db.read().get(ctx, &row, selectStaff+where, arg); err != nil {
		return access.User{}, fmt.Errorf("user: %w", err)
	}
	return row.user()
}

// SaveUser adds an account, or changes the one with its id. A name that another
// account has is a conflict (access.name_taken).
func (db *DB) SaveUser(ctx context.Context, u access.User) error {
	return db.write(ctx, "save user", func(ctx context.Context, tx run) error {
		_, err := tx.exec(ctx, `INSERT INTO staff (id, name, roles, hash, disabled) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, roles = excluded.roles, hash = excluded.hash, disabled = excluded.disabled`,
			u.ID, u.Name, listJSON(u.Roles), u.Hash, u.Disabled)
		if isDuplicate(err) {
			return fault.Wrap(fault.Conflict, "access.name_taken", err, "user %q", u.Name).With("name", u.Name)
		}
		return err
	})
}

// UserByName returns the account with the name.
func (db *DB) UserByName(ctx context.Context, name string) (access.User, error) {
	return db.user(ctx, `WHERE name = ?`, name)
}

// UserByID returns the account with the id.
func (db *DB) UserByID(ctx context.Context, id string) (access.User, error) {
	return db.user(ctx, `WHERE id = ?`, id)
}

// Users returns all accounts by name.
func (db *DB) Users(ctx context.Context) ([]access.User, error) {
	var rows []staffRow
	if err := db.read().list(ctx, &rows, selectStaff+`ORDER BY name`); err != nil {
		return nil, fmt.Errorf("users: %w", err)
	}
	out := make([]access.User, len(rows))
	for i, row := range rows {
		u, err := row.user()
		if err != nil {
			return nil, fmt.Errorf("user %s: %w", row.ID, err)
		}
		out[i] = u
	}
	return out, nil
}

// SaveStaffSession adds a signed-in browser.
func (db *DB) SaveStaffSession(ctx context.Context, s access.StaffSession) error {
	return db.write(ctx, "save staff session", func(ctx context.Context, tx run) error {
		_, err := tx.exec(ctx, `INSERT INTO staff_session (token_hash, staff, created, last_seen, expires, revoked) VALUES (?, ?, ?, ?, ?, ?)`,
			s.TokenHash, s.UserID, s.Created, s.LastSeen, s.Expires, s.Revoked)
		return err
	})
}

// StaffSession returns a session by the hash of its secret, revoked or not.
func (db *DB) StaffSession(ctx context.Context, tokenHash string) (access.StaffSession, error) {
	var row struct {
		TokenHash string `db:"token_hash"`
		Staff     string
		Created   int64
		LastSeen  int64 `db:"last_seen"`
		Expires   int64
		Revoked   bool
	}
	err := db.read().get(ctx, &row, `SELECT token_hash, staff, created, last_seen, expires, revoked FROM staff_session WHERE token_hash = ?`, tokenHash)
	if err != nil {
		return access.StaffSession{}, fmt.Errorf("staff session: %w", err)
	}
	return access.StaffSession{TokenHash: row.TokenHash, UserID: row.Staff, Created: row.Created,
		LastSeen: row.LastSeen, Expires: row.Expires, Revoked: row.Revoked}, nil
}

// one runs a statement that must change a row; none is "store.none".
func (db *DB) one(ctx context.Context, what, query string, args ...any) error {
	return db.write(ctx, what, func(ctx context.Context, tx run) error {
		n, err := tx.exec(ctx, query, args...)
		if err == nil && n == 0 {
			return errNone
		}
		return err
	})
}

// TouchStaffSession notes when a session was last seen.
func (db *DB) TouchStaffSession(ctx context.Context, tokenHash string, lastSeen int64) error {
	return db.one(ctx, "touch staff session", `UPDATE staff_session SET last_seen = ? WHERE token_hash = ?`, lastSeen, tokenHash)
}

// RevokeStaffSession ends one session.
func (db *DB) RevokeStaffSession(ctx context.Context, tokenHash string) error {
	return db.one(ctx, "revoke staff session", `UPDATE staff_session SET revoked = TRUE WHERE token_hash = ?`, tokenHash)
}

// RevokeUserSessions ends all sessions of an account; it may have none.
func (db *DB) RevokeUserSessions(ctx context.Context, userID string) error {
	return db.write(ctx, "revoke user sessions", func(ctx context.Context, tx run) error {
		_, err := tx.exec(ctx, `UPDATE staff_session SET revoked = TRUE WHERE staff = ?`, userID)
		return err
	})
}

type linkRow struct {
	ID                  string
	TokenHash           string `db:"token_hash"`
	Role, Name, Session string
	CreatedBy           string `db:"created_by"`
	Created             int64
	Revoked             bool
	LastUsed            int64 `db:"last_used"`
}

func (r linkRow) link() access.Link {
	return access.Link{ID: r.ID, TokenHash: r.TokenHash, Role: r.Role, Name: r.Name, Session: r.Session,
		CreatedBy: r.CreatedBy, Created: r.Created, Revoked: r.Revoked, Last: r.LastUsed}
}

const selectLink = `SELECT id, token_hash, role, name, session, created_by, created, revoked, last_used FROM link `

// SaveLink adds a link, or changes the one with its id.
func (db *DB) SaveLink(ctx context.Context, l access.Link) error {
	return db.write(ctx, "save link", func(ctx context.Context, tx run) error {
		_, err := tx.exec(ctx, `INSERT INTO link (id, token_hash, role, name, session, created_by, created, revoked, last_used)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET token_hash = excluded.token_hash, role = excluded.role, name = excluded.name,
				session = excluded.session, revoked = excluded.revoked, last_used = excluded.last_used`,
			l.ID, l.TokenHash, l.Role, l.Name, l.Session, l.CreatedBy, l.Created, l.Revoked, l.Last)
		return err
	})
}

// LinkByHash returns a link by the hash of its secret, revoked or not.
func (db *DB) LinkByHash(ctx context.Context, tokenHash string) (access.Link, error) {
	var row linkRow
	if err := db.read().get(ctx, &row, selectLink+`WHERE token_hash = ?`, tokenHash); err != nil {
		return access.Link{}, fmt.Errorf("link: %w", err)
	}
	return row.link(), nil
}

// Links returns all links by age, revoked ones too.
func (db *DB) Links(ctx context.Context) ([]access.Link, error) {
	var rows []linkRow
	if err := db.read().list(ctx, &rows, selectLink+`ORDER BY created, id`); err != nil {
		return nil, fmt.Errorf("links: %w", err)
	}
	out := make([]access.Link, len(rows))
	for i, row := range rows {
		out[i] = row.link()
	}
	return out, nil
}

// RevokeLink ends a link.
func (db *DB) RevokeLink(ctx context.Context, id string) error {
	return db.one(ctx, "revoke link", `UPDATE link SET revoked = TRUE WHERE id = ?`, id)
}

// SaveOneTime adds a secret that works once.
func (db *DB) SaveOneTime(ctx context.Context, o access.OneTime) error {
	return db.write(ctx, "save one-time link", func(ctx context.Context, tx run) error {
		_, err := tx.exec(ctx, `INSERT INTO one_time (token_hash, purpose, role, name, expires, used_at) VALUES (?, ?, ?, ?, ?, ?)`,
			o.TokenHash, o.Purpose, o.Role, o.Name, o.Expires, o.UsedAt)
		return err
	})
}

// UseOneTime spends a one-time secret and returns it. An unknown, spent or late
// one is "store.none", without saying which.
func (db *DB) UseOneTime(ctx context.Context, tokenHash string, now int64) (access.OneTime, error) {
	var row struct {
		Purpose, Role, Name string
		Expires             int64
	}
	err := db.write(ctx, "use one-time link", func(ctx context.Context, tx run) error {
		return tx.get(ctx, &row, `UPDATE one_time SET used_at = ? WHERE token_hash = ? AND used_at = 0 AND expires > ?
			RETURNING purpose, role, name, expires`, now, tokenHash, now)
	})
	if err != nil {
		return access.OneTime{}, err
	}
	return access.OneTime{TokenHash: tokenHash, Purpose: row.Purpose, Role: row.Role, Name: row.Name, Expires: row.Expires, UsedAt: now}, nil
}

// CreateVoter adds an audience device and gives it the next dense number. uid is
// its keyed hash; the same uid again returns the device that has it.
func (db *DB) CreateVoter(ctx context.Context, uid string, now int64) (access.Voter, error) {
	v := access.Voter{UID: uid, Created: now}
	err := db.write(ctx, "create voter", func(ctx context.Context, tx run) error {
		err := tx.voter(ctx, &v, `WHERE uid = ?`, uid)
		if !errors.Is(err, errNone) {
			return err
		}
		if v.No, err = next(ctx, tx, "voter", 1); err != nil {
			return err
		}
		_, err = tx.exec(ctx, `INSERT INTO voter (no, uid, level, created) VALUES (?, ?, 0, ?)`, v.No, uid, now)
		return err
	})
	if err != nil {
		return access.Voter{}, err
	}
	return v, nil
}

func (r run) voter(ctx context.Context, v *access.Voter, where string, arg any) error {
	return r.get(ctx, v, `SELECT no, uid, level, created FROM voter `+where, arg)
}

// Voter returns an audience device.
func (db *DB) Voter(ctx context.Context, no int64) (v access.Voter, err error) {
	if err := db.read().voter(ctx, &v, `WHERE no = ?`, no); err != nil {
		return access.Voter{}, fmt.Errorf("voter: %w", err)
	}
	return v, nil
}

// SetVoterLevel sets the identity level that a device has proven.
func (db *DB) SetVoterLevel(ctx context.Context, no int64, level int) error {
	return db.one(ctx, "set voter level", `UPDATE voter SET level = ? WHERE no = ?`, level, no)
}

// AddTickets adds ticket codes, as hashes. Known ones stay as they are.
func (db *DB) AddTickets(ctx context.Context, codeHashes []string, level int) error {
	return db.write(ctx, "add tickets", func(ctx context.Context, tx run) error {
		for chunk := range slices.Chunk(codeHashes, voterChunk) {
			args := make([]any, 0, 3*len(chunk))
			for _, h := range chunk {
				args = append(args, h, level, 0)
			}
			_, err := tx.exec(ctx, `INSERT INTO ticket (hash, level, used_at) VALUES `+marks(len(chunk), 3)+` ON CONFLICT (hash) DO NOTHING`, args...)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// RedeemTicket binds a ticket to one device for good and lifts the device to its
// level, which it returns. The same device again is no error; another one is
// access.ticket_used. A code that was never given out is access.ticket_unknown.
func (db *DB) RedeemTicket(ctx context.Context, codeHash string, voterNo, now int64) (level int, err error) {
	err = db.write(ctx, "redeem ticket", func(ctx context.Context, tx run) error {
		n, err := tx.exec(ctx, `UPDATE ticket SET used_by = ?, used_at = ? WHERE hash = ? AND used_by IS NULL`, voterNo, now, codeHash)
		if err != nil {
			return err
		}
		var row struct {
			Level  int
			UsedBy int64 `db:"used_by"`
		}
		err = tx.get(ctx, &row, `SELECT level, COALESCE(used_by, 0) AS used_by FROM ticket WHERE hash = ?`, codeHash)
		if errors.Is(err, errNone) {
			return fault.New(fault.NotFound, "access.ticket_unknown", "no such ticket")
		}
		if err != nil {
			return err
		}
		if n == 0 && row.UsedBy != voterNo {
			return fault.New(fault.Conflict, "access.ticket_used", "ticket is bound to another device")
		}
		level = row.Level
		_, err = tx.exec(ctx, `UPDATE voter SET level = ? WHERE no = ? AND level < ?`, level, voterNo, level)
		return err
	})
	return level, err
}
