package demo

import (
	"context"
	"time"

	"hecai/contest"
	"hecai/contest/score"
	"hecai/hub/client"
	"hecai/live"
)

// Pace of a sample judge.
const (
	firstMark   = 4 * time.Second
	judgeApart  = 3 * time.Second  // between two judges
	humanFirst  = 30 * time.Second // the first judge's link is printed: a person may take it
	betweenSave = 2 * time.Second
)

// sampleJudge scores what is open, through the link that a tablet would have.
type sampleJudge struct {
	*actor
	seat int
}

func newSampleJudge(base, token string, seat int) *sampleJudge {
	return &sampleJudge{newActor(base, token), seat}
}

func (j *sampleJudge) live(ctx context.Context) {
	busy := make(chan struct{}, 1)
	j.stay(ctx, "", []string{"stage/" + string(session)}, func(*client.Client) {
		select {
		case busy <- struct{}{}:
			go func() { j.score(ctx); <-busy }()
		default:
		}
	})
}

// score hands in a sheet for each entry that is open. A sheet that somebody has
// begun is left to them.
func (j *sampleJudge) score(ctx context.Context) {
	var desk live.JudgeDesk
	if j.call(ctx, "GET", "/v1/judge", nil, &desk) != nil {
		return
	}
	for _, e := range desk.Entries {
		if !e.Open || e.Locked || e.Sheet.Rev != 0 {
			continue
		}
		wait := firstMark + time.Duration(j.seat)*judgeApart
		if j.seat == 0 {
			wait = humanFirst
		}
		if !pause(ctx, wait) {
			return
		}
		marks := sampleMarks(desk.Criteria, tonightsLevel, j.seat)
		path := "/v1/judge/sheets/" + string(e.ID)
		half := map[contest.CriterionID]contest.Mark{}
		for _, c := range desk.Criteria[:len(desk.Criteria)/2] {
			half[c.ID] = marks[c.ID]
		}
		rev := e.Sheet.Rev
		for _, m := range []map[contest.CriterionID]contest.Mark{half, marks} {
			var saved score.Sheet
			if j.call(ctx, "PUT", path, map[string]any{"rev": rev, "marks": m, "comment": ""}, &saved) != nil {
				return
			}
			rev = saved.Rev
			if !pause(ctx, betweenSave) {
				return
			}
		}
		if j.call(ctx, "POST", path+"/submit", map[string]int64{"rev": rev}, nil) != nil {
			return
		}
	}
}
