package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/store"
	"hecai/vote"
)

// in are the roles of an account in the contest.
func in(roles ...string) map[contest.Code]access.Membership {
	return map[contest.Code]access.Membership{code: {Roles: roles}}
}

// The record is what a desk needs.
var _ access.Store = (*store.DB)(nil)

func accounts(t *testing.T, db Record) {
	_, err := db.UserByName(bg, "示例")
	wantCode(t, err, "store.none")
	u := access.User{ID: "u1", Name: "示例", Founder: true, In: in("organiser", "director"), Hash: "$argon2id$…"}
	must(t, db.SaveUser(bg, u))
	wantCode(t, db.SaveUser(bg, access.User{ID: "u2", Name: "示例"}), "access.name_taken")
	must(t, db.SaveUser(bg, access.User{ID: "u2", Name: "a", In: map[contest.Code]access.Membership{}}))
	u.In[code] = access.Membership{Roles: u.In[code].Roles, Disabled: true}
	u.In["B"] = access.Membership{Roles: []string{"auditor"}}
	must(t, db.SaveUser(bg, u))
	byName, err := db.UserByName(bg, "示例")
	must(t, err)
	byID, err := db.UserByID(bg, "u1")
	must(t, err)
	same(t, "users", []access.User{byName, byID}, []access.User{u, u})
	all, err := db.Users(bg)
	must(t, err)
	same(t, "all users", all, []access.User{{ID: "u2", Name: "a", In: map[contest.Code]access.Membership{}}, u})

	s := access.StaffSession{TokenHash: "h1", UserID: "u1", Created: 1, LastSeen: 1, Expires: 9}
	must(t, db.SaveStaffSession(bg, s))
	must(t, db.SaveStaffSession(bg, access.StaffSession{TokenHash: "h2", UserID: "u1"}))
	must(t, db.SaveStaffSession(bg, access.StaffSession{TokenHash: "h3", UserID: "u2"}))
	must(t, db.TouchStaffSession(bg, "h1", 5))
	must(t, db.RevokeStaffSession(bg, "h2"))
	s.LastSeen = 5
	got, err := db.StaffSession(bg, "h1")
	must(t, err)
	same(t, "session", got, s)
	must(t, db.RevokeUserSessions(bg, "u1"))
	for hash, want := range map[string]bool{"h1": true, "h2": true, "h3": false} {
		got, err := db.StaffSession(bg, hash)
		must(t, err)
		same(t, hash+" revoked", got.Revoked, want)
	}
	wantCode(t, db.RevokeStaffSession(bg, "none"), "store.none")
}

func links(t *testing.T, db Record) {
	a := access.Link{ID: "b", TokenHash: "h1", Role: "judge", Name: "j1", Show: "final", CreatedBy: "u1", Created: 1}
	b := access.Link{ID: "a", TokenHash: "h2", Role: "screen", Name: "main", Created: 2, Last: 3}
	must(t, db.SaveLink(bg, a))
	must(t, db.SaveLink(bg, b))
	must(t, db.RevokeLink(bg, "a"))
	b.Revoked = true
	all, err := db.Links(bg)
	must(t, err)
	same(t, "links", all, []access.Link{a, b})
	got, err := db.LinkByHash(bg, "h2")
	must(t, err)
	same(t, "link", got, b)
	_, err = db.LinkByHash(bg, "none")
	wantCode(t, err, "store.none")
	used(t, db, a, b)
}

// used: the newest use of a link stays, whoever writes it last; one of none is no
// error, and no row of changes is made of it.
func used(t *testing.T, db Record, a, b access.Link) {
	t.Helper()
	before, err := db.LastChange(bg)
	must(t, err)
	many := map[string]int64{"b": 1700000000000, "a": 2, "none": 9}
	for i := range 250 {
		many[fmt.Sprintf("none-%d", i)] = 1
	}
	must(t, db.UseLinks(bg, many))
	must(t, db.UseLinks(bg, map[string]int64{"b": 1690000000000, "a": 4}))
	must(t, db.UseLinks(bg, nil))
	a.Last, b.Last = 1700000000000, 4
	all, err := db.Links(bg)
	must(t, err)
	same(t, "used links", all, []access.Link{a, b})
	after, err := db.LastChange(bg)
	must(t, err)
	same(t, "rows of changes", after, before)
	var both sync.WaitGroup
	for i := range 8 {
		both.Go(func() {
			if err := db.UseLinks(bg, map[string]int64{"a": int64(100 + i), "b": 1700000000000 + int64(i)}); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	a.Last, b.Last = 1700000000007, 107
	all, err = db.Links(bg)
	must(t, err)
	same(t, "used at once", all, []access.Link{a, b})
}

// wins runs a call many times at once and returns how often it went well; every
// refusal must have the code.
func wins(t *testing.T, code string, call func(i int) error) int64 {
	t.Helper()
	var n atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			err := call(i)
			if err == nil {
				n.Add(1)
			} else if fault.CodeOf(err) != code {
				t.Error(err)
			}
		})
	}
	all.Wait()
	return n.Load()
}

func oneTimeOnce(t *testing.T, db Record) {
	o := access.OneTime{TokenHash: "h", Purpose: "setup", Role: "organiser", Name: "n", Expires: 100}
	must(t, db.SaveOneTime(bg, o))
	_, err := db.UseOneTime(bg, "h", "setup", 100)
	wantCode(t, err, "store.none")
	n := wins(t, "store.none", func(int) error {
		got, err := db.UseOneTime(bg, "h", "setup", 99)
		if err == nil && (got.Purpose != "setup" || got.Role != "organiser" || got.Name != "n" || got.UsedAt != 99) {
			return fmt.Errorf("got %+v", got)
		}
		return err
	})
	same(t, "uses", n, int64(1))
}

// spentOnce: of many who spend a name one is the first, until it is late.
func spentOnce(t *testing.T, db Record) {
	spend := func(until, now int64) error {
		first, err := db.SpendOnce(bg, "示例", until, now)
		if err == nil && !first {
			return fault.New(fault.Conflict, "spent", "before")
		}
		return err
	}
	same(t, "first", wins(t, "spent", func(int) error { return spend(100, 50) }), int64(1))
	wantCode(t, spend(200, 100), "spent")
	must(t, spend(200, 101))
}

// setUpOnce: of all setup secrets only the newest works, once, and only while
// there is no organiser.
func setUpOnce(t *testing.T, db Record) {
	save := func(hash string) {
		must(t, db.SaveSetup(bg, access.OneTime{TokenHash: hash, Purpose: "setup", Role: "organiser", Expires: 100}, 1))
	}
	must(t, db.SaveOneTime(bg, access.OneTime{TokenHash: "signin", Purpose: "signin", Name: "a", Expires: 100}))
	save("old")
	save("new")
	wantCode(t, db.OneTimeLive(bg, "old", "setup", 2), "store.none")
	wantCode(t, db.OneTimeLive(bg, "new", "signin", 2), "store.none")
	wantCode(t, db.SetUp(bg, "old", access.User{ID: "x", Name: "x"}, 2), "store.none")
	wantCode(t, db.SetUp(bg, "signin", access.User{ID: "x", Name: "x"}, 2), "store.none")
	_, err := db.UseOneTime(bg, "new", "signin", 2)
	wantCode(t, err, "store.none")
	n := wins(t, "store.none", func(i int) error {
		id := fmt.Sprint(i)
		return db.SetUp(bg, "new", access.User{ID: id, Name: id, In: in("organiser")}, 2)
	})
	same(t, "organisers", n, int64(1))
	save("later")
	wantCode(t, db.SetUp(bg, "later", access.User{ID: "x", Name: "x", In: in("organiser")}, 3), "store.none")
	must(t, db.OneTimeLive(bg, "later", "setup", 3)) // what was refused was not spent
	users, err := db.Users(bg)
	must(t, err)
	for _, u := range users {
		u.In[code] = access.Membership{Roles: u.In[code].Roles, Disabled: true}
		must(t, db.SaveUser(bg, u))
	}
	must(t, db.SetUp(bg, "later", access.User{ID: "y", Name: "y", In: in("organiser")}, 3))

	must(t, db.SaveOneTime(bg, access.OneTime{TokenHash: "b", Purpose: "signin", Name: "b", Expires: 100}))
	must(t, db.VoidOneTimes(bg, "signin", "a", 4))
	wantCode(t, db.OneTimeLive(bg, "signin", "signin", 4), "store.none")
	must(t, db.OneTimeLive(bg, "b", "signin", 4))
}

// groupsOfVoters: a group gets its numbers in order, with those that have one
// already, and a repeated one, keeping theirs.
func groupsOfVoters(t *testing.T, db Record) {
	_, err := db.VoterByUID(bg, "u1")
	wantCode(t, err, "store.none")
	one, err := db.CreateVoter(bg, "u1", 5)
	must(t, err)
	got, err := db.EnrolVoters(bg, []string{"u2", "u1", "u3", "u2"}, 9)
	must(t, err)
	u2, u3 := access.Voter{No: 2, UID: "u2", Created: 9}, access.Voter{No: 3, UID: "u3", Created: 9}
	same(t, "group", got, []access.Voter{u2, one, u3, u2})
	many := make([]string, 1001)
	for i := range many {
		many[i] = fmt.Sprintf("many%d", i)
	}
	got, err = db.EnrolVoters(bg, many, 9)
	must(t, err)
	for i, v := range got {
		same(t, many[i], v, access.Voter{No: int64(4 + i), UID: many[i], Created: 9})
	}
	found, err := db.VoterByUID(bg, "many500")
	must(t, err)
	same(t, "found", found, got[500])
}

func votersAreDense(t *testing.T, db Record) {
	var seen [8]int64
	wins(t, "", func(i int) error {
		v, err := db.CreateVoter(bg, fmt.Sprintf("uid%d", i), 5)
		seen[i] = v.No
		return err
	})
	var sum int64
	for _, no := range seen {
		sum += no
	}
	same(t, "sum of 1..8", sum, int64(36))
	again, err := db.CreateVoter(bg, "uid3", 9)
	must(t, err)
	same(t, "same uid", again, access.Voter{No: seen[3], UID: "uid3", Created: 5})
	must(t, db.SetVoterLevel(bg, code, seen[3], 2))
	got, err := db.Voter(bg, seen[3])
	must(t, err)
	same(t, "level", got.Levels[code], 2)
	_, err = db.Voter(bg, 99)
	wantCode(t, err, "store.none")
}

func ticketOnce(t *testing.T, db Record) {
	for i := range 8 {
		_, err := db.CreateVoter(bg, fmt.Sprintf("uid%d", i), 5)
		must(t, err)
	}
	codes := make([]string, 1000)
	for i := range codes {
		codes[i] = fmt.Sprintf("code%d", i)
	}
	must(t, db.AddTickets(bg, code, codes, 2))
	must(t, db.AddTickets(bg, code, codes[:1], 1)) // stays as it is
	must(t, db.TicketKnown(bg, code, "code0"))
	wantCode(t, db.TicketKnown(bg, code, "none"), "access.ticket_unknown")
	_, err := db.RedeemTicket(bg, code, "none", 1, 7)
	wantCode(t, err, "access.ticket_unknown")
	n := wins(t, "access.ticket_used", func(i int) error {
		level, err := db.RedeemTicket(bg, code, "code0", int64(i+1), 7)
		if err == nil && level != 2 {
			return fmt.Errorf("level %d", level)
		}
		return err
	})
	same(t, "devices that got the ticket", n, int64(1))
	holders := 0
	for no := int64(1); no <= 8; no++ {
		v, err := db.Voter(bg, no)
		must(t, err)
		if v.Levels[code] == 2 {
			holders++
			_, err := db.RedeemTicket(bg, code, "code0", no, 8)
			must(t, err)
		}
	}
	same(t, "devices with the level", holders, 1)
}

// oneTicketEach: a second ticket at one device stays unspent for its owner.
func oneTicketEach(t *testing.T, db Record) {
	for _, uid := range []string{"one", "two"} {
		_, err := db.CreateVoter(bg, uid, 5)
		must(t, err)
	}
	must(t, db.AddTickets(bg, code, []string{"mine", "yours"}, 2))
	for range 2 {
		_, err := db.RedeemTicket(bg, code, "mine", 1, 6)
		must(t, err)
	}
	_, err := db.RedeemTicket(bg, code, "yours", 1, 7)
	wantCode(t, err, "access.ticket_held")
	_, err = db.RedeemTicket(bg, code, "none", 1, 7)
	wantCode(t, err, "access.ticket_unknown")
	_, err = db.RedeemTicket(bg, code, "yours", 2, 8)
	must(t, err)
}

func ticketFreed(t *testing.T, db Record) {
	for _, uid := range []string{"lost", "new"} {
		_, err := db.CreateVoter(bg, uid, 5)
		must(t, err)
	}
	must(t, db.AddTickets(bg, code, []string{"code", "other"}, 2))
	_, err := db.ReleaseTicket(bg, code, "none")
	wantCode(t, err, "access.ticket_unknown")
	_, err = db.ReleaseTicket(bg, code, "code")
	wantCode(t, err, "access.ticket_free")
	_, err = db.RedeemTicket(bg, code, "code", 1, 6)
	must(t, err)
	v, err := db.ReleaseTicket(bg, code, "code")
	must(t, err)
	same(t, "the device without it", []int64{v.No, int64(v.Levels[code])}, []int64{1, 0})
	_, err = db.RedeemTicket(bg, code, "code", 2, 7)
	must(t, err)

	// A cast that was taken before the ticket was freed finds it gone.
	late := newBallot(t, db, "JL-2024/late", 2, vote.Quota{})
	late.Level = 2
	_, err = db.SaveBallot(bg, late)
	must(t, err)
	_, err = db.OpenBallot(bg, ballots(t, db), "JL-2024/late", opened, 0)
	must(t, err)
	before := cast("JL-2024/late", 1, 1, "a")
	before.Level = 2
	out, _ := castAll(t, db, 1, before)
	wantCode(t, out[0].Fault, "vote.level")

	for _, id := range []vote.BallotID{"JL-2024/open", "JL-2024/ticketed"} {
		b := newBallot(t, db, id, 2, vote.Quota{})
		if id == "JL-2024/ticketed" {
			b.Level = 2
		}
		_, err := db.SaveBallot(bg, b)
		must(t, err)
		_, err = db.OpenBallot(bg, ballots(t, db), id, opened, 0)
		must(t, err)
		paper := cast(id, 2, 1, "a")
		paper.Level = b.Level
		castAll(t, db, 1, paper)
		_, err = db.ReleaseTicket(bg, code, "code")
		if id == "JL-2024/ticketed" {
			wantCode(t, err, "access.ticket_voted")
		} else {
			must(t, err)
			_, err = db.RedeemTicket(bg, code, "code", 2, 8)
			must(t, err)
		}
	}
	_, err = db.RedeemTicket(bg, code, "code", 1, 9)
	wantCode(t, err, "access.ticket_used") // the refusal changed nothing
}
