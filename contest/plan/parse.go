// Package plan reads a contest's plan file: it refuses what can't be run, by path
// and line, and warns of what contradicts itself. What belongs to one edition of
// the contest is data in such a file.
package plan

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"hecai/contest"
	"hecai/strict"
)

// The bounds of a plan, in runes and items.
const (
	maxName  = 80
	maxText  = 4000
	maxItems = 200
)

var mobileForm = regexp.MustCompile(`(^|\D)1[3-9]\d{9}(\D|$)`)

// form bounds a plan file; the largest real one is under 100 kB.
var form = strict.Form{Bytes: 1 << 20, Depth: 32, Items: maxItems, Problems: 1000}

// Parse reads a plan file. A file with any fault is refused whole: then the
// plan is nil and every fault is listed, by line.
func Parse(data []byte) (*contest.Plan, []strict.Problem) {
	plan := new(contest.Plan)
	report, whole := strict.Read(data, plan, form)
	if whole {
		(&checker{report, plan}).check()
	}
	if problems := report.Problems(); len(problems) > 0 {
		return nil, problems
	}
	return plan, nil
}

// A checker finds what the shape of a file can't show.
type checker struct {
	*strict.Report
	plan *contest.Plan
}

func (c *checker) check() {
	p := c.plan
	c.id("code", p.Code)
	c.name("name", p.Name, true)
	c.name("shortName", p.ShortName, true)
	c.name("theme", p.Theme, true)
	c.name("city", p.City, true)
	c.text("basis", p.Basis, false)
	c.text("awardNote", p.AwardNote, false)
	if _, ok := contest.ZoneOffset(p.Timezone); !ok {
		c.Add("timezone", "plan.timezone", "value", strict.Clip(p.Timezone))
	}
	c.span("", p.From, p.To)
	c.bodies()
	c.rules()
	c.venues()
	c.phases()
	c.events()
	c.tracks()
	c.criteria()
	c.awards()
	c.scoring()
	c.defaults()
	c.contacts()
}

func (c *checker) bodies() {
	c.count("bodies", len(c.plan.Bodies), 1)
	hosts := 0
	for i, b := range c.plan.Bodies {
		path := strict.Index("bodies", i)
		c.oneOf(path+".role", string(b.Role), string(contest.RoleGuide), string(contest.RoleHost), string(contest.RoleExecutor), string(contest.RoleJury))
		c.name(path+".name", b.Name, true)
		c.text(path+".note", b.Note, false)
		if b.Role == contest.RoleHost {
			hosts++
		}
	}
	if hosts == 0 && len(c.plan.Bodies) > 0 {
		c.Add("bodies", "plan.no_host")
	}
	unique(c, "bodies", "name", c.plan.Bodies, func(b contest.Body) string { return string(b.Role) + " " + b.Name })
}

func (c *checker) rules() {
	c.count("rules", len(c.plan.Rules), 0)
	next := make(map[string]int)
	for i, r := range c.plan.Rules {
		path := strict.Index("rules", i)
		c.name(path+".group", r.Group, true)
		c.text(path+".text", r.Text, true)
		next[r.Group]++
		c.dense(path+".no", r.No, next[r.Group])
	}
}

func (c *checker) venues() {
	c.count("venues", len(c.plan.Venues), 1)
	for i, v := range c.plan.Venues {
		path := strict.Index("venues", i)
		c.id(path+".id", string(v.ID))
		c.name(path+".name", v.Name, true)
	}
	unique(c, "venues", "id", c.plan.Venues, func(v contest.Venue) string { return string(v.ID) })
}

func (c *checker) phases() {
	c.count("phases", len(c.plan.Phases), 1)
	for i, ph := range c.plan.Phases {
		path := strict.Index("phases", i)
		c.id(path+".id", ph.ID)
		c.oneOf(path+".kind", ph.Kind, contest.PhaseRegistration, contest.PhasePrelim, contest.PhaseFinal, contest.PhaseCeremony)
		c.name(path+".title", ph.Title, true)
		c.span(path, ph.From, ph.To)
		c.inSeason(path+".from", ph.From)
		c.inSeason(path+".to", ph.To)
		c.venueRef(path+".place", ph.Place, false)
		c.name(path+".form", ph.Form, false)
		c.name(path+".weekday", ph.Weekday, false)
		c.text(path+".text", ph.Text, true)
	}
	unique(c, "phases", "id", c.plan.Phases, func(p contest.Phase) string { return p.ID })
}

func (c *checker) events() {
	c.count("events", len(c.plan.Events), 0)
	for i, e := range c.plan.Events {
		path := strict.Index("events", i)
		c.id(path+".id", e.ID)
		c.oneOf(path+".kind", e.Kind, contest.EventSalon, contest.EventRoadshow, contest.EventCeremony)
		c.name(path+".title", e.Title, true)
		if c.date(path+".date", e.Date) {
			c.inSeason(path+".date", e.Date)
		}
		c.venueRef(path+".venue", e.Venue, true)
		c.name(path+".theme", e.Theme, false)
		c.name(path+".weekday", e.Weekday, false)
		c.text(path+".audience", e.Audience, false)
		c.name(path+".form", e.Form, false)
	}
	unique(c, "events", "id", c.plan.Events, func(e contest.Event) string { return e.ID })
}

func (c *checker) tracks() {
	c.count("tracks", len(c.plan.Tracks), 1)
	for i, t := range c.plan.Tracks {
		path := strict.Index("tracks", i)
		c.id(path+".id", string(t.ID))
		c.dense(path+".no", t.No, i+1)
		c.name(path+".name", t.Name, true)
		c.name(path+".short", t.Short, true)
		c.text(path+".summary", t.Summary, false)
		c.count(path+".directions", len(t.Directions), 1)
		for j, d := range t.Directions {
			sub := strict.Index(path+".directions", j)
			c.dense(sub+".no", d.No, j+1)
			c.name(sub+".title", d.Title, true)
			c.text(sub+".text", d.Text, false)
		}
	}
	unique(c, "tracks", "id", c.plan.Tracks, func(t contest.Track) string { return string(t.ID) })
	unique(c, "tracks", "short", c.plan.Tracks, func(t contest.Track) string { return t.Short })
}

func (c *checker) contacts() {
	c.count("contacts", len(c.plan.Contacts), 0)
	for i, k := range c.plan.Contacts {
		path := strict.Index("contacts", i)
		c.name(path+".office", k.Office, true)
		c.name(path+".phone", k.Phone, true)
		if mobileForm.MatchString(k.Phone) {
			c.Add(path+".phone", "plan.mobile")
		}
	}
}

func (c *checker) words(path, s string, required bool, most int) {
	switch {
	case required && strings.TrimSpace(s) == "":
		if !c.Told(path) {
			c.Add(path, "plan.required")
		}
	case utf8.RuneCountInString(s) > most:
		c.Add(path, "plan.too_long", "max", most, "got", utf8.RuneCountInString(s))
	case !contest.Legible(s):
		c.Add(path, "plan.control_character")
	}
}

func (c *checker) name(path, s string, required bool) { c.words(path, s, required, maxName) }
func (c *checker) text(path, s string, required bool) { c.words(path, s, required, maxText) }

func (c *checker) id(path, s string) {
	switch {
	case c.Told(path):
	case s == "":
		c.Add(path, "plan.required")
	case !contest.ValidID(s):
		c.Add(path, "plan.bad_id", "value", strict.Clip(s))
	}
}

func (c *checker) date(path string, d contest.Date) bool {
	switch {
	case d.Valid():
		return true
	case c.Told(path):
	case d == "":
		c.Add(path, "plan.required")
	default:
		c.Add(path, "plan.bad_date", "value", strict.Clip(string(d)))
	}
	return false
}

func (c *checker) span(path string, from, to contest.Date) {
	okFrom, okTo := c.date(strict.Join(path, "from"), from), c.date(strict.Join(path, "to"), to)
	if okFrom && okTo && to < from {
		c.Add(strict.Join(path, "to"), "plan.date_order", "from", string(from), "to", string(to))
	}
}

// inSeason refuses dates outside the contest's own first and last day.
func (c *checker) inSeason(path string, d contest.Date) {
	p := c.plan
	if d.Valid() && p.From.Valid() && p.To.Valid() && (d < p.From || d > p.To) {
		c.Add(path, "plan.out_of_season", "value", string(d), "from", string(p.From), "to", string(p.To))
	}
}

func (c *checker) venueRef(path string, id contest.VenueID, required bool) {
	if id == "" {
		if required && !c.Told(path) {
			c.Add(path, "plan.required")
		}
		return
	}
	if _, ok := c.plan.Venue(id); !ok {
		c.Add(path, "plan.unknown_venue", "value", strict.Clip(string(id)))
	}
}

func (c *checker) oneOf(path, s string, allowed ...string) {
	if !slices.Contains(allowed, s) && !c.Told(path) {
		c.Add(path, "plan.choice", "value", strict.Clip(s), "allowed", strings.Join(allowed, ", "))
	}
}

func (c *checker) within(path string, n, low, high int) {
	if (n < low || n > high) && !c.Told(path) {
		c.Add(path, "plan.range", "got", n, "min", low, "max", high)
	}
}

func (c *checker) dense(path string, got, want int) {
	if got != want && !c.Told(path) {
		c.Add(path, "plan.not_dense", "got", got, "want", want)
	}
}

func (c *checker) count(path string, n, low int) {
	if n < low && !c.Told(path) {
		c.Add(path, "plan.required")
	}
}

// unique refuses a second item with the same non-empty key, as Fold makes it.
func unique[T any](c *checker, path, field string, items []T, key func(T) string) {
	first := make(map[string]int, len(items))
	for i, item := range items {
		k := contest.Fold(key(item))
		if k == "" {
			continue
		}
		if j, dup := first[k]; dup {
			c.Add(strict.Index(path, i)+"."+field, "plan.duplicate", "value", strict.Clip(key(item)), "first", strict.Index(path, j))
			continue
		}
		first[k] = i
	}
}
