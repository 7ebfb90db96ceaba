package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"hecai/access"
	"hecai/fault"
	"hecai/store"
)

// The record is what a desk needs.
var _ access.Store = (*store.DB)(nil)

func accounts(t *testing.T, db Record) {
	_, err := db.UserByName(bg, "示例")
	wantCode(t, err, "store.none")
	u := access.User{ID: "u1", Name: "示例", Roles: []string{"organiser", "director"}, Hash: "$argon2id$…"}
	must(t, db.SaveUser(bg, u))
	wantCode(t, db.SaveUser(bg, access.User{ID: "u2", Name: "示例"}), "access.name_taken")
	must(t, db.SaveUser(bg, access.User{ID: "u2", Name: "a", Roles: []string{}}))
	u.Disabled = true
	must(t, db.SaveUser(bg, u))
	byName, err := db.UserByName(bg, "示例")
	must(t, err)
	byID, err := db.UserByID(bg, "u1")
	must(t, err)
	same(t, "users", []access.User{byName, byID}, []access.User{u, u})
	all, err := db.Users(bg)
	must(t, err)
	same(t, "all users", all, []access.User{{ID: "u2", Name: "a", Roles: []string{}}, u})

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
	a := access.Link{ID: "b", TokenHash: "h1", Role: "judge", Name: "j1", Session: "final", CreatedBy: "u1", Created: 1}
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
	_, err := db.UseOneTime(bg, "h", 100)
	wantCode(t, err, "store.none")
	n := wins(t, "store.none", func(int) error {
		got, err := db.UseOneTime(bg, "h", 99)
		if err == nil && (got.Purpose != "setup" || got.Role != "organiser" || got.Name != "n" || got.UsedAt != 99) {
			return fmt.Errorf("got %+v", got)
		}
		return err
	})
	same(t, "uses", n, int64(1))
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
	must(t, db.SetVoterLevel(bg, seen[3], 2))
	got, err := db.Voter(bg, seen[3])
	must(t, err)
	same(t, "level", got.Level, 2)
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
	must(t, db.AddTickets(bg, codes, 2))
	must(t, db.AddTickets(bg, codes[:1], 1)) // stays as it is
	_, err := db.RedeemTicket(bg, "none", 1, 7)
	wantCode(t, err, "access.ticket_unknown")
	n := wins(t, "access.ticket_used", func(i int) error {
		level, err := db.RedeemTicket(bg, "code0", int64(i+1), 7)
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
		if v.Level == 2 {
			holders++
			_, err := db.RedeemTicket(bg, "code0", no, 8)
			must(t, err)
		}
	}
	same(t, "devices with the level", holders, 1)
}
