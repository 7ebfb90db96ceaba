package live

import (
	"context"

	"hecai/access"
	"hecai/contest"
	"hecai/contest/score"
	"hecai/stage"
)

// JudgeDesk is what one judge sees: the running order, and their own sheets.
type JudgeDesk struct {
	Session  stage.Info          `json:"session"`
	Judge    contest.Judge       `json:"judge"`
	Criteria []contest.Criterion `json:"criteria"`
	Entries  []JudgeEntry        `json:"entries"`
}

// JudgeEntry is one entry of the running order with the judge's own sheet.
type JudgeEntry struct {
	contest.Card
	Open   bool        `json:"open"`   // sheets are being taken
	Locked bool        `json:"locked"` // this panel's sheets are locked
	Sheet  score.Sheet `json:"sheet"`
}

// judge identifies the judge and their show: that of their link, or the rehearsal of
// it that they name. The judge's id is the name of their link, so no request can name
// another judge.
func (h *Hall) judge(id access.Identity, session contest.ShowID) (contest.JudgeID, Show, error) {
	if session == "" {
		session = id.Show
	}
	session = session.Within(id.Contest)
	if err := id.Allow(access.MarkSheet, scope(session)); err != nil {
		return "", nil, err
	}
	show, err := h.cfg.Shows.Show(session)
	return contest.JudgeID(id.Name), show, err
}

// JudgeDesk shows a judge their sheets.
func (h *Hall) JudgeDesk(ctx context.Context, id access.Identity, session contest.ShowID) (JudgeDesk, error) {
	judge, show, err := h.judge(id, session)
	if err != nil {
		return JudgeDesk{}, err
	}
	desk := JudgeDesk{Session: show.Info(), Criteria: h.cfg.Plan(id.Contest).Criteria, Entries: []JudgeEntry{}}
	tasks, err := show.Judging().Sheets(ctx, judge)
	if err != nil {
		return desk, err
	}
	if desk.Judge, err = show.Judge(ctx, judge); err != nil {
		return desk, err
	}
	for _, task := range tasks {
		desk.Entries = append(desk.Entries, JudgeEntry{Card: task.Card, Open: task.Open, Locked: task.Locked, Sheet: task.Sheet})
	}
	return desk, nil
}

// Draft is a judge's sheet as it is being filled in.
type Draft struct {
	Rev     int64                                `json:"rev"`
	Marks   map[contest.CriterionID]contest.Mark `json:"marks"`
	Comment string                               `json:"comment"`
}

// Mark keeps a draft.
func (h *Hall) Mark(ctx context.Context, id access.Identity, session contest.ShowID, entry contest.EntryID, in Draft) (score.Sheet, error) {
	judge, show, err := h.judge(id, session)
	if err != nil {
		return score.Sheet{}, err
	}
	return show.Judging().Save(ctx, judge, entry, in.Rev, in.Marks, in.Comment)
}

// HandIn hands in a complete sheet.
func (h *Hall) HandIn(ctx context.Context, id access.Identity, session contest.ShowID, entry contest.EntryID, rev int64) (score.Sheet, error) {
	judge, show, err := h.judge(id, session)
	if err != nil {
		return score.Sheet{}, err
	}
	return show.Judging().Submit(ctx, judge, entry, rev)
}

// Recuse takes the judge off an entry (回避).
func (h *Hall) Recuse(ctx context.Context, id access.Identity, session contest.ShowID, entry contest.EntryID, reason string) (score.Sheet, error) {
	judge, show, err := h.judge(id, session)
	if err != nil {
		return score.Sheet{}, err
	}
	return show.Judging().Recuse(ctx, judge, entry, reason)
}
