package contest

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The bounds of a plan, in runes and items.
const (
	maxName  = 80
	maxText  = 4000
	maxItems = 200
)

var (
	// idForm is the form of every id: it is safe in a URL path, a topic and a
	// file name.
	idForm     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,31}$`)
	mobileForm = regexp.MustCompile(`(^|\D)1[3-9]\d{9}(\D|$)`)
)

// ValidID reports whether s can be an id: 1..32 letters, digits and hyphens,
// the first no hyphen.
func ValidID(s string) bool { return idForm.MatchString(s) }

// Error tells the problem in one line, for a terminal: path, line and code with
// its arguments. Pages translate the code instead.
func (p Problem) Error() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", p.Line)
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Code)
	keys := make([]string, 0, len(p.Args))
	for k := range p.Args {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for i, k := range keys {
		sep := ", "
		if i == 0 {
			sep = " ("
		}
		fmt.Fprintf(&b, "%s%s %v", sep, k, p.Args[k])
	}
	if len(keys) > 0 {
		b.WriteByte(')')
	}
	return b.String()
}

// ParsePlan reads a plan file. A file with any fault is refused whole: then the
// plan is nil and every fault is listed, by line.
func ParsePlan(data []byte) (*Plan, []Problem) {
	root, fault := readTree(data)
	if fault != nil {
		return nil, []Problem{*fault}
	}
	plan := new(Plan)
	c := &checker{decoder: decoder{told: make(map[string]bool), lines: make(map[string]int)}, plan: plan}
	c.decode(root, reflect.ValueOf(plan).Elem(), "")
	if root.kind == "object" {
		c.check()
	}
	if len(c.problems) > 0 {
		slices.SortStableFunc(c.problems, func(a, b Problem) int { return a.Line - b.Line })
		return nil, c.problems
	}
	return plan, nil
}

// A checker finds what the shape of a file can't show.
type checker struct {
	decoder
	plan *Plan
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
	if _, ok := zoneOffset(p.Timezone); !ok {
		c.problem("timezone", "plan.timezone", "value", clip(p.Timezone))
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
		path := index("bodies", i)
		c.oneOf(path+".role", string(b.Role), string(RoleGuide), string(RoleHost), string(RoleExecutor), string(RoleJury))
		c.name(path+".name", b.Name, true)
		c.text(path+".note", b.Note, false)
		if b.Role == RoleHost {
			hosts++
		}
	}
	if hosts == 0 && len(c.plan.Bodies) > 0 {
		c.problem("bodies", "plan.no_host")
	}
	unique(c, "bodies", "name", c.plan.Bodies, func(b Body) string { return string(b.Role) + " " + b.Name })
}

func (c *checker) rules() {
	c.count("rules", len(c.plan.Rules), 0)
	next := make(map[string]int)
	for i, r := range c.plan.Rules {
		path := index("rules", i)
		c.name(path+".group", r.Group, true)
		c.text(path+".text", r.Text, true)
		next[r.Group]++
		c.dense(path+".no", r.No, next[r.Group])
	}
}

func (c *checker) venues() {
	c.count("venues", len(c.plan.Venues), 1)
	for i, v := range c.plan.Venues {
		path := index("venues", i)
		c.id(path+".id", string(v.ID))
		c.name(path+".name", v.Name, true)
	}
	unique(c, "venues", "id", c.plan.Venues, func(v Venue) string { return string(v.ID) })
}

func (c *checker) phases() {
	c.count("phases", len(c.plan.Phases), 1)
	for i, ph := range c.plan.Phases {
		path := index("phases", i)
		c.id(path+".id", ph.ID)
		c.oneOf(path+".kind", ph.Kind, PhaseRegistration, PhasePrelim, PhaseFinal, PhaseCeremony)
		c.name(path+".title", ph.Title, true)
		c.span(path, ph.From, ph.To)
		c.inSeason(path+".from", ph.From)
		c.inSeason(path+".to", ph.To)
		c.venueRef(path+".place", ph.Place, false)
		c.name(path+".form", ph.Form, false)
		c.name(path+".weekday", ph.Weekday, false)
		c.text(path+".text", ph.Text, true)
	}
	unique(c, "phases", "id", c.plan.Phases, func(p Phase) string { return p.ID })
}

func (c *checker) events() {
	c.count("events", len(c.plan.Events), 0)
	for i, e := range c.plan.Events {
		path := index("events", i)
		c.id(path+".id", e.ID)
		c.oneOf(path+".kind", e.Kind, EventSalon, EventRoadshow, EventCeremony)
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
	unique(c, "events", "id", c.plan.Events, func(e Event) string { return e.ID })
}

func (c *checker) tracks() {
	c.count("tracks", len(c.plan.Tracks), 1)
	for i, t := range c.plan.Tracks {
		path := index("tracks", i)
		c.id(path+".id", string(t.ID))
		c.dense(path+".no", t.No, i+1)
		c.name(path+".name", t.Name, true)
		c.name(path+".short", t.Short, true)
		c.text(path+".summary", t.Summary, false)
		c.count(path+".directions", len(t.Directions), 1)
		for j, d := range t.Directions {
			sub := index(path+".directions", j)
			c.dense(sub+".no", d.No, j+1)
			c.name(sub+".title", d.Title, true)
			c.text(sub+".text", d.Text, false)
		}
	}
	unique(c, "tracks", "id", c.plan.Tracks, func(t Track) string { return string(t.ID) })
	unique(c, "tracks", "short", c.plan.Tracks, func(t Track) string { return t.Short })
}

func (c *checker) contacts() {
	c.count("contacts", len(c.plan.Contacts), 0)
	for i, k := range c.plan.Contacts {
		path := index("contacts", i)
		c.name(path+".office", k.Office, true)
		c.name(path+".phone", k.Phone, true)
		if mobileForm.MatchString(k.Phone) {
			c.problem(path+".phone", "plan.mobile")
		}
	}
}

func index(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// printable reports whether s has no control characters but line feeds.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' })
}

func (c *checker) words(path, s string, required bool, most int) {
	switch {
	case required && strings.TrimSpace(s) == "":
		if !c.alreadyTold(path) {
			c.problem(path, "plan.required")
		}
	case utf8.RuneCountInString(s) > most:
		c.problem(path, "plan.too_long", "max", most, "got", utf8.RuneCountInString(s))
	case !printable(s):
		c.problem(path, "plan.control_character")
	}
}

func (c *checker) name(path, s string, required bool) { c.words(path, s, required, maxName) }
func (c *checker) text(path, s string, required bool) { c.words(path, s, required, maxText) }

// alreadyTold keeps a value of the wrong type from being called missing too.
func (c *checker) alreadyTold(path string) bool { return c.told[path] }

func (c *checker) id(path, s string) {
	switch {
	case c.alreadyTold(path):
	case s == "":
		c.problem(path, "plan.required")
	case !ValidID(s):
		c.problem(path, "plan.bad_id", "value", clip(s))
	}
}

func (c *checker) date(path string, d Date) bool {
	switch {
	case d.Valid():
		return true
	case c.alreadyTold(path):
	case d == "":
		c.problem(path, "plan.required")
	default:
		c.problem(path, "plan.bad_date", "value", clip(string(d)))
	}
	return false
}

func (c *checker) span(path string, from, to Date) {
	okFrom, okTo := c.date(join(path, "from"), from), c.date(join(path, "to"), to)
	if okFrom && okTo && to < from {
		c.problem(join(path, "to"), "plan.date_order", "from", string(from), "to", string(to))
	}
}

// inSeason refuses dates outside the contest's own first and last day.
func (c *checker) inSeason(path string, d Date) {
	p := c.plan
	if d.Valid() && p.From.Valid() && p.To.Valid() && (d < p.From || d > p.To) {
		c.problem(path, "plan.out_of_season", "value", string(d), "from", string(p.From), "to", string(p.To))
	}
}

func (c *checker) venueRef(path string, id VenueID, required bool) {
	if id == "" {
		if required && !c.alreadyTold(path) {
			c.problem(path, "plan.required")
		}
		return
	}
	if _, ok := c.plan.Venue(id); !ok {
		c.problem(path, "plan.unknown_venue", "value", clip(string(id)))
	}
}

func (c *checker) oneOf(path, s string, allowed ...string) {
	if !slices.Contains(allowed, s) && !c.alreadyTold(path) {
		c.problem(path, "plan.choice", "value", clip(s), "allowed", strings.Join(allowed, ", "))
	}
}

func (c *checker) within(path string, n, low, high int) {
	if (n < low || n > high) && !c.alreadyTold(path) {
		c.problem(path, "plan.range", "got", n, "min", low, "max", high)
	}
}

func (c *checker) dense(path string, got, want int) {
	if got != want && !c.alreadyTold(path) {
		c.problem(path, "plan.not_dense", "got", got, "want", want)
	}
}

func (c *checker) count(path string, n, low int) {
	if n < low && !c.alreadyTold(path) {
		c.problem(path, "plan.required")
	}
}

// unique refuses a second item with the same non-empty key.
func unique[T any](c *checker, path, field string, items []T, key func(T) string) {
	first := make(map[string]int, len(items))
	for i, item := range items {
		k := key(item)
		if k == "" {
			continue
		}
		if j, dup := first[k]; dup {
			c.problem(index(path, i)+"."+field, "plan.duplicate", "value", clip(k), "first", index(path, j))
			continue
		}
		first[k] = i
	}
}
