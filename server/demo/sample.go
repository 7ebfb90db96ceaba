package demo

import (
	"context"
	"errors"
	"time"

	"hecai/contest"
	"hecai/contest/score"
	"hecai/lease"
	"hecai/stage/cue"
	"hecai/store"
	"hecai/vote"
)

// seed fills a fresh record with the demo's samples: entries, judges, the
// sheets of the defences before tonight, one ballot, and the final with its
// rundown.
func seed(ctx context.Context, db *store.DB, plan *contest.Plan) error {
	code := contest.Code(plan.Code)
	had, err := db.Entries(ctx, code)
	if err != nil {
		return err
	}
	if len(had) > 0 {
		return errors.New("示例演出需要空的数据目录 / the demo wants an empty data folder")
	}
	entries, judges := contest.Sample()
	order := contest.RunningOrder(entries)
	if err := db.ReplaceEntries(ctx, code, entries); err != nil {
		return err
	}
	if err := db.SaveJudges(ctx, code, judges); err != nil {
		return err
	}
	ballot := vote.Ballot{
		ID: ballot.In(code), Show: show(plan), Title: "现场人气榜", Visibility: vote.Live, State: vote.StateArmed,
		Quota: vote.Quota{Window: vote.PerBallot, MaxVotes: 3, PerEntry: 1, AllowChange: true},
	}
	for i, e := range order {
		ballot.Options = append(ballot.Options, vote.Option{No: i + 1, Entry: e.ID, Track: e.Track})
	}
	if _, err := db.SaveBallot(ctx, ballot); err != nil {
		return err
	}
	if err := seedFinal(ctx, db, plan, order, judges); err != nil {
		return err
	}
	return scoreEarlier(ctx, db, plan, entries, judges)
}

// seedFinal sets who is in the final and what happens in it.
func seedFinal(ctx context.Context, db *store.DB, plan *contest.Plan, order []contest.Entry, judges []contest.Judge) error {
	rundown := cue.Demo(cue.DemoIDs{
		Session: session, Title: "决赛暨颁奖之夜", Subtitle: plan.ShortName,
		Entry: order[0].ID, Ballot: ballot, Counted: ballot,
	})
	row, err := db.Session(ctx, show(plan))
	if err != nil {
		return err
	}
	row.Title, row.Subtitle = rundown.Title, rundown.Subtitle
	if err := db.SaveSession(ctx, row); err != nil {
		return err
	}
	var ids []contest.EntryID
	for _, e := range order {
		ids = append(ids, e.ID)
	}
	if err := db.SetSessionEntries(ctx, show(plan), ids); err != nil {
		return err
	}
	var seats []contest.JudgeID
	for _, j := range judges {
		seats = append(seats, j.ID)
	}
	if err := db.SetSessionJudges(ctx, show(plan), seats); err != nil {
		return err
	}
	return db.SaveRundown(ctx, contest.Code(plan.Code), rundown)
}

// scoreEarlier hands in the sheets of the defences before tonight. Tonight's
// entry, the first in running order, is scored on stage.
func scoreEarlier(ctx context.Context, db *store.DB, plan *contest.Plan, entries []contest.Entry, judges []contest.Judge) error {
	tonight := contest.RunningOrder(entries)[0].ID
	own, _, err := db.TakeLease(ctx, lease.Show(show(plan)), lease.Holder{ID: "sample"})
	if err != nil {
		return err
	}
	for i, e := range entries {
		if e.ID == tonight {
			continue
		}
		for j, judge := range judges {
			sheet := score.Sheet{
				Show: show(plan), Entry: e.ID, Judge: judge.ID, Rev: 1, State: score.SheetSubmitted,
				Marks: sampleMarks(plan.Criteria, i, j), UpdatedAt: time.Now().UnixMilli(),
			}
			if err := db.SaveSheet(ctx, own, sheet, 0); err != nil {
				return err
			}
		}
	}
	return db.ReleaseLease(ctx, own)
}

// tonightsLevel is the level of the entry that is scored on stage, one that no
// entry of scoreEarlier has.
const tonightsLevel = 36

// sampleMarks makes up marks between 72 and 98 that differ by level, judge and
// criterion in a fixed way, so that rehearsals can be compared. Levels 0 to 40
// give different panel scores, so that no award hangs on a tie that only the
// organisers could break.
func sampleMarks(criteria []contest.Criterion, level, judge int) map[contest.CriterionID]contest.Mark {
	out := map[contest.CriterionID]contest.Mark{}
	for k, c := range criteria {
		base := 7600 + level*37%41*43 // 41 is prime: all levels differ
		taste := (judge*13+k*7)%9 - 4 // the judge's leaning
		step := (judge*5 + k*3) % 4
		out[c.ID] = contest.Mark(base+taste*100+step*25) * contest.Mark(c.Max) / 100
	}
	return out
}

// show is the show that the demo plays.
func show(plan *contest.Plan) contest.ShowID {
	return contest.NewShow(contest.Code(plan.Code), session, 0)
}
