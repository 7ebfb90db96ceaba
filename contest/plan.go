package contest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"
)

// Track returns the track with the id.
func (p *Plan) Track(id TrackID) (Track, bool) {
	for _, t := range p.Tracks {
		if t.ID == id {
			return t, true
		}
	}
	return Track{}, false
}

// Venue returns the venue with the id.
func (p *Plan) Venue(id VenueID) (Venue, bool) {
	for _, v := range p.Venues {
		if v.ID == id {
			return v, true
		}
	}
	return Venue{}, false
}

// Phase returns the first phase of the kind.
func (p *Plan) Phase(kind string) (Phase, bool) {
	for _, ph := range p.Phases {
		if ph.Kind == kind {
			return ph, true
		}
	}
	return Phase{}, false
}

// Planned is a session that a new contest begins with.
type Planned struct {
	ID    SessionID
	Title string
	Kind  string
}

// Sessions are those that a plan asks for: the final, and each of its events.
func (p *Plan) Sessions() []Planned {
	out := []Planned{{ID: "final", Title: "决赛", Kind: "final"}}
	for _, e := range p.Events {
		if e.ID != "final" {
			out = append(out, Planned{ID: SessionID(e.ID), Title: e.Title, Kind: e.Kind})
		}
	}
	return out
}

// Card returns what the public may see of an entry.
func (p *Plan) Card(e Entry) Card {
	t, _ := p.Track(e.Track)
	partners := make([]string, 0, len(e.Partners))
	partners = append(partners, e.Partners...)
	return Card{
		ID: e.ID, Order: e.Order, Title: e.Title, Track: e.Track, TrackName: t.Short,
		Team: e.Team, Lead: e.Lead, Partners: partners, Summary: e.Summary,
	}
}

// Eligible reports whether the entry may be on a ballot and receive an award.
func (e Entry) Eligible() bool { return e.State == Qualified }

// Formula returns what a result follows from besides marks and votes, as the text that
// it is known by, and its SHA-256 in hex.
func (p *Plan) Formula() (text []byte, hash string) {
	text, err := json.Marshal(struct {
		Criteria []Criterion `json:"criteria"`
		Scoring  Scoring     `json:"scoring"`
		Awards   []Award     `json:"awards"`
	}{p.Criteria, p.Scoring, p.Awards})
	if err != nil {
		panic("contest: rules can't be written: " + err.Error()) // only texts and numbers in there
	}
	sum := sha256.Sum256(text)
	return text, hex.EncodeToString(sum[:])
}

// Zone returns the plan's fixed offset from UTC. The one named zone is
// Asia/Shanghai, which has had no summer time since 1991, so that no zone
// database is needed.
func (p *Plan) Zone() *time.Location {
	seconds, ok := ZoneOffset(p.Timezone)
	if !ok {
		return time.UTC
	}
	return time.FixedZone(p.Timezone, seconds)
}

// Window returns the half-open span of whole days from..to in the plan's zone,
// in unix milliseconds: from 00:00 of the first to 00:00 of the day after the
// last.
func (p *Plan) Window(from, to Date) (start, end int64) {
	zone := p.Zone()
	return from.Time(zone).UnixMilli(), to.Time(zone).AddDate(0, 0, 1).UnixMilli()
}

// ZoneOffset reads "Asia/Shanghai" or "+08:00" as seconds east of UTC.
func ZoneOffset(s string) (int, bool) {
	if s == "Asia/Shanghai" {
		return 8 * 3600, true
	}
	if len(s) != 6 || (s[0] != '+' && s[0] != '-') || s[3] != ':' {
		return 0, false
	}
	h, errH := strconv.ParseUint(s[1:3], 10, 8)
	m, errM := strconv.ParseUint(s[4:6], 10, 8)
	if errH != nil || errM != nil || h > 14 || m > 59 {
		return 0, false
	}
	seconds := int(h*3600 + m*60)
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}
