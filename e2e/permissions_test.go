package e2e

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hecai/access"
	"hecai/hub/client"
	"hecai/server/node"
	rules "hecai/stage/cue"
)

// Who may, written by hand once more: the doors are tested against this table and
// not against the one in access/roles.go, which they ask themselves.
var (
	anyone    = []access.Role{}
	phones    = []access.Role{access.Audience}
	jurors    = []access.Role{access.Judge}
	firing    = []access.Role{access.Host, access.Director, access.Organiser}
	directing = []access.Role{access.Director, access.Organiser}
	desk      = []access.Role{access.Director, access.Moderator, access.Organiser}
	auditing  = []access.Role{access.Organiser, access.Auditor}
	organiser = []access.Role{access.Organiser}
	camera    = []access.Role{access.Broadcaster}
	previews  = []access.Role{access.Director, access.Organiser, access.Broadcaster}
)

// permission is one thing that one may do: the request, who may, and what those
// who may are told: "ok", or a code that proves they came past the gate.
type permission struct {
	method, path string
	body         any
	who          []access.Role
	says         string
}

var matrix = []permission{
	{"GET", "/healthz", nil, anyone, "ok"},
	{"GET", "/livez", nil, anyone, "ok"},
	{"GET", "/readyz", nil, anyone, "ok"},
	{"GET", "/v1/time", nil, anyone, "ok"},
	{"GET", "/v1/contest", nil, anyone, "ok"},
	{"GET", "/v1/tracks", nil, anyone, "ok"},
	{"GET", "/v1/sessions", nil, anyone, "ok"},
	{"GET", "/qr.svg?path=/live/final", nil, anyone, "ok"},
	{"POST", "/v1/tickets/redeem", object{"code": "x"}, phones, "access.ticket_unknown"},
	{"POST", "/v1/ws-tickets", object{}, anyone, "ok"},
	{"GET", "/v1/me", nil, anyone, "ok"},
	{"POST", "/v1/setup", object{"token": "x", "name": "示例", "password": "a long password"}, anyone, "access.link_spent"},
	{"POST", "/v1/signin", object{"name": "x", "password": "a long password"}, anyone, "access.credentials"},
	{"POST", "/v1/signin/link", object{"token": "x"}, anyone, "access.link_spent"},
	{"GET", "/v1/ballots/b", nil, anyone, "ok"},
	{"GET", "/v1/ballots/b/proof?leaf=00", nil, anyone, "vote.no_receipt"},
	{"GET", "/v1/ballots/b/log", nil, anyone, "vote.proof_later"},
	{"GET", "/v1/ledger", nil, anyone, "ok"},
	{"POST", "/v1/votes", object{"ballot": "none", "rev": 1}, phones, "vote.unknown_ballot"},
	{"GET", "/v1/votes/mine?ballot=b", nil, phones, "ok"},
	{"GET", "/v1/results", nil, anyone, "ok"},
	{"GET", "/v1/results/final", nil, anyone, "ok"},
	{"GET", "/v1/on/final", nil, anyone, "ok"},
	{"GET", "/v1/stage/final", nil, anyone, "ok"},
	{"GET", "/v1/stage/final/facts?after=0", nil, anyone, "ok"},
	{"GET", "/v1/stage/final/seal", nil, anyone, "stage.sealed"},
	{"GET", "/v1/stage/final/desk", nil, desk, "ok"},
	{"POST", "/v1/stage/final/commands", object{"kind": "fire", "cue": "none", "rev": -1}, firing, "stage.stale_rev"},
	{"POST", "/v1/stage/final/commands", object{"kind": "next", "rev": -1}, firing, "stage.stale_rev"},
	{"POST", "/v1/stage/final/commands", object{"kind": "camera", "name": "none"}, directing, "stream.no_camera"},
	{"POST", "/v1/stage/final/commands", object{"kind": "danmaku", "text": "none"}, desk, "stage.danmaku"},
	{"POST", "/v1/stage/final/commands", object{"kind": "arm", "cue": "none", "rev": -1}, directing, "stage.stale_rev"},
	{"POST", "/v1/stage/final/commands", object{"kind": "disarm", "cue": "none", "rev": -1}, directing, "stage.stale_rev"},
	{"POST", "/v1/stage/final/commands", object{"kind": "skip", "cue": "none", "rev": -1}, directing, "stage.stale_rev"},
	{"POST", "/v1/stage/final/commands", object{"kind": "extend", "seconds": 1}, directing, "ballot.no_deadline"},
	{"POST", "/v1/stage/final/commands", object{"kind": "timer_add", "seconds": 1}, directing, "stage.no_timer"},
	{"POST", "/v1/stage/final/commands", object{"kind": "blackout"}, directing, "ok"},
	{"POST", "/v1/stage/final/commands", object{"kind": "notice"}, directing, "ok"},
	{"POST", "/v1/stage/final/commands", object{"kind": "hide"}, directing, "stage.reason"},
	{"POST", "/v1/stage/final/commands", object{"kind": "decide"}, directing, "stage.reason"},
	{"POST", "/v1/stage/final/commands", object{"kind": "reopen"}, directing, "stage.not_ended"},
	{"POST", "/v1/stage/final/commands", object{"kind": "publish"}, directing, "stage.not_over"},
	{"POST", "/v1/stage/final/commands", object{"kind": "dance"}, anyone, "stage.unknown_command"},
	{"GET", "/v1/danmaku/final", nil, anyone, "ok"},
	{"POST", "/v1/danmaku/final", object{"text": ""}, phones, "danmaku.off"},
	{"POST", "/v1/danmaku/final/none/approve", object{}, desk, "danmaku.unknown"},
	{"GET", "/v1/judge", nil, jurors, "ok"},
	{"PUT", "/v1/judge/sheets/none", object{}, jurors, "stage.unknown_entry"},
	{"POST", "/v1/judge/sheets/none/submit", object{}, jurors, "stage.unknown_entry"},
	{"POST", "/v1/judge/sheets/none/recuse", object{"reason": "示例"}, jurors, "stage.unknown_entry"},
	{"GET", "/v1/admin/overview", nil, organiser, "ok"},
	{"POST", "/v1/admin/contests", object{"code": "a b"}, organiser, "contest.code"},
	{"GET", "/v1/admin/entries", nil, organiser, "ok"},
	{"POST", "/v1/admin/entries", object{"rows": []object{}}, organiser, "ok"},
	{"POST", "/v1/admin/entries/import", object{}, organiser, "http.malformed"},
	{"GET", "/v1/admin/entries/template", nil, organiser, "ok"},
	{"GET", "/v1/admin/entries/list", nil, organiser, "ok"},
	{"GET", "/v1/admin/judges", nil, organiser, "ok"},
	{"POST", "/v1/admin/judges", []object{{"id": ""}}, organiser, "judge.invalid"},
	{"DELETE", "/v1/admin/judges/none", nil, organiser, "judge.unknown"},
	{"POST", "/v1/admin/entries/none/state", object{"state": "withdrawn", "reason": "示例"}, organiser, "entry.unknown"},
	{"GET", "/v1/admin/results/final", nil, organiser, "stage.sealed"},
	{"GET", "/v1/admin/sessions", nil, organiser, "ok"},
	{"POST", "/v1/admin/sessions", object{"id": "!", "title": "示例", "kind": "other"}, organiser, "session.invalid"},
	{"PUT", "/v1/admin/sessions/none", object{"title": "示例", "kind": "other"}, organiser, "stage.unknown_session"},
	{"DELETE", "/v1/admin/sessions/none", nil, organiser, "stage.unknown_session"},
	{"GET", "/v1/admin/sessions/final", nil, organiser, "ok"},
	{"PUT", "/v1/admin/sessions/final/entries", object{"entries": []string{"none"}}, organiser, "session.unknown_entry"},
	{"PUT", "/v1/admin/sessions/final/panel", object{"judges": []string{"none"}}, organiser, "session.unknown_judge"},
	{"GET", "/v1/admin/sessions/final/takes", nil, organiser, "ok"},
	{"POST", "/v1/admin/sessions/none/takes", object{}, organiser, "stage.unknown_session"},
	{"POST", "/v1/admin/sessions/final/takes/9/end", object{}, organiser, "take.unknown"},
	{"DELETE", "/v1/admin/sessions/final/takes/9", nil, organiser, "take.unknown"},
	{"GET", "/v1/admin/ballots", nil, organiser, "ok"},
	{"POST", "/v1/admin/ballots", object{"id": "!"}, organiser, "ballot.id"},
	{"POST", "/v1/admin/ballots/none/open", object{}, directing, "vote.unknown_ballot"},
	{"POST", "/v1/admin/ballots/none/close", object{}, directing, "vote.unknown_ballot"},
	{"POST", "/v1/admin/ballots/none/extend", object{"seconds": 9}, directing, "vote.unknown_ballot"},
	{"POST", "/v1/admin/ballots/none/publish", nil, organiser, "vote.unknown_ballot"},
	{"POST", "/v1/admin/ballots/none/round", object{"reason": "示例"}, directing, "vote.unknown_ballot"},
	{"GET", "/v1/admin/ballots/b/recount", nil, auditing, "ok"},
	{"GET", "/v1/admin/changes", nil, auditing, "ok"},
	{"GET", "/v1/admin/links", nil, organiser, "ok"},
	{"POST", "/v1/admin/links", object{"role": "host", "session": "none"}, organiser, "stage.unknown_session"},
	{"DELETE", "/v1/admin/links/none", nil, organiser, "store.none"},
	{"GET", "/v1/admin/staff", nil, organiser, "ok"},
	{"POST", "/v1/admin/staff", object{"name": "示例"}, organiser, "access.no_role"},
	{"POST", "/v1/admin/staff/none/link", object{}, organiser, "store.none"},
	{"POST", "/v1/admin/staff/none/enable", object{}, organiser, "store.none"},
	{"DELETE", "/v1/admin/staff/none", nil, organiser, "store.none"},
	{"POST", "/v1/admin/tickets", object{"count": 0}, organiser, "access.ticket_count"},
	{"POST", "/v1/admin/tickets/cards", object{"codes": []string{"x"}}, organiser, "access.ticket_unknown"},
	{"POST", "/v1/admin/tickets/release", object{"code": "x"}, organiser, "access.ticket_unknown"},
	{"GET", "/v1/admin/cameras?session=final", nil, directing, "ok"},
	{"DELETE", "/v1/admin/ballots/none", nil, organiser, "vote.unknown_ballot"},
	{"DELETE", "/v1/admin/cameras/final/none", nil, directing, "stream.no_camera"},
	{"POST", "/v1/admin/cameras", object{"session": "none"}, directing, "stage.unknown_session"},
	{"GET", "/v1/admin/rundown/final", nil, desk, "ok"},
	{"PUT", "/v1/admin/rundown/final", object{"dance": 1}, organiser, "rundown.mistakes"},
	// The media of a session, which are no part of the API's own table.
	{"POST", "/whip/final/cam", object{}, camera, "stream.media_type"},
	{"POST", "/whep/final", object{}, anyone, "stream.media_type"},
	{"POST", "/whep/final/cam", object{}, previews, "stream.media_type"},
	// Last: these change who one is.
	{"POST", "/v1/device", object{}, anyone, "ok"},
	{"POST", "/v1/signout", object{}, anyone, "ok"},
}

// people returns one client of each role.
func (h *house) people() map[access.Role]*Client {
	out := map[access.Role]*Client{
		access.Visitor: h.client(), access.Audience: h.phone(),
		access.Judge: h.holder(access.Judge, "j1", "final"), access.Screen: h.holder(access.Screen, "main", "final"),
		access.Host: h.holder(access.Host, "示例主持", "final"), access.Broadcaster: h.holder(access.Broadcaster, "cam", "final"),
	}
	for role, c := range h.staff {
		out[role] = c
	}
	return out
}

// refusal is what one is told who may not. A vote is the phone's whoever the
// browser is signed in as, so staff without a phone are nobody there.
func (p permission) refusal(role access.Role) string {
	if role == access.Visitor || slices.Equal(p.who, phones) && role != access.Audience {
		return "401 access.signin"
	}
	return "403 access.forbidden"
}

// outcome is "ok", or the status and code of the refusal.
func outcome(err error) string {
	e, refused := err.(*apiError)
	switch {
	case err == nil:
		return "ok"
	case refused:
		return fmt.Sprintf("%d %s", e.Status, e.Code)
	default:
		return err.Error()
	}
}

// onceThere asks again while the shows are between two nodes, as they are for a moment
// on a machine that is too busy to renew a lease.
func onceThere(ask func() error) (err error) {
	for end := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		err = ask()
		var e *apiError
		if there := err == nil || err.Error() != "stage.unavailable" && !(errors.As(err, &e) && e.Code == "stage.unavailable"); there || time.Now().After(end) {
			return err
		}
	}
}

// TestPermissions sends every request as every role.
func TestPermissions(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.furnish()
	askAll(t, h)
}

// furnish makes what the matrix asks for.
func (h *house) furnish() {
	h.t.Helper()
	h.ballot("b", 3, object{"window": "ballot", "max": 1})
	h.org.Do("POST", "/v1/admin/judges", []object{{"id": "j1", "name": "示例评委", "org": "示例大学", "sector": "高校"}}, nil)
}

func askAll(t *testing.T, h *house) {
	t.Helper()
	people := h.people()
	everyRole(t, people)
	for _, p := range matrix {
		for role, c := range people {
			got, want := outcome(onceThere(func() error { return c.Try(p.method, p.path, p.body, nil) })), p.says
			if len(p.who) > 0 && !slices.Contains(p.who, role) {
				want = p.refusal(role)
			} else if want != "ok" {
				_, got, _ = strings.Cut(got, " ")
			}
			if got != want {
				t.Errorf("%s %s %v as %s: %s, want %s", p.method, p.path, p.body, role, got, want)
			}
		}
	}
}

var (
	routeRow  = regexp.MustCompile(`\{"([A-Z]+)", "(/[^"]+)", s\.\w+\}`)
	specPath  = regexp.MustCompile(`^  (/\S*):$`)
	specVerb  = regexp.MustCompile(`^    (get|post|put|delete|patch):$`)
	specWho   = regexp.MustCompile(`^      x-who: '([^']*)'$`)
	pathParam = regexp.MustCompile(`:\w+|\{\w+\}`)
)

// shape makes a path comparable: no query, and a star for each parameter.
func shape(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return pathParam.ReplaceAllString(path, "*")
}

// covers reports whether a route's shape is that of a concrete path.
func covers(route, path string) bool {
	return slices.EqualFunc(strings.Split(route, "/"), strings.Split(path, "/"), func(a, b string) bool { return a == "*" || a == b })
}

// TestPermissionsNameEveryRoute: a new route fails until the matrix says who
// may, and the reference says the same.
func TestPermissionsNameEveryRoute(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile("../server/httpd/routes.go")
	if err != nil {
		t.Fatal(err)
	}
	routes := routeRow.FindAllStringSubmatch(string(table), -1)
	if len(routes) < 40 {
		t.Fatalf("only %d routes found: the search is broken", len(routes))
	}
	for _, media := range []string{"/whip/:session/:camera", "/whep/:session", "/whep/:session/:camera"} { // of stream/webrtc
		routes = append(routes, []string{"", "POST", media})
	}
	who := specified(t)
	for _, r := range routes {
		route := shape(r[2])
		want := map[string]bool{}
		listed := false
		for _, p := range matrix {
			if path := shape(p.path); p.method == r[1] && covers(route, path) && !other(routes, r, path) {
				listed = true
				for _, role := range p.who {
					want[string(role)] = true
				}
			}
		}
		if !listed {
			t.Errorf("%s %s is not in the matrix: say who may", r[1], r[2])
			continue
		}
		text := who[r[1]+" "+route]
		if len(want) == 0 {
			want["public"] = true
		}
		for _, role := range strings.Split(text, ", ") {
			if !want[role] {
				t.Errorf("%s %s: openapi.yaml lets %q in, the matrix does not", r[1], r[2], role)
			}
			delete(want, role)
		}
		for role := range want {
			t.Errorf("%s %s: the matrix lets %q in, openapi.yaml says %q", r[1], r[2], role, text)
		}
	}
}

// other reports whether another route of the same method fits the path exactly.
func other(routes [][]string, r []string, path string) bool {
	return slices.ContainsFunc(routes, func(o []string) bool { return o[1] == r[1] && o[2] != r[2] && shape(o[2]) == path })
}

// specified reads who may from openapi.yaml.
func specified(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("../server/httpd/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	path, verb := "", ""
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimRight(line, "\n")
		if m := specPath.FindStringSubmatch(line); m != nil {
			path = shape(m[1])
		} else if m := specVerb.FindStringSubmatch(line); m != nil {
			verb = strings.ToUpper(m[1])
		} else if m := specWho.FindStringSubmatch(line); m != nil {
			out[verb+" "+path] = m[1]
		}
	}
	return out
}

// everyRole fails for a new role until people has one of it.
func everyRole(t *testing.T, people map[access.Role]*Client) {
	t.Helper()
	want := append(append([]access.Role{access.Visitor, access.Audience}, access.LinkRoles[:]...), access.StaffRoles[:]...)
	for _, role := range want {
		c := people[role]
		if c == nil {
			t.Fatalf("nobody is %s", role)
		}
		var me struct{ Role access.Role }
		c.Do("GET", "/v1/me", nil, &me)
		if me.Role != role {
			t.Errorf("the %s is %s", role, me.Role)
		}
	}
	if len(people) != len(want) {
		t.Errorf("%d people, %d roles", len(people), len(want))
	}
}

// heard are the topics, and asked the methods, of a socket.
var (
	heard = map[string][]access.Role{
		"stage/final": anyone, "show/final": anyone, "ballot/b": anyone, "pulse/final": anyone, "danmaku/final": anyone,
		"host/final": firing, "staff/final": desk,
		"host/salon-1": directing, "staff/salon-1": desk, // a link counts in its own session only
		"stage/none": {"nobody"}, "ballot/none": {"nobody"}, "votes/b": {"nobody"}, "": {"nobody"},
	}
	asked = []permission{
		{"", "vote.cast", object{"ballot": "none", "rev": 1}, phones, "vote.unknown_ballot"},
		{"", "danmaku.say", object{"session": "final", "text": ""}, []access.Role{access.Audience, access.Moderator}, "danmaku.off"},
		{"", "stage.command", object{"session": "none", "kind": "blackout"}, directing, "stage.unknown_session"},
		{"", "nothing", object{}, anyone, "wire.unknown_method"},
	}
)

// commands are the matrix's commands of a show.
func commands(t *testing.T) (out []permission) {
	t.Helper()
	var kinds []string
	for _, p := range matrix {
		if p.path == "/v1/stage/final/commands" {
			out = append(out, p)
			kinds = append(kinds, p.body.(object)["kind"].(string))
		}
	}
	for _, kind := range rules.Commands() {
		if !slices.Contains(kinds, kind) {
			t.Errorf("the matrix does not say who may %s", kind)
		}
	}
	return out
}

// told is a command as a socket sends it.
func (p permission) told(session string) object {
	out := maps.Clone(p.body.(object))
	out["session"] = session
	return out
}

// TestPermissionsOfSockets: every topic, every method and every command as every
// role. It is the same table as HTTP's.
func TestPermissionsOfSockets(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.furnish()
	askAllBySocket(t, h)
}

func askAllBySocket(t *testing.T, h *house) {
	t.Helper()
	asked := slices.Clone(asked)
	for _, p := range commands(t) {
		asked = append(asked, permission{"", "stage.command", p.told("final"), p.who, p.says})
	}
	for role, c := range h.people() {
		var out struct{ Ticket string }
		c.Do("POST", "/v1/ws-tickets", object{"as": ""}, &out)
		var refused []string
		ws, err := client.Dial(t.Context(), client.Config{URL: "ws" + strings.TrimPrefix(h.url, "http") + "/ws", Ticket: out.Ticket,
			OnFrame: func(f client.Frame) {
				if f.T == "re" && f.ID == 0 && f.Err != nil {
					topic, _ := f.Err.Args["topic"].(string)
					refused = append(refused, topic)
				}
			}})
		if err != nil {
			t.Fatal(err)
		}
		for topic := range heard {
			if err := ws.Sub(nil, topic); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range asked {
			want := p.says
			if len(p.who) > 0 && !slices.Contains(p.who, role) {
				want = map[bool]string{true: "access.signin", false: "access.forbidden"}[role == access.Visitor]
			}
			got := "ok"
			if err := onceThere(func() error { return ws.Req(t.Context(), p.path, p.body, nil) }); err != nil {
				got = err.Error()
			}
			if got != want {
				t.Errorf("%s %v as %s: %s, want %s", p.path, p.body, role, got, want)
			}
		}
		ws.Close()
		for topic, who := range heard { // all subs were handled before the first answer
			want := len(who) > 0 && !slices.Contains(who, role)
			if got := slices.Contains(refused, topic); got != want {
				t.Errorf("topic %q as %s: refused %v, want %v", topic, role, got, want)
			}
		}
	}
}

// TestCommandsInAnotherShow gives every command as every role in a show that the
// links are not for, through both doors: accounts act there, links do not.
func TestCommandsInAnotherShow(t *testing.T) {
	t.Parallel()
	commandAnotherShow(t, openHouse(t, nil))
}

func commandAnotherShow(t *testing.T, h *house) {
	t.Helper()
	for role, c := range h.people() {
		ws, err := c.socketAs(t.Context(), "", client.Config{})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range commands(t) {
			want := ""
			switch {
			case len(p.who) == 0:
				want = p.says
			case !slices.Contains(p.who, role):
				_, want, _ = strings.Cut(p.refusal(role), " ")
			case slices.Contains(access.LinkRoles[:], role):
				want = "access.other_session"
			}
			_, over, _ := strings.Cut(outcome(onceThere(func() error { return c.Try("POST", "/v1/stage/salon-1/commands", p.body, nil) })), " ")
			through := ""
			if err := onceThere(func() error { return ws.Req(t.Context(), "stage.command", p.told("salon-1"), nil) }); err != nil {
				through = err.Error()
			}
			for door, got := range map[string]string{"HTTP": over, "the socket": through} {
				if got != want && (want != "" || strings.HasPrefix(got, "access.")) {
					t.Errorf("%v as %s by %s: %q, want %q", p.body, role, door, got, want)
				}
			}
		}
		ws.Close()
	}
}

// TestPermissionsWhereTheShowsAreNot asks all of it at a node that passes on what is
// of the shows: each verb, through both doors, in the right show and contest and the
// wrong ones.
func TestPermissionsWhereTheShowsAreNot(t *testing.T) {
	t.Parallel()
	h := openPair(t, func(cfg *node.Config) { cfg.Contests = []string{planFile(t, "JL-2024"), planFile(t, "B")} })
	h.furnish()
	askAllBySocket(t, h)
	commandAnotherShow(t, h)
	askAnotherContest(t, h)
	askAll(t, h) // last: it signs everyone out
}
