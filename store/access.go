package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
)

type staffRow struct {
	ID, Name, Hash string
	Founder        bool
}

const selectStaff = `SELECT id, name, hash, founder FROM staff `

// users reads accounts with what they are in each contest.
func (r run) users(ctx context.Context, where string, args ...any) ([]access.User, error) {
	var rows []staffRow
	if err := r.list(ctx, &rows, selectStaff+where+` ORDER BY name`, args...); err != nil {
		return nil, err
	}
	var members []struct {
		Staff, Contest, Roles string
		Disabled              bool
	}
	err := r.list(ctx, &members, `SELECT staff, contest, roles, disabled FROM staff_role
		WHERE staff IN (SELECT id FROM staff `+where+`)`, args...)
	if err != nil {
		return nil, err
	}
	out := make([]access.User, len(rows))
	for i, row := range rows {
		u := access.User{ID: row.ID, Name: row.Name, Hash: row.Hash, Founder: row.Founder, In: map[contest.Code]access.Membership{}}
		for _, m := range members {
			if m.Staff != row.ID {
				continue
			}
			of := access.Membership{Disabled: m.Disabled}
			if err := fromJSON(m.Roles, &of.Roles); err != nil {
				return nil, fmt.Errorf("user %s: %w", row.ID, err)
			}
			u.In[contest.Code(m.Contest)] = of
		}
		out[i] = u
	}
	return out, nil
}

func (db *DB) user(ctx context.Context, where string, arg any) (access.User, error) {
	all, err := db.read().users(ctx, where, arg)
	if err == nil && len(all) == 0 {
		err = errNone
	}
	if err != nil {
		return access.User{}, fmt.Errorf("user: %w", err)
	}
	return all[0], nil
}

// SaveUser adds an account, or changes the one with its id, and what it is in the
// contests that are named. A name that another account has is a conflict
// (access.name_taken).
func (db *DB) SaveUser(ctx context.Context, u access.User) error {
	return db.write(ctx, "save user", func(ctx context.Context, tx run) error {
		before, err := tx.users(ctx, `WHERE id = ?`, u.ID)
		if err != nil {
			return err
		}
		if err := tx.saveUser(ctx, u); err != nil {
			return err
		}
		act, _ := access.ActOf(ctx)
		in := contest.Code(act.Contest)
		return tx.did(ctx, u.ID, accountIn(before, in), accountIn([]access.User{u}, in))
	})
}

// accountIn is what the contest's organisers may read of an account: not what it is
// in others.
func accountIn(users []access.User, in contest.Code) any {
	for _, u := range users {
		if _, member := u.In[in]; member {
			return u.Account(in)
		}
	}
	return nil
}

func (r run) saveUser(ctx context.Context, u access.User) error {
	_, err := r.exec(ctx, `INSERT INTO staff (id, name, hash, founder) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, hash = excluded.hash, founder = excluded.founder`,
		u.ID, u.Name, u.Hash, u.Founder)
	if isDuplicate(err) {
		return fault.Wrap(fault.Conflict, "access.name_taken", err, "user %q", u.Name).With("name", u.Name)
	}
	if err != nil {
		return err
	}
	for code, m := range u.In {
		_, err := r.exec(ctx, `INSERT INTO staff_role (staff, contest, roles, disabled) VALUES (?, ?, ?, ?)
			ON CONFLICT (staff, contest) DO UPDATE SET roles = excluded.roles, disabled = excluded.disabled`,
			u.ID, code, listJSON(m.Roles), m.Disabled)
		if err != nil {
			return err
		}
	}
	return nil
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
	out, err := db.read().users(ctx, ``)
	if err != nil {
		return nil, fmt.Errorf("users: %w", err)
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

// SaveOneTime adds a secret that works once.
func (db *DB) SaveOneTime(ctx context.Context, o access.OneTime) error {
	return db.write(ctx, "save one-time link", func(ctx context.Context, tx run) error {
		_, err := tx.exec(ctx, `INSERT INTO one_time (token_hash, purpose, role, name, expires, used_at) VALUES (?, ?, ?, ?, ?, ?)`,
			o.TokenHash, o.Purpose, o.Role, o.Name, o.Expires, o.UsedAt)
		if err != nil {
			return err
		}
		return tx.did(ctx, o.Name, nil, map[string]any{"name": o.Name, "expires": o.Expires})
	})
}

// purposeSpent is of rows that only say that a name was spent.
const purposeSpent = "spent"

// SpendOnce reports whether nobody has spent the name yet; the record knows until
// when it must.
func (db *DB) SpendOnce(ctx context.Context, name string, until, now int64) (first bool, err error) {
	err = db.write(ctx, "spend", func(ctx context.Context, tx run) error {
		if _, err := tx.exec(ctx, `DELETE FROM one_time WHERE purpose = ? AND expires < ?`, purposeSpent, now); err != nil {
			return err
		}
		n, err := tx.exec(ctx, `INSERT INTO one_time (token_hash, purpose, role, name, expires, used_at) VALUES (?, ?, '', '', ?, ?)
			ON CONFLICT (token_hash) DO NOTHING`, name, purposeSpent, until, now)
		first = n == 1
		return err
	})
	return first, err
}

const liveOneTime = `token_hash = ? AND purpose = ? AND used_at = 0 AND expires > ?`

// OneTimeLive is "store.none" unless the one-time secret could be spent now.
func (db *DB) OneTimeLive(ctx context.Context, tokenHash, purpose string, now int64) error {
	var one int
	err := db.read().get(ctx, &one, `SELECT 1 FROM one_time WHERE `+liveOneTime, tokenHash, purpose, now)
	if err != nil {
		return fmt.Errorf("one-time link: %w", err)
	}
	return nil
}

// UseOneTime spends a one-time secret and returns it. An unknown, spent or late
// one, or one for another purpose, is "store.none", without saying which. It
// takes a turn at writing only for a secret that could be spent.
func (db *DB) UseOneTime(ctx context.Context, tokenHash, purpose string, now int64) (access.OneTime, error) {
	if err := db.OneTimeLive(ctx, tokenHash, purpose, now); err != nil {
		return access.OneTime{}, err
	}
	var row struct {
		Role, Name string
		Expires    int64
	}
	err := db.write(ctx, "use one-time link", func(ctx context.Context, tx run) error {
		return tx.get(ctx, &row, `UPDATE one_time SET used_at = ? WHERE `+liveOneTime+` RETURNING role, name, expires`, now, tokenHash, purpose, now)
	})
	if err != nil {
		return access.OneTime{}, err
	}
	return access.OneTime{TokenHash: tokenHash, Purpose: purpose, Role: row.Role, Name: row.Name, Expires: row.Expires, UsedAt: now}, nil
}

// voidOneTimes spends all unspent secrets of a purpose, of one name or of any ("").
func voidOneTimes(ctx context.Context, tx run, purpose, name string, now int64) error {
	_, err := tx.exec(ctx, `UPDATE one_time SET used_at = ? WHERE purpose = ? AND used_at = 0 AND (name = ? OR ? = '')`, now, purpose, name, name)
	return err
}

// VoidOneTimes makes the unspent secrets of a purpose and a name worthless.
func (db *DB) VoidOneTimes(ctx context.Context, purpose, name string, now int64) error {
	return db.write(ctx, "void one-time links", func(ctx context.Context, tx run) error {
		return voidOneTimes(ctx, tx, purpose, name, now)
	})
}

// SaveSetup adds a secret that makes the first organiser, in place of all older
// ones of its purpose.
func (db *DB) SaveSetup(ctx context.Context, o access.OneTime, now int64) error {
	return db.write(ctx, "save setup link", func(ctx context.Context, tx run) error {
		if err := tx.lock(ctx, lockSetup, 0); err != nil {
			return err
		}
		if err := voidOneTimes(ctx, tx, o.Purpose, "", now); err != nil {
			return err
		}
		_, err := tx.exec(ctx, `INSERT INTO one_time (token_hash, purpose, role, name, expires, used_at) VALUES (?, ?, ?, ?, ?, 0)`,
			o.TokenHash, o.Purpose, o.Role, o.Name, o.Expires)
		return err
	})
}

// SetUp spends a setup secret for the first organiser. It is "store.none" for a
// secret that can't be spent, and for every secret once there is an organiser.
func (db *DB) SetUp(ctx context.Context, tokenHash string, u access.User, now int64) error {
	return db.write(ctx, "set up", func(ctx context.Context, tx run) error {
		if err := tx.lock(ctx, lockSetup, 0); err != nil {
			return err
		}
		var purpose string
		err := tx.get(ctx, &purpose, `UPDATE one_time SET used_at = ? WHERE `+liveOneTime+` RETURNING purpose`, now, tokenHash, "setup", now)
		if err != nil {
			return err
		}
		all, err := tx.users(ctx, ``)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(had access.User) bool { return had.Organises("") }) {
			return errNone
		}
		if err := voidOneTimes(ctx, tx, purpose, "", now); err != nil {
			return err
		}
		return tx.saveUser(ctx, u)
	})
}

// CreateVoter is EnrolVoters for one.
func (db *DB) CreateVoter(ctx context.Context, uid string, now int64) (access.Voter, error) {
	v, err := db.EnrolVoters(ctx, []string{uid}, now)
	if err != nil {
		return access.Voter{}, err
	}
	return v[0], nil
}

// EnrolVoters adds audience devices in one transaction and gives them the next
// dense numbers, in their order. A uid that has a row keeps it.
func (db *DB) EnrolVoters(ctx context.Context, uids []string, now int64) ([]access.Voter, error) {
	known := make(map[string]access.Voter, len(uids))
	err := db.write(ctx, "enrol voters", func(ctx context.Context, tx run) error {
		clear(known)
		for chunk := range slices.Chunk(uids, voterChunk) {
			args := make([]any, len(chunk))
			for i, uid := range chunk {
				args[i] = uid
			}
			rows, err := tx.voters(ctx, `WHERE uid IN `+marks(1, len(chunk)), args...)
			if err != nil {
				return err
			}
			for _, v := range rows {
				known[v.UID] = v
			}
		}
		var fresh []string
		for _, uid := range uids {
			if _, ok := known[uid]; !ok {
				known[uid] = access.Voter{UID: uid, Created: now}
				fresh = append(fresh, uid)
			}
		}
		if len(fresh) == 0 {
			return nil
		}
		no, err := next(ctx, tx, "voter", int64(len(fresh)))
		if err != nil {
			return err
		}
		no -= int64(len(fresh))
		for chunk := range slices.Chunk(fresh, voterChunk) {
			args := make([]any, 0, 3*len(chunk))
			for _, uid := range chunk {
				no++
				v := known[uid]
				v.No = no
				known[uid] = v
				args = append(args, no, uid, now)
			}
			if _, err := tx.exec(ctx, `INSERT INTO voter (no, uid, created) VALUES `+marks(len(chunk), 3), args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]access.Voter, len(uids))
	for i, uid := range uids {
		out[i] = known[uid]
	}
	return out, nil
}

// voters reads devices with what they have proven.
func (r run) voters(ctx context.Context, where string, args ...any) ([]access.Voter, error) {
	var out []access.Voter
	if err := r.list(ctx, &out, `SELECT no, uid, created FROM voter `+where, args...); err != nil {
		return nil, err
	}
	var levels []struct {
		Voter   int64
		Contest contest.Code
		Level   int
	}
	err := r.list(ctx, &levels, `SELECT voter, contest, level FROM voter_level
		WHERE voter IN (SELECT no FROM voter `+where+`)`, args...)
	if err != nil {
		return nil, err
	}
	of := map[int64]map[contest.Code]int{}
	for _, l := range levels {
		if of[l.Voter] == nil {
			of[l.Voter] = map[contest.Code]int{}
		}
		of[l.Voter][l.Contest] = l.Level
	}
	for i := range out {
		out[i].Levels = of[out[i].No]
	}
	return out, nil
}

func (r run) voter(ctx context.Context, v *access.Voter, where string, arg any) error {
	all, err := r.voters(ctx, where, arg)
	if err == nil && len(all) == 0 {
		err = errNone
	}
	if err == nil {
		*v = all[0]
	}
	return err
}

// Voter returns an audience device.
func (db *DB) Voter(ctx context.Context, no int64) (v access.Voter, err error) {
	if err := db.read().voter(ctx, &v, `WHERE no = ?`, no); err != nil {
		return access.Voter{}, fmt.Errorf("voter: %w", err)
	}
	return v, nil
}

// VoterByUID returns an audience device by its uid.
func (db *DB) VoterByUID(ctx context.Context, uid string) (v access.Voter, err error) {
	if err := db.read().voter(ctx, &v, `WHERE uid = ?`, uid); err != nil {
		return access.Voter{}, fmt.Errorf("voter: %w", err)
	}
	return v, nil
}

// SetVoterLevel sets the identity level that a device has proven in a contest.
func (db *DB) SetVoterLevel(ctx context.Context, in contest.Code, no int64, level int) error {
	return db.write(ctx, "set voter level", func(ctx context.Context, tx run) error { return tx.setLevel(ctx, in, no, level) })
}

func (r run) setLevel(ctx context.Context, in contest.Code, no int64, level int) error {
	_, err := r.exec(ctx, `INSERT INTO voter_level (voter, contest, level) VALUES (?, ?, ?)
		ON CONFLICT (voter, contest) DO UPDATE SET level = excluded.level`, no, in, level)
	return err
}

// AddTickets adds ticket codes of a contest, as hashes. Known ones stay as they are.
func (db *DB) AddTickets(ctx context.Context, in contest.Code, codeHashes []string, level int) error {
	return db.writeAs(ctx, bulk, "add tickets", func(ctx context.Context, tx run) error {
		for chunk := range slices.Chunk(codeHashes, voterChunk) {
			args := make([]any, 0, 4*len(chunk))
			for _, h := range chunk {
				args = append(args, h, level, 0, in)
			}
			_, err := tx.exec(ctx, `INSERT INTO ticket (hash, level, used_at, contest) VALUES `+marks(len(chunk), 4)+` ON CONFLICT (hash) DO NOTHING`, args...)
			if err != nil {
				return err
			}
		}
		return tx.did(ctx, "", nil, map[string]int{"count": len(codeHashes), "level": level})
	})
}

// TicketKnown is access.ticket_unknown unless the contest gave the code out.
func (db *DB) TicketKnown(ctx context.Context, in contest.Code, codeHash string) error {
	var one int
	err := db.read().get(ctx, &one, `SELECT 1 FROM ticket WHERE hash = ? AND contest = ?`, codeHash, in)
	if errors.Is(err, errNone) {
		return fault.New(fault.NotFound, "access.ticket_unknown", "no such ticket")
	}
	return err
}

// RedeemTicket binds a ticket to one device for good and lifts the device to its
// level in the contest, which it returns. The same device again is no error; another one is
// access.ticket_used. A code that was never given out is access.ticket_unknown.
func (db *DB) RedeemTicket(ctx context.Context, in contest.Code, codeHash string, voterNo, now int64) (level int, err error) {
	err = db.write(ctx, "redeem ticket", func(ctx context.Context, tx run) error {
		var held int // another ticket of the device: a second one is a neighbour's, and stays unspent
		err := tx.get(ctx, &held, `SELECT COUNT(*) FROM ticket WHERE used_by = ? AND contest = ? AND hash <> ?
			AND level >= (SELECT COALESCE(MAX(level), 99) FROM ticket WHERE hash = ?)`, voterNo, in, codeHash, codeHash)
		if err != nil {
			return err
		}
		if held > 0 {
			return fault.New(fault.Conflict, "access.ticket_held", "the device has a ticket")
		}
		n, err := tx.exec(ctx, `UPDATE ticket SET used_by = ?, used_at = ? WHERE hash = ? AND contest = ? AND used_by IS NULL`, voterNo, now, codeHash, in)
		if err != nil {
			return err
		}
		var row struct {
			Level  int
			UsedBy int64 `db:"used_by"`
		}
		err = tx.get(ctx, &row, `SELECT level, COALESCE(used_by, 0) AS used_by FROM ticket WHERE hash = ? AND contest = ?`, codeHash, in)
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
		return tx.setLevel(ctx, in, voterNo, level)
	})
	return level, err
}
