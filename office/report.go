package office

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"hecai/access"
	"hecai/contest"
	"hecai/contest/score"
	"hecai/fault"
	"hecai/sheet"
	"hecai/stage/cue"
)

// The formats of a report.
const (
	ReportXLSX = "xlsx"
	ReportCSV  = "csv" // the ranking alone
)

// Report is the whole result of a session as a file, with the marks of each judge, once
// everyone may read the result; before that, stage.sealed.
func (o *Office) Report(ctx context.Context, id access.Identity, show contest.ShowID, format string) ([]byte, error) {
	if err := id.Allow(access.ReadOffice, scope(show)); err != nil {
		return nil, err
	}
	in, r, err := o.cfg.Shows.Report(ctx, show)
	if err != nil {
		return nil, err
	}
	setups, err := o.cfg.Record.Setups(ctx, show.Contest())
	if err != nil {
		return nil, err
	}
	plan, of := o.cfg.Plan(show.Contest()), titlesOf(setups, show)
	var out bytes.Buffer
	switch format {
	case ReportXLSX:
		err = sheet.WriteBook(&out, []sheet.Page{rankingPage(plan, r), marksPage(r), ballotsPage(r), decisionsPage(plan, r), rulesPage(plan, of, in, r)})
	case ReportCSV:
		err = sheet.WriteCSV(&out, rankingPage(plan, r))
	default:
		err = fault.New(fault.Invalid, "http.malformed", "format %q", format)
	}
	return out.Bytes(), err
}

// titlesOf names the session that a result is of, and before it those whose scores are in
// it too.
func titlesOf(setups []contest.Session, show contest.ShowID) string {
	title := func(id contest.SessionID) string {
		for _, s := range setups {
			if s.Show.Session() == id {
				return s.Title
			}
		}
		return string(id)
	}
	var out []string
	for _, s := range setups {
		if s.Show == show {
			for _, part := range s.Joins {
				out = append(out, title(part))
			}
		}
	}
	return strings.Join(append(out, title(show.Session())), "；")
}

func rankingPage(plan *contest.Plan, r cue.Report) sheet.Page {
	p := sheet.Page{Name: "排名", Head: []string{"名次", "奖项", "项目编号", "项目名称", "赛道", "团队名称", "牵头参赛单位", "合作单位", "总分", "评委分", "投票得分", "票数", "说明"}, Numbers: []int{0, 8, 9, 10, 11}}
	for _, row := range r.Rows {
		rank, award := "", ""
		if row.Rank > 0 {
			rank = strconv.Itoa(row.Rank)
		}
		for _, l := range r.Awards {
			if l.Level == row.Award {
				award = l.Name
			}
		}
		p.Rows = append(p.Rows, []string{rank, award, string(row.ID), row.Title, row.TrackName, row.Team, row.Lead, strings.Join(row.Partners, "；"),
			row.Total, row.Jury, row.VotePoints, strconv.FormatInt(row.Votes, 10), noteText(plan, row.Note)})
	}
	return p
}

// noteText says how a tie was broken, or why an entry has no place.
func noteText(plan *contest.Plan, note string) string {
	switch note {
	case score.NoteIneligible:
		return "未参加"
	case score.NoteQuorum:
		return "有效评分不足"
	case score.NoteLeftOut:
		return "经决定不参加排名"
	case score.TieJury:
		return "总分相同，按评委分"
	case score.TieUntrimmed:
		return "总分相同，按全部评委的平均分"
	case score.TieHeadToHead:
		return "总分相同，按评委两两比较"
	case score.TieVotes:
		return "总分相同，按票数"
	case score.TieChair:
		return "总分相同，由评委会表决"
	case score.TieUnbroken:
		return "并列"
	}
	if id, ok := strings.CutPrefix(note, score.TieCriterion); ok {
		for _, c := range plan.Criteria {
			if string(c.ID) == id {
				return "总分相同，按“" + c.Name + "”得分"
			}
		}
	}
	return note
}

func marksPage(r cue.Report) sheet.Page {
	p := sheet.Page{Name: "评委打分", Head: []string{"项目编号", "项目名称", "评委编号", "评委", "打分", "是否计入"}, Numbers: []int{4}}
	titles := map[contest.EntryID]string{}
	for _, row := range r.Rows {
		titles[row.ID] = row.Title
	}
	counts := map[string]string{"": "计入", "high": "最高分，未计入", "low": "最低分，未计入"}
	for _, m := range r.Marks {
		p.Rows = append(p.Rows, []string{string(m.Entry), titles[m.Entry], string(m.Judge), m.Name, m.Total, counts[m.Dropped]})
	}
	return p
}

func ballotsPage(r cue.Report) sheet.Page {
	p := sheet.Page{Name: "计入的投票", Head: []string{"投票", "轮次", "记录数", "票数", "投给其他场次项目的票数", "投票日志的根"}, Numbers: []int{1, 2, 3, 4}}
	for _, b := range r.Ballots {
		p.Rows = append(p.Rows, []string{b.Ballot.Name(), strconv.Itoa(b.Round), strconv.FormatInt(b.Leaves, 10), strconv.FormatInt(b.Votes, 10), strconv.FormatInt(b.Elsewhere, 10), b.Root})
	}
	return p
}

func decisionsPage(plan *contest.Plan, r cue.Report) sheet.Page {
	p := sheet.Page{Name: "评委会决定", Head: []string{"决定", "项目", "投票", "理由", "作出人", "时间"}}
	what := map[string]string{
		cue.DecideTie: "并列的先后", cue.DecideBallotOut: "投票不计入", cue.DecideOpenBallot: "计入无门槛的投票",
		cue.DecideEntryOut: "项目不参加排名", cue.DecideQuorum: "有效评分不足仍参加排名",
	}
	titles := map[contest.EntryID]string{}
	for _, row := range r.Rows {
		titles[row.ID] = row.Title
	}
	for _, d := range r.Decisions {
		var names []string
		for _, id := range d.Entries {
			names = append(names, titles[id])
		}
		_, by, _ := strings.Cut(d.Actor, ":")
		p.Rows = append(p.Rows, []string{what[d.What], strings.Join(names, "；"), d.Ballot.Name(), d.Reason, by, time.UnixMilli(d.At).In(plan.Zone()).Format("2006-01-02 15:04:05")})
	}
	return p
}

// rulesPage says by which rules the result was made, and how anyone checks it.
func rulesPage(plan *contest.Plan, of string, in cue.Other, r cue.Report) sheet.Page {
	p := sheet.Page{Name: "规则与核对", Head: []string{"名称", "内容"}}
	add := func(name, format string, args ...any) {
		p.Rows = append(p.Rows, []string{name, fmt.Sprintf(format, args...)})
	}
	add("比赛", "%s", plan.Name)
	add("成绩所属场次", "%s", of)
	add("公布场次", "%s", in.Title)
	if r.JuryOnly {
		add("总分", "没有人投票，总分即评委分")
	} else {
		add("总分", "评委分 %d%%，投票得分 %d%%", r.Rule.Weights.Jury, r.Rule.Weights.Votes)
	}
	if r.Rule.TrimFrom > 0 {
		add("去掉最高分和最低分", "有 %d 位及以上评委计分时", r.Rule.TrimFrom)
	}
	add("保留小数", "%d 位", r.Rule.Places)
	for _, c := range plan.Criteria {
		add("评分项 "+c.Name, "%d%%", c.Weight)
	}
	for _, a := range plan.Awards {
		add("奖项 "+a.Name, "%d 项", a.Quota)
	}
	_, rules := plan.Formula()
	add("规则指纹", "%s", rules)
	add("成绩指纹", "%s", r.Root)
	return p
}
