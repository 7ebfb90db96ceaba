package plan

import (
	"hecai/contest"
	"hecai/strict"
)

// The checks of what decides results: criteria, awards, scoring and defaults.

func (c *checker) criteria() {
	c.count("criteria", len(c.plan.Criteria), 1)
	sum := 0
	for i, k := range c.plan.Criteria {
		path := strict.Index("criteria", i)
		c.id(path+".id", string(k.ID))
		c.name(path+".name", k.Name, true)
		c.text(path+".text", k.Text, false)
		c.within(path+".weight", k.Weight, 1, 100)
		c.within(path+".max", k.Max, 1, 1000)
		sum += k.Weight
	}
	if sum != 100 && len(c.plan.Criteria) > 0 {
		c.Add("criteria", "plan.sum", "got", sum, "want", 100)
	}
	unique(c, "criteria", "id", c.plan.Criteria, func(k contest.Criterion) string { return string(k.ID) })
}

func (c *checker) awards() {
	c.count("awards", len(c.plan.Awards), 1)
	for i, a := range c.plan.Awards {
		path := strict.Index("awards", i)
		c.id(path+".id", string(a.ID))
		c.name(path+".name", a.Name, true)
		c.within(path+".quota", a.Quota, 1, 1000)
		c.oneOf(path+".mode", string(a.Mode), string(contest.AwardOne), string(contest.AwardListed))
	}
	unique(c, "awards", "id", c.plan.Awards, func(a contest.Award) string { return string(a.ID) })
	unique(c, "awards", "name", c.plan.Awards, func(a contest.Award) string { return a.Name })
}

func (c *checker) scoring() {
	s := c.plan.Scoring
	c.oneOf("scoring.trim", s.Trim, contest.TrimJudge, contest.TrimCriterion)
	c.oneOf("scoring.voteMethod", s.VoteMethod, contest.MethodRank, contest.MethodShare, contest.MethodMaxRatio, contest.MethodMinMax)
	c.oneOf("scoring.rounding", s.Rounding, contest.RoundHalfUp, contest.RoundGBT8170)
	c.within("scoring.floor", s.Floor, 0, 99)
	c.within("scoring.quorum", s.Quorum, 0, 99)
	c.within("scoring.places", s.Places, 0, 4)
	if s.TrimFrom != 0 {
		c.within("scoring.trimFrom", s.TrimFrom, contest.MinTrim, 99)
	}
	if s.TrimWideFrom != 0 {
		c.within("scoring.trimWideFrom", s.TrimWideFrom, max(contest.MinTrimWide, s.TrimFrom), 99)
	}
	c.weights("scoring.weights", s.Weights)
}

func (c *checker) defaults() {
	d := c.plan.Defaults
	c.within("defaults.finalists", d.Finalists, 1, 1000)
	c.within("defaults.judges", d.Judges, contest.MinQuorum, 99)
	c.within("defaults.minSectors", d.MinSectors, 1, len(contest.Sectors()))
	c.within("defaults.nominees", d.Nominees, 0, 1000)
	c.within("defaults.pitchSeconds", d.PitchSeconds, 1, 7200)
	c.within("defaults.askSeconds", d.AskSeconds, 0, 7200)
	c.within("defaults.markSeconds", d.MarkSeconds, 1, 7200)
	c.weights("defaults.prelimWeights", d.PrelimWeights)
	c.quota("defaults.prelimVote", d.PrelimVote)
	c.quota("defaults.finalVote", d.FinalVote)
}

func (c *checker) weights(path string, w contest.Weights) {
	c.within(path+".jury", w.Jury, 0, 100)
	c.within(path+".votes", w.Votes, 0, 100)
	if w.Jury+w.Votes != 100 {
		c.Add(path, "plan.sum", "got", w.Jury+w.Votes, "want", 100)
	}
}

func (c *checker) quota(path string, q contest.VoteQuota) {
	c.oneOf(path+".window", q.Window, "ballot", "day")
	c.within(path+".maxVotes", q.MaxVotes, 1, 1000)
	c.within(path+".perEntry", q.PerEntry, 0, 1000)
	c.within(path+".perTrack", q.PerTrack, 0, 1000)
}
