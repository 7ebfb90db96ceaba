package access

import (
	"context"
	"fmt"
	"testing"
	"time"

	"hecai/fault"
)

// TestOldSetupLinksDie: a setup link is for the state it was made for.
func TestOldSetupLinksDie(t *testing.T) {
	ctx := t.Context()
	d, _ := newDesk()
	first, _ := d.SetupLink(ctx)
	second, _ := d.SetupLink(ctx)
	_, err := d.Setup(ctx, here, first, "路人", "a long password")
	wantCode(t, err, "access.link_spent")
	if _, err := d.Setup(ctx, here, second, "组织者", "a long password"); err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{first, second} {
		_, err := d.Setup(ctx, here, link, "路人", "a long password")
		wantCode(t, err, "access.link_spent")
	}

	// Among several processes the link of each is good, until one is used.
	d, _ = newDesk()
	d.cfg.Others = apart{}
	first, _ = d.SetupLink(ctx)
	second, _ = d.SetupLink(ctx)
	if _, err := d.Setup(ctx, here, first, "组织者", "a long password"); err != nil {
		t.Fatal(err)
	}
	_, err = d.Setup(ctx, here, second, "路人", "a long password")
	wantCode(t, err, "access.link_spent")

	// An organiser who came another way voids the link as well.
	d, _ = newDesk()
	link, _ := d.SetupLink(ctx)
	d.AddUser(ctx, Identity{Contest: here}, "组织者", "", Organiser)
	_, err = d.Setup(ctx, here, link, "路人", "a long password")
	wantCode(t, err, "access.link_spent")

	// A setup link doesn't sign in, and is not spent by trying.
	d, _ = newDesk()
	link, _ = d.SetupLink(ctx)
	_, err = d.SignInWithLink(ctx, link)
	wantCode(t, err, "access.link_spent")
	if _, err := d.Setup(ctx, here, link, "组织者", "a long password"); err != nil {
		t.Error(err)
	}
}

// apart are other processes that nobody hears.
type apart struct{ Others }

func (apart) Heard() bool { return false }

func guess(ctx context.Context, d *Desk, n int, from func(int) string, known string) map[string]int {
	codes := map[string]int{}
	for i := range n {
		_, err := d.SignIn(ctx, Try{Name: "导演", Password: "wrong password", From: from(i), Known: known})
		codes[fault.CodeOf(err)]++
	}
	return codes
}

// TestGuessersAreStoppedAndTheRightPersonIsNot: whoever guesses, from one
// network or from many, and whatever they share with the right person.
func TestGuessersAreStoppedAndTheRightPersonIsNot(t *testing.T) {
	ctx := t.Context()
	right := Try{Name: "导演", Password: "a long password"}
	open := func() (*Desk, *clock) {
		d, c := newDesk()
		if _, err := d.AddUser(ctx, Identity{Contest: here}, "导演", "a long password", Director); err != nil {
			t.Fatal(err)
		}
		return d, c
	}

	d, c := open()
	one := Network("2001:db8:1:2::1")
	codes := guess(ctx, d, 60, func(i int) string { return Network(fmt.Sprintf("2001:db8:1:2::%x", i)) }, "")
	if codes["access.credentials"] != 10 || codes["access.too_fast"] != 50 {
		t.Errorf("from one /64: %v, want 10 looked at", codes)
	}
	home := right
	home.From = Network("2001:db8:1:3::1")
	if _, err := d.SignIn(ctx, home); err != nil {
		t.Errorf("the right person from elsewhere: %v", err)
	}
	hall := right
	hall.From, hall.Known = one, d.KnownBrowser()
	if _, err := d.SignIn(ctx, hall); err != nil {
		t.Errorf("the right person's own browser, in the guesser's network: %v", err)
	}
	c.t = c.t.Add(time.Hour)
	codes = guess(ctx, d, 60, func(int) string { return one }, "")
	if codes["access.credentials"] != 10 {
		t.Errorf("an hour later: %v, want 10 looked at", codes)
	}

	d, _ = open()
	for range 12 {
		if _, err := d.SignIn(ctx, Try{Name: right.Name, Password: right.Password, From: one}); err != nil {
			t.Fatalf("a right password counted as a failure: %v", err)
		}
	}
	codes = guess(ctx, d, 12, func(int) string { return one }, d.KnownBrowser())
	if codes["access.credentials"] != 10 {
		t.Errorf("a known browser guesses: %v, want 10 looked at", codes)
	}
	codes = guess(ctx, d, 12, func(int) string { return one }, "no pass of ours")
	if codes["access.credentials"] != 10 {
		t.Errorf("with a forged pass: %v, want 10 looked at", codes)
	}

	// From ever new networks, and from one network at ever new names: counted
	// without hashing, which is slow.
	g := newGuesses(func() time.Time { return time.Unix(0, 0) })
	taken := func(n int, name, from func(int) string) (ok int) {
		for i := range n {
			if _, err := g.take(name(i), from(i), ""); err == nil {
				ok++
			}
		}
		return ok
	}
	same := func(s string) func(int) string { return func(int) string { return s } }
	each := func(i int) string { return fmt.Sprint(i) }
	if n := taken(1000, same("导演"), each); n != 200 {
		t.Errorf("%d of 1000 guesses from as many networks, want 200", n)
	}
	if n := taken(1000, each, same("a")); n != 100 {
		t.Errorf("%d of 1000 guesses at as many names, want 100", n)
	}
	undo, err := g.take("组织者", "b", "")
	if err != nil {
		t.Fatal(err)
	}
	undo()
	if n := taken(20, same("组织者"), same("b")); n != 10 {
		t.Errorf("%d of 20 after one was taken back, want 10", n)
	}
}

// TestHashingIsBounded: strangers fill their places and no more, none waits for
// ever, and a known browser has a place of its own.
func TestHashingIsBounded(t *testing.T) {
	ctx := t.Context()
	h := newHashers()
	for range 2 {
		if _, err := h.turn(ctx, false); err != nil {
			t.Fatal(err)
		}
	}
	over, cancel := context.WithCancel(ctx)
	got := make(chan error)
	for range maxHashing {
		go func() {
			_, err := h.turn(over, false)
			got <- err
		}()
	}
	for h.waiting.Load() < maxHashing {
		time.Sleep(time.Millisecond)
	}
	_, err := h.turn(ctx, false)
	wantCode(t, err, "access.busy")
	leave, err := h.turn(ctx, true)
	if err != nil {
		t.Errorf("a known browser: %v", err)
	} else {
		leave()
	}
	cancel()
	for range maxHashing {
		if err := <-got; err == nil {
			t.Error("more than two strangers at once")
		}
	}
	_, err = h.turn(ctx, false)
	wantCode(t, err, "access.busy") // after a bounded wait
}

// TestTheToldSecondsAreEnough: whoever waits as long as they are told to is
// allowed, whichever bucket refused them, and a second less would not have done.
func TestTheToldSecondsAreEnough(t *testing.T) {
	for _, tt := range []struct {
		name        string
		guess       int                                       // how many
		from        func(i int) (name, network, known string) // of the i-th
		least, most int
	}{
		{"one account", 11, func(int) (string, string, string) { return "导演", "hall", "" }, 30, 30},
		{"one network", 101, func(i int) (string, string, string) { return fmt.Sprint(i % 90), "hall", "" }, 2, 30},
		{"one account, many networks", 201, func(i int) (string, string, string) { return "导演", fmt.Sprint(i), "" }, 5, 5},
		{"one account of a crowded network", 101, func(i int) (string, string, string) { return fmt.Sprint(min(i, 90)), "hall", "" }, 30, 30},
		{"all at once", 501, func(i int) (string, string, string) {
			if i < 300 {
				return "导演", fmt.Sprint(i), ""
			}
			return []string{"导演", fmt.Sprint(i)}[i%2], "hall", ""
		}, 5, 5},
		{"a known browser", 11, func(int) (string, string, string) { return "导演", "hall", "browser" }, 30, 30},
	} {
		for _, ask := range []int{1, 7, 40} { // asking meanwhile changes nothing
			c := &clock{t: time.Unix(1000, 0)}
			g := newGuesses(c.now)
			var name, network, known string
			for i := range tt.guess {
				name, network, known = tt.from(i)
				g.take(name, network, known)
			}
			_, err := g.take(name, network, known)
			wantCode(t, err, "access.too_fast")
			told := int(fault.Of(err).RetryAfter.Seconds())
			if told < tt.least || told > tt.most {
				t.Errorf("%s: told %d s, want %d to %d", tt.name, told, tt.least, tt.most)
			}
			for range ask {
				c.t = c.t.Add(time.Duration(told-1) * time.Second / time.Duration(ask))
				if _, err := g.take(name, network, known); err == nil {
					t.Errorf("%s: allowed before the %d s that were told", tt.name, told)
				}
			}
			c.t = time.Unix(1000, 0).Add(time.Duration(told) * time.Second)
			if _, err := g.take(name, network, known); err != nil {
				t.Errorf("%s: after the %d s that were told: %v", tt.name, told, err)
			}
		}
	}
}

func TestLimiterForgetsWithoutWalking(t *testing.T) {
	c := &clock{t: time.Unix(0, 0)}
	l := NewLimiter(1, 2, c.now)
	for i := range 3 * maxKeys {
		if err := l.Allow(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(l.young) + len(l.older); n > 2*maxKeys {
		t.Errorf("%d keys are kept, want at most %d", n, 2*maxKeys)
	}
	l = NewLimiter(1, 2, c.now)
	l.Allow("a")
	l.Allow("a")
	c.t = c.t.Add(1500 * time.Millisecond)
	l.Allow("other")
	c.t = c.t.Add(600 * time.Millisecond) // a's bucket is in the older generation
	for i, want := range []string{"", "", "access.too_fast"} {
		if err := l.Allow("a"); fault.CodeOf(err) != want {
			t.Errorf("call %d: %v, want %q", i, err, want)
		}
	}
}

func TestNetwork(t *testing.T) {
	for address, want := range map[string]string{
		"192.168.1.77": "192.168.1.0/24", "::ffff:192.168.1.77": "192.168.1.0/24",
		"2001:db8:1:2:3::4": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "": "", "@": "@",
	} {
		if got := Network(address); got != want {
			t.Errorf("Network(%q) = %q, want %q", address, got, want)
		}
	}
}
