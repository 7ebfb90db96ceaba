package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hecai/access"
	"hecai/contest/plan"
	"hecai/hub/client"
	"hecai/server/node"
)

// planFile writes the built-in plan under another code.
func planFile(t *testing.T, code string) string {
	t.Helper()
	p, _ := plan.Parse(plan.Jilin2024)
	_, body, problems := plan.Edition{Code: code, Name: "示例大赛 " + code, ShortName: "示例 " + code}.Of(p)
	if problems != nil {
		t.Fatal(problems)
	}
	file := filepath.Join(t.TempDir(), code+".json")
	if err := os.WriteFile(file, body, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// title is what the public page of a contest calls it.
func title(c *Client, base string) string {
	c.t.Helper()
	var out struct{ Name string }
	c.Do("GET", base+"/v1/contest", nil, &out)
	return out.Name
}

// TestPlansAreBroughtIn: each --contest is brought into the record, the first is at
// home, and what is there already stays as it is.
func TestPlansAreBroughtIn(t *testing.T) {
	t.Parallel()
	first, second, third := planFile(t, "A1"), planFile(t, "B1"), planFile(t, "C1")
	n := newNode(t, "--data", t.TempDir(), "--contest", first, "--contest", second)
	c := n.client()
	for base, want := range map[string]string{"": "示例大赛 A1", "/c/A1": "示例大赛 A1", "/c/B1": "示例大赛 B1"} {
		if got := title(c, base); got != want {
			t.Errorf("at %q is %s, want %s", base, got, want)
		}
	}
	c.Refused("contest.unknown", "GET", "/c/C1/v1/contest", nil)
	var view any
	c.Do("GET", "/c/B1/v1/stage/final", nil, &view)
	if code := n.Stop(10 * time.Second); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	n.args = append(n.args, "--contest", third)
	n.Start()
	c = n.client()
	for base, want := range map[string]string{"": "示例大赛 A1", "/c/C1": "示例大赛 C1"} {
		if got := title(c, base); got != want {
			t.Errorf("after a restart, at %q is %s, want %s", base, got, want)
		}
	}
	c.Do("GET", "/c/C1/v1/stage/salon-1", nil, &view)

	code, _, stderr := launch(t, anyPort(t, "--data", filepath.Join(t.TempDir(), "data"), "--contest", first, "--contest", planFile(t, "a1"))...)
	if code != 2 || !strings.Contains(stderr, "--contest") {
		t.Errorf("two files of one contest: exit code %d, %s", code, stderr)
	}
}

// TestContestsOfTheOffice: who founded the installation makes another contest, which
// has a show at once; what can't be one is refused by its code.
func TestContestsOfTheOffice(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	refused := func(code string, in object) { t.Helper(); h.org.Refused(code, "POST", "/v1/admin/contests", in) }
	refused("contest.code", object{"name": "示例"})
	refused("contest.code", object{"code": "年/1"})
	refused("contest.code_taken", object{"code": "jl-2024"})
	refused("contest.plan", object{"code": "B", "from": "2026-02-30"})
	refused("contest.plan", object{"plan": "{"})

	var made struct{ ID, URL string }
	h.org.Do("POST", "/v1/admin/staff", object{"name": "示例第二位", "roles": []access.Role{access.Organiser}}, &made)
	other := h.invited(made.URL, "/admin")
	other.Refused("access.not_founder", "POST", "/v1/admin/contests", object{"code": "B"})

	file, err := os.ReadFile(planFile(t, "F1"))
	if err != nil {
		t.Fatal(err)
	}
	var at struct{ Code, Base string }
	for _, c := range []struct {
		in         object
		code, name string
	}{
		{object{"code": "B-2", "name": "示例第二届", "shortName": "示例二", "from": "2026-01-05"}, "B-2", "示例第二届"},
		{object{"plan": string(file)}, "F1", "示例大赛 F1"},
		{object{"plan": string(file), "code": "F2", "name": "示例改名"}, "F2", "示例改名"},
	} {
		h.org.Do("POST", "/v1/admin/contests", c.in, &at)
		if at.Code != c.code || at.Base != "/c/"+c.code || title(h.client(), at.Base) != c.name {
			t.Errorf("made %+v, called %s", at, title(h.client(), at.Base))
		}
		h.org.Do("GET", at.Base+"/v1/admin/overview", nil, nil)
		other.Refused("access.forbidden", "GET", at.Base+"/v1/admin/overview", nil)
		eventually(t, "a show of "+c.code, func() bool {
			return outcome(h.org.Try("POST", at.Base+"/v1/stage/final/commands", object{"kind": "notice", "text": "示例"}, nil)) == "ok"
		})
	}
	refused("contest.code_taken", object{"code": "b-2"})
	var me struct {
		Founder  bool
		Contests []struct{ Code, Name, Base string }
	}
	h.org.Do("GET", "/v1/me", nil, &me)
	var got []string
	for _, c := range me.Contests {
		got = append(got, c.Code+" "+c.Base)
	}
	if want := []string{"JL-2024 ", "B-2 /c/B-2", "F1 /c/F1", "F2 /c/F2"}; !me.Founder || !slices.Equal(got, want) {
		t.Errorf("the founder %v has rights in %q, want %q", me.Founder, got, want)
	}
	other.Do("GET", "/v1/me", nil, &me)
	if me.Founder || len(me.Contests) != 1 {
		t.Errorf("the other is told %+v", me)
	}
}

// TestPermissionsInAnotherContest: a right in one contest is none in another, by its
// address and by its whole names, through both doors.
func TestPermissionsInAnotherContest(t *testing.T) {
	t.Parallel()
	home, other := planFile(t, "JL-2024"), planFile(t, "B")
	h := openHouse(t, func(cfg *node.Config) { cfg.Contests = []string{home, other} })
	h.furnish()
	askAnotherContest(t, h)
}

func askAnotherContest(t *testing.T, h *house) {
	t.Helper()
	people := h.people()
	everyRole(t, people)
	for role, c := range people {
		crew := role != access.Visitor && role != access.Audience
		for _, p := range matrix {
			if p.path == "/v1/device" || p.path == "/v1/signout" {
				continue // these change who one is
			}
			path := "/c/B" + strings.Replace(p.path, "leaf=00", "leaf=0b", 1) // a receipt may be asked for by twenty at once
			got, want := outcome(onceThere(func() error { return c.Try(p.method, path, p.body, nil) })), ""
			switch {
			case len(p.who) > 0 && !slices.Contains(p.who, role):
				want = p.refusal(role)
			case len(p.who) > 0 && crew:
				want = "403 access.forbidden"
			}
			if want != "" && got != want || want == "" && (strings.Contains(got, "access.signin") || strings.Contains(got, "access.forbidden")) {
				t.Errorf("%s %s %v of another contest as %s: %s, want %s", p.method, p.path, p.body, role, got, want)
			}
		}
		for _, p := range commands(t) {
			if len(p.who) == 0 {
				continue
			}
			if got := outcome(c.Try("POST", "/v1/stage/B%2Ffinal/commands", p.body, nil)); got == "ok" || strings.Contains(got, p.says) {
				t.Errorf("%v by the show's whole name as %s: %s", p.body, role, got)
			}
		}
	}
	for role, c := range people {
		ws, err := c.socketAs(t.Context(), "", client.Config{})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range commands(t) {
			if len(p.who) == 0 {
				continue
			}
			err := onceThere(func() error { return ws.Req(t.Context(), "stage.command", p.told("B/final"), nil) })
			if err == nil || !strings.HasPrefix(err.Error(), "access.") && err.Error() != "stage.unknown_session" {
				t.Errorf("%v of another contest by socket as %s: %v", p.body, role, err)
			}
		}
		ws.Close()
		var out struct{ Ticket string }
		c.Do("POST", "/c/B/v1/ws-tickets", object{"as": ""}, &out)
		ws, err = client.Dial(t.Context(), client.Config{URL: "ws" + strings.TrimPrefix(h.url, "http") + "/ws", Ticket: out.Ticket})
		if err == nil {
			err = ws.Req(t.Context(), "nothing", object{}, nil)
			ws.Close()
		}
		if crew := role != access.Visitor && role != access.Audience; err == nil || crew == (err.Error() == "wire.unknown_method") {
			t.Errorf("a socket of another contest as %s: %v", role, err)
		}
	}
}

// TestWhoWatchesAnotherContestStays: a crew of one contest watches the picture of
// another as anyone does; that they have no right there ends nothing here.
func TestWhoWatchesAnotherContestStays(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.org.Do("POST", "/v1/admin/contests", object{"code": "B", "name": "示例大赛", "from": "2026-03-02"}, nil)
	h.org.Do("POST", "/v1/admin/cameras", object{"session": "final", "name": "cam", "label": "示例机位"}, nil)
	eventually(t, "a camera in the other contest", func() bool {
		return h.org.Try("POST", "/c/B/v1/admin/cameras", object{"session": "final", "name": "cam", "label": "示例机位"}, nil) == nil
	})
	h.org.Do("POST", "/v1/admin/judges", []object{{"id": "j1", "name": "示例评委", "org": "示例大学", "sector": "高校"}}, nil)
	director := h.people()[access.Director]
	desk, err := director.socketAs(t.Context(), "", client.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	if err := desk.Sub(nil, "staff/final"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/whep/final", "/c/B/whep/final"} {
		_ = director.raw("POST", path, "application/sdp", strings.NewReader("v=0\r\n"), nil) // who it is is asked before what it offers
	}
	select {
	case <-desk.Done():
		t.Fatalf("the desk was closed with %d", desk.CloseCode())
	case <-time.After(3500 * time.Millisecond): // rights are looked at each second
	}
	if err := desk.Sub(nil, "stage/final"); err != nil {
		t.Error(err)
	}
}

// TestARightEndsInItsContest: who is shut out of one contest works on in the other.
func TestARightEndsInItsContest(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.org.Do("POST", "/v1/admin/contests", object{"code": "B", "name": "示例大赛", "from": "2026-03-02"}, nil)
	var made struct{ ID, URL string }
	for _, base := range []string{"", "/c/B"} {
		h.org.Do("POST", base+"/v1/admin/staff", object{"name": "示例两处", "roles": []access.Role{access.Director}}, &made)
	}
	h.org.Do("POST", "/c/B/v1/admin/staff/"+made.ID+"/link", object{}, &made)
	_, token, _ := strings.Cut(made.URL, "#login=")
	c := h.client()
	c.Do("POST", "/v1/signin/link", object{"token": token}, nil)
	sockets := map[string]*client.Client{}
	for _, base := range []string{"", "/c/B"} {
		var out struct{ Ticket string }
		c.Do("POST", base+"/v1/ws-tickets", object{"as": ""}, &out)
		ws, err := client.Dial(t.Context(), client.Config{URL: "ws" + strings.TrimPrefix(h.url, "http") + "/ws", Ticket: out.Ticket})
		if err != nil {
			t.Fatal(err)
		}
		defer ws.Close()
		if err := ws.Req(t.Context(), "nothing", object{}, nil); err == nil || err.Error() != "wire.unknown_method" {
			t.Fatalf("the socket in %q: %v", base, err)
		}
		sockets[base] = ws
	}
	h.org.Do("DELETE", "/c/B/v1/admin/staff/"+made.ID, nil, nil)
	select {
	case <-sockets["/c/B"].Done():
		if code := sockets["/c/B"].CloseCode(); code != 4503 {
			t.Errorf("the socket where the right has ended was closed with %d", code)
		}
	case <-time.After(cutWithin):
		t.Error("the socket where the right has ended is still open")
	}
	if err := sockets[""].Req(t.Context(), "nothing", object{}, nil); err == nil || err.Error() != "wire.unknown_method" {
		t.Errorf("the socket in the other contest: %v, closed with %d", err, sockets[""].CloseCode())
	}
}

// TestASecondContest makes a second contest by clicks alone, from an empty folder, and
// an entry and a ballot in it. Each is apart: its page, its votes, its rights.
func TestASecondContest(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	url := o.n.url
	if n := get[int](o.Page, `document.querySelectorAll('select.contests').length`); n != 0 {
		t.Error("one contest, and a switch")
	}
	o.entries("示例首届")
	o.poll("示例首届")
	o.tab("overview")
	o.Click("#another")
	o.sound("#another-form")
	o.write("#another-form input[name=name]", "示例大赛第二届")
	o.write("#another-form input[name=shortName]", "示例第二届")
	o.write("#another-form input[name=code]", "jl-2024")
	o.write("#another-form input[name=from]", "2026-03-02")
	o.see("contest-form")
	o.Click("#another-make")
	o.WaitFor("a code that is taken", `document.querySelector('dialog .note.bad') && document.querySelector('dialog .note.bad').textContent.includes('JL-2024')`, soon)
	o.write("#another-form input[name=code]", "示例")
	o.Click("#another-make")
	o.WaitFor("a code that is none", `document.querySelector('dialog .note.bad') && document.querySelector('dialog .note.bad').textContent.includes('32')`, soon)
	o.Click(`#another-form input[name=basis]:not(:checked)`)
	bad, _ := spoil(t)
	o.Upload("#another-file", bad)
	o.WaitFor("the file's own code", `document.querySelector('#another-form input[name=code]') && document.querySelector('#another-form input[name=code]').value`, soon)
	o.write("#another-form input[name=name]", "示例")
	o.write("#another-form input[name=code]", "SL-2")
	o.Click("#another-make")
	o.WaitFor("the plan's mistakes", `document.querySelectorAll('#another-problems li').length > 3`, soon)
	o.see("contest-plan")
	o.Click(`#another-form input[name=basis]:not(:checked)`)
	o.write("#another-form input[name=name]", "示例大赛第二届")
	o.write("#another-form input[name=shortName]", "示例第二届")
	o.write("#another-form input[name=code]", "SL-2")
	o.write("#another-form input[name=from]", "2026-03-02")
	o.Click("#another-make")
	o.WaitFor("the office of the second", `location.pathname === '/c/SL-2/admin' && document.querySelector('select.contests')`, soon)
	o.WaitFor("its name", `document.querySelector('main h1') && document.querySelector('main h1').textContent === '示例大赛第二届'`, soon)
	o.see("contest-second")

	o.entries("示例次届")
	o.poll("示例次届")
	o.tab("changes")
	o.WaitFor("its making on record", `document.querySelector('#changes tr[data-verb="contest/make"]') && document.querySelector('#changes tr[data-verb="contest/make"]').textContent.includes('示例大赛第二届')`, soon)

	// Each contest's pages show its own, and a phone's vote counts there alone.
	for base, names := range map[string][2]string{"/c/SL-2": {"示例次届", "示例首届"}, "": {"示例首届", "示例次届"}} {
		p := o.b.Open("vote", url+base+"/vote/vote-1", phoneWidth, phoneHeight)
		p.WaitFor("its ballot and entries", fmt.Sprintf(`document.body.textContent.includes('%[1]s投票') && document.querySelector('.card[data-entry=E01]') && document.querySelector('.card[data-entry=E01]').textContent.includes('%[1]s')`, names[0]), soon)
		p.none("a word of the other contest", fmt.Sprintf(`document.body.textContent.match(/%s/g) || []`, names[1]))
		if base != "" {
			p.Tap(card("E01"))
			p.Tap("#confirm")
			p.settled("done")
		}
	}
	for base, names := range map[string][2]string{"/c/SL-2": {"示例第二届", "吉林省分赛"}, "": {"吉林省分赛", "示例第二届"}} {
		p := o.b.Open("site", url+base+"/", phoneWidth, phoneHeight)
		p.WaitFor("its name in the head", fmt.Sprintf(`document.querySelector('nav .brand') && document.querySelector('nav .brand').textContent.includes('%s')`, names[0]), soon)
		p.none("the other's name", fmt.Sprintf(`document.querySelector('nav .brand').textContent.match(/%s/g) || []`, names[1]))
	}
	o.tab("ballots")
	o.WaitFor("the vote counted", `document.querySelector('[data-ballot=vote-1] .turnout b').textContent === '1'`, soon)
	o.Pick("select.contests", "")
	o.WaitFor("the office of the first", `location.pathname === '/admin' && document.querySelector('select.contests')`, soon)
	o.tab("ballots")
	o.WaitFor("no vote", `document.querySelector('[data-ballot=vote-1]') && document.querySelector('[data-ballot=vote-1] .turnout b').textContent === '0'`, soon)

	// An organiser of the second alone finds the door of the first shut.
	o.Pick("select.contests", "/c/SL-2")
	o.WaitFor("the office of the second", `location.pathname === '/c/SL-2/admin' && document.querySelector('select.contests')`, soon)
	o.tab("staff")
	o.Click("#staff-add")
	o.write("#staff-form input[name=name]", "示例次届组委")
	o.Click("#staff-form input[name=role]:not(:checked)") // the first that is not chosen: organiser
	o.Click("#staff-make")
	o.WaitFor("the account's address", `document.querySelector('dialog .made code')`, soon)
	other := o.n.client()
	way := get[string](o.Page, `document.querySelector('dialog .made code').textContent`)
	if !strings.HasPrefix(way, url+"/c/SL-2/admin#login=") {
		t.Fatalf("the way in is %s", way)
	}
	guest := newBrowser(t).Open("guest", way, 1440, 900)
	guest.WaitFor("the office, without a switch", `document.querySelector('.tabs') && !document.querySelector('select.contests') && !document.querySelector('#another')`, soon)
	guest.Go(url + "/admin")
	guest.WaitFor("the door", `document.querySelector('.door')`, soon)
	other.Refused("access.signin", "GET", "/v1/admin/overview", nil)
}

// entries imports five entries under the name.
func (o *office) entries(name string) {
	o.t.Helper()
	file := entriesFile(o.t, 5)
	body, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, []byte(strings.ReplaceAll(string(body), "示例项目", name)), 0o644)
	}
	if err != nil {
		o.t.Fatal(err)
	}
	o.tab("entries")
	o.Upload("#import-file", file)
	o.WaitFor("a preview that can be applied", `document.querySelector('#import-apply') && !document.querySelector('#import-apply').disabled`, soon)
	o.Click("#import-apply")
	o.WaitFor("five entries", `document.querySelectorAll('#entries tbody tr').length === 5`, soon)
}

// poll makes a ballot for everyone and opens it until it is closed by hand.
func (o *office) poll(name string) {
	o.t.Helper()
	o.tab("ballots")
	o.Click("#ballot-add:not(:disabled)")
	o.write("#ballot-form input[name=title]", name+"投票")
	o.Click("#ballot-form .choice:has(input[name=level]) label:nth-child(2)")
	o.Click("dialog footer .btn.main")
	o.none()
	o.Click("[data-ballot=vote-1] [data-act=open]")
	o.write("#ballot-seconds", "0")
	o.Click("#ballot-go")
	o.none()
	o.WaitFor("an open ballot", `document.querySelector('[data-ballot=vote-1][data-state=open]')`, soon)
}

// TestAContestAtEveryNode (case contest-at-every-node): a contest that is made at one
// node is at the other by itself, with its votes and its show, and stays when the
// shows move.
func TestAContestAtEveryNode(t *testing.T) {
	t.Parallel()
	h := newTown(t, 2)
	owner := h.owner()
	other := h.nodes[0]
	if other == owner {
		other = h.nodes[1]
	}
	h.org.at(other).Do("POST", "/v1/admin/contests", object{"code": "SL-2", "name": "示例第二届", "shortName": "示例二"}, nil)
	for _, n := range h.nodes {
		eventually(t, "the contest at every node", func() bool { return n.client().Try("GET", "/c/SL-2/v1/contest", nil, nil) == nil })
		if got := title(n.client(), "/c/SL-2"); got != "示例第二届" {
			t.Errorf("it is called %s", got)
		}
	}
	org := h.org.at(other)
	org.url += "/c/SL-2"
	ids := importEntries(org, 3)
	org.Do("POST", "/v1/admin/ballots", object{"id": "crash", "title": "示例第二届选票", "session": "final", "entries": ids, "visibility": "live",
		"quota": object{"window": "ballot", "max": 1}}, nil)
	org.try("POST", "/v1/admin/ballots/crash/open", object{"seconds": 0}, nil)
	for _, n := range h.nodes {
		n.phone().Do("POST", "/c/SL-2/v1/votes", object{"ballot": "crash", "rev": 1, "choice": ids[:1]}, nil)
	}
	counted := func(c *Client, want int64) {
		t.Helper()
		var b struct{ Voters int64 }
		eventually(t, fmt.Sprintf("%d voters", want), func() bool { return c.Try("GET", "/v1/ballots/crash", nil, &b) == nil && b.Voters == want })
	}
	counted(org, 2)
	counted(h.org.at(other), 0) // the ballot of the same name at home
	org.try("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": "示例"}, nil)
	if code := owner.Stop(30 * time.Second); code != 0 {
		t.Errorf("it stopped with code %d", code)
	}
	org.try("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": "示例二"}, nil)
	counted(org, 2)
}
