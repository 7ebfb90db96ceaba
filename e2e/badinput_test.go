package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hecai/access"
	"hecai/server/node"
)

var errorTexts = sync.OnceValues(func() (out [2]map[string]string, err error) {
	for i, lang := range []string{"zh", "en"} {
		for _, whose := range []string{"errors", "errors-crew", "errors-office"} {
			raw, err := os.ReadFile("../static/i18n/" + whose + "." + lang + ".json")
			if err != nil {
				return out, err
			}
			if err := json.Unmarshal(raw, &out[i]); err != nil { // adds to what is there
				return out, err
			}
		}
	}
	return out, nil
})

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// wantText checks that a code has a text in both languages, and that the answer
// brings what the text names.
func wantText(t testing.TB, code string, args map[string]any) {
	t.Helper()
	texts, err := errorTexts()
	if err != nil {
		t.Fatal(err)
	}
	for i, lang := range []string{"Chinese", "English"} {
		line := texts[i][code]
		if line == "" {
			t.Errorf("%s has no text in %s", code, lang)
		}
		for _, m := range placeholder.FindAllStringSubmatch(line, -1) {
			name := m[1]
			if name == "seconds" { // as pages tell the wait
				name = "retryAfter"
			}
			if _, ok := args[name]; !ok {
				t.Errorf("%s in %s names {%s}, the answer brings %v", code, lang, m[1], args)
			}
		}
	}
}

// refusedWith checks a refusal's code and that it can be told.
func refusedWith(t testing.TB, what, code string, err error) {
	t.Helper()
	e, ok := err.(*apiError)
	if !ok || e.Code != code {
		t.Errorf("%s: %v, want refusal %s", what, err, code)
		return
	}
	wantText(t, code, e.Args)
}

// poll is a house with an open ballot, and a count of the good votes that prove
// that the server goes on.
type poll struct {
	*house
	entries []string
	voters  int
}

func openPoll(t *testing.T, set func(*node.Config)) *poll {
	h := openHouse(t, set)
	return &poll{house: h, entries: h.ballot("b", 6, object{"window": "ballot", "max": 2, "change": true})}
}

// goesOn casts a good vote and checks that all good votes are counted.
func (p *poll) goesOn(after string) {
	p.t.Helper()
	if err := p.phone().Try("POST", "/v1/votes", object{"ballot": "b", "rev": 1, "choice": p.entries[:1]}, nil); err != nil {
		p.t.Fatalf("after %s a good vote is refused: %v", after, err)
	}
	p.voters++
	var again struct {
		Equal  bool
		Voters int
	}
	p.org.Do("GET", "/v1/admin/ballots/b/recount", nil, &again)
	if !again.Equal || again.Voters != p.voters {
		p.t.Fatalf("after %s: %+v, want %d voters", after, again, p.voters)
	}
}

// TestBadFrames sends what no page sends over the socket. Each ends with its
// close code or is answered with its stable code, and the votes go on.
func TestBadFrames(t *testing.T) {
	t.Parallel()
	p := openPoll(t, nil)
	var spent struct{ Ticket string }
	p.phone().Do("POST", "/v1/ws-tickets", object{}, &spent)
	first := rawDial(t, p.url)
	first.send(text(`{"t":"auth","ticket":"` + spent.Ticket + `"}`))
	if got := first.next(); got != "hello" {
		t.Fatalf("a ticket gives %s", got)
	}
	long := strings.Repeat("x", 5000)

	for _, tt := range []struct {
		name, want string
		frame      []byte
	}{
		{"no JSON", "4500", text("hello")},
		{"nothing", "4500", text("")},
		{"null", "4500", text("null")},
		{"a list", "4500", text("[]")},
		{"not UTF-8", "4500", text("\xff\xfe")},
		{"binary", "4500", rawFrame(0x82, `{"t":"auth"}`)},
		{"another type", "4500", text(`{"t":"sub","k":["stage/final"]}`)},
		{"a type that is a number", "4500", text(`{"t":1}`)},
		{"too large", "4504", text(`{"t":"auth","ticket":"` + long + `"}`)},
		{"a megabyte", "4504", text(strings.Repeat("x", 1<<20))},
		{"no ticket", "4502", text(`{"t":"auth"}`)},
		{"a wrong ticket", "4502", text(`{"t":"auth","ticket":"x"}`)},
		{"a spent ticket", "4502", text(`{"t":"auth","ticket":"` + spent.Ticket + `"}`)},
		{"not masked", "1002", []byte{0x81, 2, '{', '}'}},
		{"an unknown opcode", "1002", rawFrame(0x83, "{}")},
		{"a reserved bit", "1002", rawFrame(0xC1, "{}")},
		{"a ping in pieces", "1002", rawFrame(0x09, "{}")},
	} {
		s := rawDial(t, p.url)
		s.send(tt.frame)
		if got := s.next(); got != tt.want {
			t.Errorf("first frame, %s: %s, want %s", tt.name, got, tt.want)
		}
	}
	p.goesOn("bad first frames")

	late := rawDial(t, p.url)
	for _, tt := range []struct {
		name, want string
		frame      []byte
	}{
		{"no JSON", "4500", text("{")},
		{"binary", "4500", rawFrame(0x82, "{}")},
		{"too large", "4504", text(`{"t":"req","id":1,"m":"vote.cast","d":"` + long + `"}`)},
		{"too large in pieces", "4504", append(rawFrame(0x01, long[:3000]), rawFrame(0x80, long[:3000])...)},
		{"not masked", "1002", []byte{0x81, 2, '{', '}'}},
		{"a piece of nothing", "1002", rawFrame(0x80, "{}")},
		{"a text inside a text", "1002", append(rawFrame(0x01, "{"), text("{}")...)},
		{"no type", "wire.unknown_type", text("{}")},
		{"an unknown type", "wire.unknown_type", text(`{"t":"dance","id":1}`)},
		{"auth again", "wire.unknown_type", text(`{"t":"auth","ticket":"x"}`)},
		{"topics that are no list", "wire.malformed", text(`{"t":"sub","k":"stage/final"}`)},
		{"a topic that is a number", "wire.malformed", text(`{"t":"sub","k":[1]}`)},
		{"a long topic", "wire.malformed", text(`{"t":"sub","k":["` + long[:200] + `"]}`)},
		{"many topics", "wire.too_many_topics", text(`{"t":"sub","k":["a"` + strings.Repeat(`,"a"`, 40) + `]}`)},
		{"an unknown topic", "wire.topic", text(`{"t":"sub","k":["votes/b"]}`)},
		{"an unknown method", "wire.unknown_method", text(`{"t":"req","id":1,"m":"dance"}`)},
		{"a body that is missing", "wire.malformed", text(`{"t":"req","id":1,"m":"vote.cast"}`)},
		{"a body of another form", "wire.malformed", text(`{"t":"req","id":1,"m":"vote.cast","d":[1]}`)},
		{"a field of another form", "wire.malformed", text(`{"t":"req","id":1,"m":"vote.cast","d":{"ballot":"b","rev":"one"}}`)},
		{"an unknown ballot", "vote.unknown_ballot", text(`{"t":"req","id":1,"m":"vote.cast","d":{"ballot":"none","rev":1}}`)},
		{"a null body", "vote.unknown_ballot", text(`{"t":"req","id":1,"m":"vote.cast","d":null}`)},
		{"a flood", "access.too_fast", bytes.Repeat(text(`{"t":"seen","k":"stage/final"}`), 90)},
	} {
		s := p.phone().rawSocket()
		s.send(tt.frame)
		if got := s.next(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		if strings.Contains(tt.want, ".") {
			s.goesOn(t, tt.name, tt.want)
		}
	}
	p.goesOn("bad frames")
	if got := late.next(); got != "4501" {
		t.Errorf("silence: %s, want 4501", got)
	}
	p.goesOn("silence")
}

// goesOn checks that a socket still answers after a refusal, which may have come
// many times.
func (s *rawSocket) goesOn(t *testing.T, after, refusal string) {
	t.Helper()
	if refusal == "access.too_fast" {
		time.Sleep(time.Second)
	}
	s.send(text(`{"t":"req","id":9,"m":"dance"}`))
	got := refusal
	for got == refusal && refusal != "wire.unknown_method" {
		got = s.next()
	}
	if got != "wire.unknown_method" {
		t.Errorf("after %s the socket says %s", after, got)
	}
}

// TestBadBodies sends bodies that are too large or no JSON.
func TestBadBodies(t *testing.T) {
	t.Parallel()
	p := openPoll(t, nil)
	phone := p.phone()
	long := strings.Repeat("x", 70<<10)
	for _, tt := range []struct{ name, kind, body, code string }{
		{"no JSON", "application/json", "{", "http.malformed"},
		{"nothing", "application/json", "", "http.malformed"},
		{"a list", "application/json", "[]", "http.malformed"},
		{"two values", "application/json", "{} {}", "http.malformed"},
		{"text behind", "application/json", "{}x", "http.malformed"},
		{"a field of another form", "application/json", `{"ballot":1}`, "http.malformed"},
		{"a revision that is no integer", "application/json", `{"ballot":"b","rev":1.5}`, "http.malformed"},
		{"a revision out of range", "application/json", `{"ballot":"b","rev":99999999999999999999}`, "http.malformed"},
		{"a form", "application/x-www-form-urlencoded", "ballot=b", "http.malformed"},
		{"no content type", "", "{}", "http.malformed"},
		{"too large", "application/json", `{"ballot":"` + long + `"}`, "http.too_large"},
		{"too deep", "application/json", `{"x":` + strings.Repeat("[", 60<<10) + `}`, "http.malformed"},
		{"null", "application/json", "null", "vote.unknown_ballot"},
	} {
		refusedWith(t, tt.name, tt.code, phone.raw("POST", "/v1/votes", tt.kind, strings.NewReader(tt.body), nil))
		// Without a length in the header, so that it is noticed while reading.
		refusedWith(t, tt.name+", in chunks", tt.code, phone.raw("POST", "/v1/votes", tt.kind, io.MultiReader(strings.NewReader(tt.body)), nil))
	}
	big := strings.Repeat("x", 9<<20)
	for _, path := range []string{"/v1/admin/entries", "/v1/admin/rundown/final"} {
		method := map[bool]string{true: "PUT", false: "POST"}[strings.Contains(path, "rundown")]
		refusedWith(t, path, "http.too_large", p.org.raw(method, path, "application/json", strings.NewReader(`"`+big+`"`), nil))
	}
	refusedWith(t, "a large sheet", "http.too_large", p.org.upload("/v1/admin/entries/import", "x.csv", big, nil))
	req, err := http.NewRequest("GET", p.url+"/v1/time", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Long", long)
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a header of 70 KiB: %s", resp.Status)
	}
	p.goesOn("bad bodies")
}

// raw is Try with a body as it is.
func (c *Client) raw(method, path, kind string, body io.Reader, out any) error {
	req, err := http.NewRequest(method, c.url+path, body)
	if err != nil {
		return err
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if c.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		var e struct {
			Error struct {
				Code string
				Args map[string]any
			}
		}
		json.Unmarshal(raw, &e)
		return &apiError{Status: resp.StatusCode, Code: e.Error.Code, Args: e.Error.Args}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(raw, out)
}

// upload sends a file as the organiser's page does.
func (c *Client) upload(path, name, content string, out any) error {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		return err
	}
	io.WriteString(part, content)
	w.Close()
	return c.raw("POST", path, w.FormDataContentType(), &b, out)
}

// TestBadVotes casts votes that must not count.
func TestBadVotes(t *testing.T) {
	t.Parallel()
	p := openPoll(t, nil)
	for _, id := range []string{"armed", "closed", "ticketed"} {
		level := map[bool]int{true: 2}[id == "ticketed"]
		p.org.Do("POST", "/v1/admin/ballots", object{"id": id, "title": "示例选票", "session": "final", "entries": p.entries[:3],
			"visibility": "hidden", "level": level, "quota": object{"window": "ballot", "max": 3, "min": 2, "perTrack": 1}}, nil)
	}
	for _, id := range []string{"closed", "ticketed"} {
		p.org.Do("POST", "/v1/admin/ballots/"+id+"/open", object{"seconds": 0}, nil)
	}
	p.org.Do("POST", "/v1/admin/ballots/closed/close", object{}, nil)
	e := p.entries
	phone := p.phone()
	phone.Do("POST", "/v1/votes", object{"ballot": "b", "rev": 5, "choice": e[:1]}, nil)
	p.voters++
	for _, tt := range []struct {
		name, code string
		vote       object
	}{
		{"an unknown ballot", "vote.unknown_ballot", object{"ballot": "none", "rev": 1, "choice": e[:1]}},
		{"a ballot with a strange id", "text.control_character", object{"ballot": "../b\x00", "rev": 1, "choice": e[:1]}},
		{"an armed ballot", "vote.not_open", object{"ballot": "armed", "rev": 1, "choice": e[:2]}},
		{"a closed ballot", "vote.closed", object{"ballot": "closed", "rev": 1, "choice": e[:2]}},
		{"a ballot for tickets", "vote.level", object{"ballot": "ticketed", "rev": 1, "choice": e[:2]}},
		{"an entry of another ballot", "vote.unknown_entry", object{"ballot": "armed", "rev": 1, "choice": e[4:5]}},
		{"an unknown entry", "vote.unknown_entry", object{"ballot": "b", "rev": 6, "choice": []string{"none"}}},
		{"too many picks", "vote.quota", object{"ballot": "b", "rev": 6, "choice": e[:3]}},
		{"no picks", "vote.empty", object{"ballot": "b", "rev": 6, "choice": []string{}}},
		{"one entry twice", "vote.per_entry", object{"ballot": "b", "rev": 6, "choice": []string{e[0], e[0]}}},
		{"an older revision", "vote.rev_stale", object{"ballot": "b", "rev": 4, "choice": e[:1]}},
		{"the same revision with another choice", "vote.rev_conflict", object{"ballot": "b", "rev": 5, "choice": e[1:2]}},
		{"revision nought", "vote.bad_rev", object{"ballot": "b", "rev": 0, "choice": e[:1]}},
		{"a revision below nought", "vote.bad_rev", object{"ballot": "b", "rev": -1, "choice": e[:1]}},
		{"a salt that is no hex", "vote.bad_salt", object{"ballot": "b", "rev": 6, "choice": e[:1], "salt": "xyz"}},
		{"a long salt", "vote.bad_salt", object{"ballot": "b", "rev": 6, "choice": e[:1], "salt": strings.Repeat("a", 66)}},
		{"another round", "vote.closed", object{"ballot": "b", "rev": 6, "choice": e[:1], "round": 9}},
	} {
		refusedWith(t, tt.name, tt.code, phone.Try("POST", "/v1/votes", tt.vote, nil))
		time.Sleep(200 * time.Millisecond) // five a second are taken
	}
	var mine mine
	phone.Do("GET", "/v1/votes/mine?ballot=b", nil, &mine)
	if mine.Rev != 5 || !slices.Equal(mine.Choice, e[:1]) {
		t.Errorf("after the bad votes the phone holds %+v", mine)
	}
	p.goesOn("bad votes")

	// Several at a time: a machine that takes longer than the fifth of a second
	// that a vote is owed would never see a flood from one hand.
	fast := p.phone()
	flood := make(chan error, 100)
	for range cap(flood) {
		go func() { flood <- fast.Try("POST", "/v1/votes", object{"ballot": "none", "rev": 1}, nil) }()
	}
	var err error
	for range cap(flood) {
		if got := <-flood; err == nil || strings.Contains(got.Error(), "access.too_fast") {
			err = got
		}
	}
	refusedWith(t, "a flood of votes", "access.too_fast", err)
	p.goesOn("a flood")
}

// TestUnknownIDs asks for what is not there.
func TestUnknownIDs(t *testing.T) {
	t.Parallel()
	p := openPoll(t, nil)
	judge := p.holder(access.Judge, "nobody", "final")
	var show struct{ Rev int64 }
	p.org.Do("GET", "/v1/stage/final/desk", nil, &show)
	rev := show.Rev
	for _, tt := range []struct {
		who                *Client
		method, path, code string
		body               any
	}{
		{p.org, "GET", "/v1/none", "http.not_found", nil},
		{p.org, "PATCH", "/v1/votes", "http.method", object{}},
		{p.org, "GET", "/v1/ballots/none", "vote.unknown_ballot", nil},
		{p.org, "GET", "/v1/ballots/b/proof?leaf=zz", "vote.no_receipt", nil},
		{p.org, "GET", "/v1/ballots/b/proof?leaf=" + strings.Repeat("00", 32), "vote.proof_later", nil},
		{p.phone(), "GET", "/v1/votes/mine?ballot=none", "vote.unknown_ballot", nil},
		{p.org, "GET", "/v1/stage/none", "stage.unknown_session", nil},
		{p.org, "GET", "/v1/stage/none/facts", "stage.unknown_session", nil},
		{p.org, "GET", "/v1/stage/none/desk", "stage.unknown_session", nil},
		{p.org, "POST", "/v1/stage/none/commands", "stage.unknown_session", object{"kind": "next"}},
		{p.org, "POST", "/v1/stage/final/commands", "stage.unknown_cue", object{"kind": "arm", "cue": "none", "rev": rev}},
		{p.org, "POST", "/v1/stage/final/commands", "stage.stale_rev", object{"kind": "next", "rev": 99}},
		{p.org, "POST", "/v1/stage/final/commands", "stage.no_timer", object{"kind": "timer_add", "seconds": 5}},
		{p.org, "POST", "/v1/stage/final/commands", "stage.text", object{"kind": "notice", "text": strings.Repeat("长", 121)}},
		{p.org, "POST", "/v1/stage/final/commands", "stage.camera", object{"kind": "camera"}},
		{p.org, "POST", "/v1/stage/final/commands", "stream.no_camera", object{"kind": "camera", "name": "none"}},
		{p.phone(), "POST", "/v1/danmaku/none", "stage.unknown_session", object{"text": "示例"}},
		{p.org, "POST", "/v1/danmaku/final/none/approve", "danmaku.unknown", nil},
		{p.org, "POST", "/v1/danmaku/final/none/dance", "danmaku.verdict", nil},
		{judge, "PUT", "/v1/judge/sheets/none", "sheet.not_on_panel", object{}},
		{judge, "PUT", "/v1/judge/sheets/E01", "sheet.not_on_panel", object{}},
		{p.org, "POST", "/v1/admin/ballots/none/open", "vote.unknown_ballot", object{}},
		{p.org, "POST", "/v1/admin/ballots/b/open", "ballot.open", object{}},
		{p.org, "POST", "/v1/admin/ballots/b/open", "vote.duration", object{"seconds": -1}},
		{p.org, "GET", "/v1/admin/ballots/none/recount", "vote.unknown_ballot", nil},
		{p.org, "POST", "/v1/admin/ballots", "vote.ballot_frozen", object{"id": "b", "session": "final", "title": "示例", "visibility": "live",
			"quota": object{"window": "ballot", "max": 1}}},
		{p.org, "POST", "/v1/admin/ballots", "ballot.level", object{"id": "c", "session": "final", "title": "示例", "visibility": "live", "level": 1,
			"quota": object{"window": "ballot", "max": 1}}},
		{p.org, "POST", "/v1/admin/ballots", "entry.not_qualified", object{"id": "c", "session": "final", "entries": []string{"none"}}},
		{p.org, "DELETE", "/v1/admin/links/none", "store.none", nil},
		{p.org, "POST", "/v1/admin/links", "access.role", object{"role": "organiser", "name": "x", "session": "final"}},
		{p.org, "POST", "/v1/admin/links", "access.name", object{"role": "host", "name": "", "session": "final"}},
		{p.org, "POST", "/v1/admin/tickets", "access.ticket_count", object{"count": 20001}},
		{p.org, "POST", "/v1/admin/cameras", "stream.camera_name", object{"session": "final", "name": "a b"}},
		{p.org, "GET", "/v1/admin/rundown/none", "store.none", nil},
		{p.org, "PUT", "/v1/admin/rundown/none", "stage.unknown_session", object{"session": "none", "title": "x", "cues": []any{}}},
		{p.org, "GET", "/qr.svg?path=//evil.example", "http.qr", nil},
		{p.org, "GET", "/qr.svg?path=" + strings.Repeat("/", 400), "http.qr", nil},
	} {
		refusedWith(t, fmt.Sprint(tt.method, " ", tt.path, " ", tt.body), tt.code, tt.who.Try(tt.method, tt.path, tt.body, nil))
	}
	p.goesOn("unknown ids")
}

// TestBadTokens tries tokens that are wrong, spent, late or another's.
func TestBadTokens(t *testing.T) {
	t.Parallel()
	clock := &stillClock{}
	clock.ms.Store(time.Now().UnixMilli())
	p := openPoll(t, func(c *node.Config) { c.Now = clock.now })
	link := func(path, token, code string) {
		t.Helper()
		body := object{"token": token, "name": "示例", "password": "a long password"}
		refusedWith(t, path, code, p.client().Try("POST", path, body, nil))
	}
	link("/v1/setup", "wrong", "access.link_spent")
	link("/v1/signin/link", "wrong", "access.link_spent")
	link("/v1/signin/link", p.links[access.Organiser], "access.link_spent") // spent by the house
	refusedWith(t, "a wrong password", "access.credentials", p.client().Try("POST", "/v1/signin", object{"name": "示例 organiser", "password": "x"}, nil))

	var made struct{ Codes []string }
	p.org.Do("POST", "/v1/admin/tickets", object{"count": 1}, &made)
	one, two := p.phone(), p.phone()
	one.Do("POST", "/v1/tickets/redeem", object{"code": made.Codes[0]}, nil)
	one.Do("POST", "/v1/tickets/redeem", object{"code": strings.ToLower(made.Codes[0])}, nil)
	refusedWith(t, "another's ticket", "access.ticket_used", two.Try("POST", "/v1/tickets/redeem", object{"code": made.Codes[0]}, nil))
	refusedWith(t, "a wrong ticket", "access.ticket_unknown", two.Try("POST", "/v1/tickets/redeem", object{"code": "ABC"}, nil))

	var ticket struct{ Ticket string }
	one.Do("POST", "/v1/ws-tickets", object{}, &ticket)
	clock.ms.Add(61_000)
	s := rawDial(t, p.url)
	s.send(text(`{"t":"auth","ticket":"` + ticket.Ticket + `"}`))
	if got := s.next(); got != "4502" {
		t.Errorf("a late socket ticket: %s, want 4502", got)
	}
	clock.ms.Add(13 * time.Hour.Milliseconds())
	link("/v1/signin/link", p.unused, "access.link_spent") // it was good for an hour
	refusedWith(t, "a session idle for 13 h", "access.signin", p.staff[access.Director].Try("GET", "/v1/stage/final/desk", nil, nil))
	if err := one.Try("GET", "/v1/votes/mine?ballot=b", nil, nil); err != nil {
		t.Errorf("a phone is forgotten overnight: %v", err)
	}
}

// TestBadOffers sends broken SDP to WHIP and WHEP.
func TestBadOffers(t *testing.T) {
	t.Parallel()
	p := openPoll(t, nil)
	cam := p.holder(access.Broadcaster, "cam", "final")
	p.org.Do("POST", "/v1/admin/cameras", object{"session": "final", "name": "cam", "label": "示例机位"}, nil)
	const start = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
	const ice = "c=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\na=mid:0\r\na=rtcp-mux\r\n" +
		"a=fingerprint:sha-256 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00\r\n"
	for _, tt := range []struct{ name, kind, offer, code string }{
		{"nothing", "application/sdp", "", "stream.bad_sdp"},
		{"words", "application/sdp", "hello", "stream.bad_sdp"},
		{"bytes", "application/sdp", "\x00\xff\xfe", "stream.bad_sdp"},
		{"cut short", "application/sdp", start[:20], "stream.bad_sdp"},
		{"no media", "application/sdp", start, "stream.bad_sdp"},
		{"no codec of ours", "application/sdp", start + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" + ice + "a=sendrecv\r\na=rtpmap:96 none/90000\r\n", "stream.codec"},
		{"no ICE", "application/sdp", start + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=sendrecv\r\na=rtpmap:96 H264/90000\r\n", "stream.bad_sdp"},
		{"too large", "application/sdp", start + strings.Repeat("a=x\r\n", 20000), "stream.too_large"},
		{"JSON", "application/json", "{}", "stream.media_type"},
		{"no type", "", start, "stream.media_type"},
	} {
		code := tt.code
		if code == "stream.codec" { // a publisher is told which
			code = "stream.need_h264"
		}
		refusedWith(t, "WHIP, "+tt.name, code, cam.raw("POST", "/whip/final/cam", tt.kind, strings.NewReader(tt.offer), nil))
		refusedWith(t, "WHEP, "+tt.name, tt.code, p.client().raw("POST", "/whep/final", tt.kind, strings.NewReader(tt.offer), nil))
	}
	other := p.holder(access.Broadcaster, "none", "final")
	refusedWith(t, "WHIP, no slot", "stream.no_camera", other.raw("POST", "/whip/final/none", "application/sdp", strings.NewReader(start), nil))
	refusedWith(t, "WHEP, no session", "stage.unknown_session", other.raw("POST", "/whep/none", "application/sdp", strings.NewReader(start), nil))
	refusedWith(t, "PATCH", "stream.not_found", cam.raw("PATCH", "/whip/r/none", "application/trickle-ice-sdpfrag", strings.NewReader("x"), nil))
	refusedWith(t, "DELETE", "stream.not_found", cam.raw("DELETE", "/whep/r/none", "", nil, nil))
	refusedWith(t, "PUT", "stream.method", cam.raw("PUT", "/whip/final/cam", "", nil, nil))
	p.goesOn("bad offers")
}
