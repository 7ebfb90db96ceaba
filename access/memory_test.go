package access

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"hecai/contest"
	"hecai/fault"
)

// here is the contest of tests that have only one, chair one who runs it.
const here contest.Code = ""

var chair = Identity{Handle: "staff:chair", roles: map[contest.Code][]Role{here: {Organiser}}}

// memory is a Store in maps. The contract suite of store runs the same
// questions against the real ones.
type memory struct {
	mu       sync.Mutex
	users    map[string]User
	sessions map[string]StaffSession
	links    map[string]Link
	once     map[string]OneTime
	voters   map[int64]Voter
	byUID    map[string]int64
	groups   int                   // calls of EnrolVoters
	asked    atomic.Int64          // rows they were asked for
	away     atomic.Pointer[error] // what reads of people are answered with; nil = from the maps
	tickets  map[string]struct {
		level int
		by    int64
	}
}

func newMemory() *memory {
	return &memory{users: map[string]User{}, sessions: map[string]StaffSession{}, links: map[string]Link{},
		once: map[string]OneTime{}, voters: map[int64]Voter{}, byUID: map[string]int64{}, tickets: map[string]struct {
			level int
			by    int64
		}{}}
}

var errNone = fault.New(fault.NotFound, "store.none", "no row")

func find[K comparable, V any](m *memory, from map[K]V, key K) (V, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := from[key]
	if !ok {
		return v, errNone
	}
	return v, nil
}

// errSilent makes a read last until its context ends.
var errSilent = errors.New("silent")

// look is find while the record is there.
func look[K comparable, V any](ctx context.Context, m *memory, from map[K]V, key K) (v V, err error) {
	if err := m.gone(ctx); err != nil {
		return v, err
	}
	return find(m, from, key)
}

func (m *memory) gone(ctx context.Context) error {
	away := m.away.Load()
	switch {
	case away == nil:
		return nil
	case *away == errSilent:
		<-ctx.Done()
		return ctx.Err()
	}
	return *away
}

func put[K comparable, V any](m *memory, to map[K]V, key K, v V) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	to[key] = v
	return nil
}

func (m *memory) SaveUser(ctx context.Context, u User) error {
	if other, err := m.UserByName(ctx, u.Name); err == nil && other.ID != u.ID {
		return fault.New(fault.Conflict, "access.name_taken", "user %q", u.Name).With("name", u.Name)
	}
	had, _ := look(ctx, m, m.users, u.ID)
	in := map[contest.Code]Membership{}
	maps.Copy(in, had.In)
	maps.Copy(in, u.In) // of the contests that are named
	u.In = in
	return put(m, m.users, u.ID, u)
}
func (m *memory) UserByID(ctx context.Context, id string) (User, error) {
	return look(ctx, m, m.users, id)
}
func (m *memory) UserByName(_ context.Context, name string) (User, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range m.users {
		if u.Name == name {
			return u, nil
		}
	}
	return User{}, errNone
}
func (m *memory) Users(context.Context) ([]User, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []User
	for _, u := range m.users {
		out = append(out, u)
	}
	return out, nil
}
func (m *memory) SaveStaffSession(_ context.Context, s StaffSession) error {
	return put(m, m.sessions, s.TokenHash, s)
}
func (m *memory) StaffSession(ctx context.Context, hash string) (StaffSession, error) {
	return look(ctx, m, m.sessions, hash)
}
func (m *memory) TouchStaffSession(ctx context.Context, hash string, seen int64) error {
	if err := m.gone(ctx); err != nil {
		return err
	}
	s, err := find(m, m.sessions, hash)
	s.LastSeen = seen
	put(m, m.sessions, hash, s)
	return err
}
func (m *memory) RevokeStaffSession(_ context.Context, hash string) error {
	s, err := find(m, m.sessions, hash)
	s.Revoked = true
	put(m, m.sessions, hash, s)
	return err
}
func (m *memory) RevokeUserSessions(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for hash, s := range m.sessions {
		s.Revoked = s.Revoked || s.UserID == id
		m.sessions[hash] = s
	}
	return nil
}
func (m *memory) SaveLink(_ context.Context, l Link) error { return put(m, m.links, l.ID, l) }
func (m *memory) LinkByHash(ctx context.Context, hash string) (Link, error) {
	if err := m.gone(ctx); err != nil {
		return Link{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.links {
		if l.TokenHash == hash {
			return l, nil
		}
	}
	return Link{}, errNone
}
func (m *memory) Links(context.Context) ([]Link, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.links)), nil
}
func (m *memory) RevokeLink(_ context.Context, id string) error {
	l, err := find(m, m.links, id)
	l.Revoked = true
	put(m, m.links, id, l)
	return err
}
func (m *memory) UseLinks(ctx context.Context, last map[string]int64) error {
	if err := m.gone(ctx); err != nil {
		return err
	}
	for id, at := range last {
		l, err := find(m, m.links, id)
		if err != nil {
			continue
		}
		l.Last = max(l.Last, at)
		put(m, m.links, id, l)
	}
	return nil
}
func (m *memory) SaveOneTime(_ context.Context, o OneTime) error {
	return put(m, m.once, o.TokenHash, o)
}
func (m *memory) OneTimeLive(_ context.Context, hash, purpose string, now int64) error {
	o, err := find(m, m.once, hash)
	if err != nil || o.UsedAt != 0 || now >= o.Expires || o.Purpose != purpose {
		return errNone
	}
	return nil
}
func (m *memory) UseOneTime(ctx context.Context, hash, purpose string, now int64) (OneTime, error) {
	if err := m.OneTimeLive(ctx, hash, purpose, now); err != nil {
		return OneTime{}, err
	}
	o, _ := find(m, m.once, hash)
	o.UsedAt = now
	return o, put(m, m.once, hash, o)
}
func (m *memory) VoidOneTimes(_ context.Context, purpose, name string, now int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for hash, o := range m.once {
		if o.Purpose == purpose && o.UsedAt == 0 && (name == "" || o.Name == name) {
			o.UsedAt = now
			m.once[hash] = o
		}
	}
	return nil
}
func (m *memory) SaveSetup(ctx context.Context, o OneTime, now int64) error {
	m.VoidOneTimes(ctx, o.Purpose, "", now)
	return m.SaveOneTime(ctx, o)
}
func (m *memory) SetUp(ctx context.Context, hash string, u User, now int64) error {
	if err := m.OneTimeLive(ctx, hash, "setup", now); err != nil {
		return err
	}
	users, _ := m.Users(ctx)
	for _, u := range users {
		if u.Organises("") {
			return errNone
		}
	}
	m.VoidOneTimes(ctx, "setup", "", now)
	return m.SaveUser(ctx, u)
}
func (m *memory) EnrolVoters(_ context.Context, uids []string, now int64) ([]Voter, error) {
	m.asked.Add(int64(len(uids)))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.groups++
	out := make([]Voter, len(uids))
	for i, uid := range uids {
		if no, ok := m.byUID[uid]; ok {
			out[i] = m.voters[no]
			continue
		}
		v := Voter{No: int64(len(m.voters) + 1), UID: uid, Created: now}
		m.voters[v.No], m.byUID[uid], out[i] = v, v.No, v
	}
	return out, nil
}
func (m *memory) VoterByUID(ctx context.Context, uid string) (Voter, error) {
	no, err := look(ctx, m, m.byUID, uid)
	if err != nil {
		return Voter{}, err
	}
	return find(m, m.voters, no)
}
func (m *memory) TicketKnown(_ context.Context, _ contest.Code, hash string) error {
	if _, err := find(m, m.tickets, hash); err != nil {
		return fault.New(fault.NotFound, "access.ticket_unknown", "")
	}
	return nil
}
func (m *memory) Voter(_ context.Context, no int64) (Voter, error) { return find(m, m.voters, no) }
func (m *memory) AddTickets(_ context.Context, _ contest.Code, hashes []string, level int) error {
	for _, h := range hashes {
		put(m, m.tickets, h, struct {
			level int
			by    int64
		}{level: level})
	}
	return nil
}
func (m *memory) ReleaseTicket(_ context.Context, _ contest.Code, hash string) (Voter, error) {
	t, err := find(m, m.tickets, hash)
	if err != nil {
		return Voter{}, fault.New(fault.NotFound, "access.ticket_unknown", "")
	}
	v, err := find(m, m.voters, t.by)
	if err != nil {
		return Voter{}, fault.New(fault.Conflict, "access.ticket_free", "")
	}
	t.by, v.Levels = 0, nil
	put(m, m.tickets, hash, t)
	return v, put(m, m.voters, v.No, v)
}
func (m *memory) RedeemTicket(_ context.Context, in contest.Code, hash string, no, _ int64) (int, error) {
	t, err := find(m, m.tickets, hash)
	if err != nil {
		return 0, fault.New(fault.NotFound, "access.ticket_unknown", "")
	}
	if t.by != 0 && t.by != no {
		return 0, fault.New(fault.Conflict, "access.ticket_used", "")
	}
	t.by = no
	v, _ := find(m, m.voters, no)
	v.Levels = map[contest.Code]int{in: max(v.Levels[in], t.level)}
	put(m, m.voters, no, v)
	return t.level, put(m, m.tickets, hash, t)
}
