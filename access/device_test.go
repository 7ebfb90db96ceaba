package access

import (
	"encoding/base64"
	"encoding/binary"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func TestDeviceTokensCannotBeForged(t *testing.T) {
	ctx := t.Context()
	d, _ := newDesk()
	id, token := d.NewDevice()
	got, err := d.Device(ctx, token)
	if err != nil || got.Handle != id.Handle || !got.Is(Audience) {
		t.Fatalf("Device = %+v, %v", got, err)
	}
	flip := []byte(token)
	flip[9] ^= 1
	for _, bad := range []string{"", "!", token[:10], string(flip)} {
		_, err := d.Device(ctx, bad)
		wantCode(t, err, "access.device")
	}
}

// TestADeviceHasNoRowUntilItDoesSomething: joining writes nothing; those who
// come in a rush share a few writes, keep their numbers, and see them at once.
func TestADeviceHasNoRowUntilItDoesSomething(t *testing.T) {
	ctx := t.Context()
	d, _ := newDesk()
	m := d.cfg.Store.(*memory)
	const crowd = 500
	ids, tokens := make([]Identity, crowd), make([]string, crowd)
	for i := range ids {
		_, tokens[i] = d.NewDevice()
		var err error
		if ids[i], err = d.Device(ctx, tokens[i]); err != nil || ids[i].Voter != 0 {
			t.Fatalf("Device = %+v, %v", ids[i], err)
		}
	}
	if len(m.voters) != 0 {
		t.Fatalf("%d rows for devices that did nothing", len(m.voters))
	}
	m.mu.Lock() // the first write takes a while
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			var err error
			if ids[i], err = d.Enrol(ctx, ids[i]); err != nil || ids[i].Voter == 0 {
				t.Errorf("Enrol = %+v, %v", ids[i], err)
			}
		})
	}
	for queued := 0; queued < crowd; runtime.Gosched() {
		d.enrolment.mu.Lock()
		queued = len(d.enrolment.waiting) + int(m.asked.Load())
		d.enrolment.mu.Unlock()
	}
	m.mu.Unlock()
	all.Wait()
	if m.groups > 2 {
		t.Errorf("%d writes for %d devices", m.groups, crowd)
	}
	seen := map[int64]bool{}
	for i, id := range ids {
		seen[id.Voter] = true
		got, err := d.Device(ctx, tokens[i])
		if err != nil || got.Voter != id.Voter {
			t.Errorf("afterwards Device = %+v, %v, want voter %d", got, err, id.Voter)
		}
		if again, err := d.Enrol(ctx, got); err != nil || again.Voter != id.Voter {
			t.Errorf("Enrol again = %+v, %v", again, err)
		}
	}
	if len(seen) != crowd {
		t.Errorf("%d numbers for %d devices", len(seen), crowd)
	}
}

// TestTokensOfTheFirstVersionCount: a phone keeps its vote, and gets a token
// without its number in it.
func TestTokensOfTheFirstVersionCount(t *testing.T) {
	ctx := t.Context()
	d, _ := newDesk()
	rows, _ := d.cfg.Store.EnrolVoters(ctx, []string{strings.Repeat("ab", uidLen)}, 1)
	raw := binary.BigEndian.AppendUint64(nil, uint64(rows[0].No))
	old := base64.RawURLEncoding.EncodeToString(append(raw, d.mac("voter", "1")[:macLen]...))
	id, err := d.Device(ctx, old)
	if err != nil || id.Voter != 1 {
		t.Fatalf("Device = %+v, %v", id, err)
	}
	got, err := d.Device(ctx, d.DeviceToken(id))
	if err != nil || got.Voter != 1 || got.Key != id.Key {
		t.Fatalf("with the new token Device = %+v, %v, want %+v", got, err, id)
	}
	_, err = d.Device(ctx, base64.RawURLEncoding.EncodeToString(append(raw, make([]byte, macLen)...)))
	wantCode(t, err, "access.device")
}

func TestTicketBindsToOneDevice(t *testing.T) {
	ctx := t.Context()
	d, _ := newDesk()
	codes, err := d.NewTickets(ctx, here, 2, 2)
	if err != nil || len(codes[0]) != 23 {
		t.Fatalf("NewTickets = %v, %v", codes, err)
	}
	a, token := d.NewDevice()
	b, _ := d.NewDevice()
	_, err = d.Redeem(ctx, b, "NOSUCHCODE")
	wantCode(t, err, "access.ticket_unknown")
	if n := len(d.cfg.Store.(*memory).voters); n != 0 {
		t.Errorf("%d rows after a wrong code", n)
	}
	a, err = d.Redeem(ctx, a, codes[0])
	if err != nil || a.Level != 2 {
		t.Fatalf("Redeem = %+v, %v", a, err)
	}
	if got, err := d.Device(ctx, token); err != nil || got.Level != 2 {
		t.Errorf("after the ticket Device = %+v, %v", got, err)
	}
	if _, err := d.Redeem(ctx, a, codes[0]); err != nil {
		t.Errorf("scanning again on the same phone: %v", err)
	}
	_, err = d.Redeem(ctx, b, codes[0])
	wantCode(t, err, "access.ticket_used")
	if err := d.Release(ctx, here, codes[0]); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Device(ctx, token); err != nil || got.Level != 0 {
		t.Errorf("after the ticket was freed Device = %+v, %v", got, err)
	}
	if b, err = d.Redeem(ctx, b, codes[0]); err != nil || b.Level != 2 {
		t.Errorf("the freed ticket on another phone: %+v, %v", b, err)
	}
	_, err = d.Redeem(ctx, a, codes[0])
	wantCode(t, err, "access.ticket_used")
	_, err = d.Redeem(ctx, Identity{Roles: []Role{Judge}, Handle: "link:x"}, codes[1])
	wantCode(t, err, "access.forbidden")
}

// TestTicketCodeAsPeopleTypeIt is the case ticket-code-as-people-type-it.
func TestTicketCodeAsPeopleTypeIt(t *testing.T) {
	ctx := t.Context()
	d, _ := newDesk()
	codes, err := d.NewTickets(ctx, here, 20, 2)
	if err != nil {
		t.Fatal(err)
	}
	each := func(f func(rune) string) func(string) string {
		return func(code string) string {
			var b strings.Builder
			for _, r := range code {
				b.WriteString(f(r))
			}
			return b.String()
		}
	}
	for name, typed := range map[string]func(string) string{
		"as printed":           func(c string) string { return c },
		"lower case":           strings.ToLower,
		"in fours by spaces":   func(c string) string { return c[:4] + " " + c[4:8] + "\u3000" + c[8:12] + "\u00a0" + c[12:] },
		"in fours by hyphens":  func(c string) string { return c[:4] + "-" + c[4:8] + "—" + c[8:12] + "－" + c[12:] },
		"full width":           each(func(r rune) string { return string(r - 'A' + 'Ａ') }),
		"full width, lower":    each(func(r rune) string { return strings.ToLower(string(r - 'A' + 'Ａ')) }),
		"0 for O":              func(c string) string { return strings.ReplaceAll(c, "O", "0") },
		"1 for I":              func(c string) string { return strings.ReplaceAll(c, "I", "1") },
		"8 for B":              func(c string) string { return strings.ReplaceAll(c, "B", "8") },
		"a full stop after":    func(c string) string { return c + "。" },
		"an invisible one":     func(c string) string { return c[:9] + "\u200b" + c[9:] + "\ufeff" },
		"quoted, with a break": func(c string) string { return "“" + c[:11] + "\r\n" + c[11:] + "”" },
	} {
		t.Run(name, func(t *testing.T) {
			for _, code := range codes {
				if got := codeAsTyped(typed(code)); got != code {
					t.Errorf("%q is read as %q, want %q", typed(code), got, code)
				}
			}
			id, _ := d.NewDevice()
			fresh, _ := d.NewTickets(ctx, here, 1, 2)
			if _, err := d.Redeem(ctx, id, typed(fresh[0])); err != nil {
				t.Errorf("%q: %v", typed(fresh[0]), err)
			}
		})
	}
	id, _ := d.NewDevice()
	for _, none := range []string{"", "。", strings.Repeat("A", 2000), "999", codes[0][:22]} {
		_, err := d.Redeem(ctx, id, none)
		wantCode(t, err, "access.ticket_unknown")
	}
}
