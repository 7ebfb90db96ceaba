package live

import (
	"strings"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
)

// hearing says what one does who listens to a kind of topic.
var hearing = map[string]access.Verb{
	"stage": access.Watch, "show": access.Watch, "ballot": access.Watch, "pulse": access.Watch, "danmaku": access.Watch, "on": access.Watch,
	"host": access.SeeHost, "staff": access.SeeDesk,
}

// Topic is the topic that one in a contest calls by a name, TopicName what it is
// called there: a socket is in one contest, as the ticket that opened it.
func Topic(in contest.Code, name string) string {
	kind, of, _ := strings.Cut(name, "/")
	return kind + "/" + contest.KeyIn(of, in)
}

// TopicName is what everyone in its contest calls a topic.
func TopicName(topic string) string {
	kind, of, _ := strings.Cut(topic, "/")
	return kind + "/" + contest.KeyName(of)
}

// Hear reports whether one may listen to a topic.
func (h *Hall) Hear(id access.Identity, topic string) bool {
	kind, of, _ := strings.Cut(topic, "/")
	verb, known := hearing[kind]
	if !known {
		return false
	}
	if contest.KeyContest(of) != id.Contest {
		return false
	}
	if kind == "ballot" {
		_, _, err := h.cfg.Shows.Ballot(vote.BallotID(of))
		return err == nil
	}
	if kind == "on" {
		_, err := h.cfg.Shows.On(contest.ShowID(of))
		return err == nil
	}
	_, err := h.cfg.Shows.Show(contest.ShowID(of))
	there := err == nil || fault.CodeOf(err) == "stage.unavailable" // between two nodes: what is told then is heard
	return there && id.Allow(verb, scope(contest.ShowID(of))) == nil
}

// Programme is what everyone may watch of a show.
func (h *Hall) Programme(show contest.ShowID) error {
	_, err := h.cfg.Shows.Show(show)
	return err
}

// Publish asks whether one may send a camera: a broadcaster's link names it.
func (h *Hall) Publish(id access.Identity, show contest.ShowID, camera string) error {
	return h.camera(id, access.SendCamera, show, camera)
}

// Preview asks whether one may watch a single camera, which is not on the programme.
func (h *Hall) Preview(id access.Identity, show contest.ShowID, camera string) error {
	return h.camera(id, access.PreviewCamera, show, camera)
}

func (h *Hall) camera(id access.Identity, verb access.Verb, show contest.ShowID, camera string) error {
	if err := id.Allow(verb, scope(show)); err != nil {
		return err
	}
	if id.Is(access.Broadcaster) && camera != id.Name {
		return fault.New(fault.Forbidden, "stream.forbidden", "link of camera %s used for %s", id.Name, camera)
	}
	return nil
}
