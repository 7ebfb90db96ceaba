package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"hecai/contest"
	"hecai/strict"
)

// shortNotice is how many days between a result and its ceremony leave no time
// for public notice and appeals.
const shortNotice = 7

var landlineForm = regexp.MustCompile(`^0\d{2,3}-?\d{7,8}$`)

// Warnings lists what the plan contradicts or leaves open, by number of the
// requirements (W-01…). Such a plan loads and runs; the organiser is told. Where
// two things contradict each other the ISO date and the published wording
// stand, and nothing is corrected.
func Warnings(p *contest.Plan) []Warning {
	w := &warner{plan: p}
	w.weekdays()
	w.phones()
	w.gaps()
	w.sameDay()
	w.roadshows()
	w.finalWindow()
	w.openRules()
	w.phaseWording()
	w.eventWording()
	w.names()
	w.places()
	slices.SortStableFunc(w.list, func(a, b Warning) int { return strings.Compare(a.ID, b.ID) })
	return w.list
}

type warner struct {
	plan *contest.Plan
	list []Warning
}

func (w *warner) add(id, path, zh, en string) {
	w.list = append(w.list, Warning{ID: id, Path: path, Zh: zh, En: en})
}

func (w *warner) weekdays() {
	check := func(path string, d contest.Date, typed string) {
		if typed == "" || strings.Replace(typed, "星期天", "星期日", 1) == d.WeekdayZh() {
			return
		}
		w.add("W-01", path+".weekday",
			fmt.Sprintf("%s 是%s，方案写作“%s”；以日期为准，星期由程序计算。", d, d.WeekdayZh(), typed),
			fmt.Sprintf("%s is a %s, but the plan says “%s”. The date stands; the weekday is computed.", d, d.Weekday(), typed))
	}
	for i, ph := range w.plan.Phases {
		check(strict.Index("phases", i), ph.From, ph.Weekday)
	}
	for i, e := range w.plan.Events {
		check(strict.Index("events", i), e.Date, e.Weekday)
	}
}

func (w *warner) phones() {
	for i, c := range w.plan.Contacts {
		if !landlineForm.MatchString(c.Phone) {
			w.add("W-02", strict.Index("contacts", i)+".phone",
				fmt.Sprintf("电话“%s”位数不对；照原样显示，确认前不做成可拨链接。", c.Phone),
				fmt.Sprintf("The phone number “%s” has the wrong number of digits. It is shown as published and not linked until confirmed.", c.Phone))
		}
	}
}

// gaps finds phases that leave no day for the work between them.
func (w *warner) gaps() {
	reg, okReg := w.plan.Phase(contest.PhaseRegistration)
	prelim, okPrelim := w.plan.Phase(contest.PhasePrelim)
	final, okFinal := w.plan.Phase(contest.PhaseFinal)
	ceremony, okCeremony := w.plan.Phase(contest.PhaseCeremony)
	if okPrelim && okFinal && prelim.To.DaysUntil(final.From) <= 1 {
		w.add("W-03", "phases",
			fmt.Sprintf("初赛 %s 结束，决赛 %s 开始，没有计票、核查和公布入围名单的时间；决赛阶段可先开启，名单公布后再排场次。", prelim.To, final.From),
			fmt.Sprintf("The preliminary ends on %s and the final begins on %s: no time to count, review and announce. The final may open without sessions until the finalists are published.", prelim.To, final.From))
	}
	if okReg && okPrelim && reg.To.DaysUntil(prelim.From) <= 1 {
		w.add("W-05", "phases",
			fmt.Sprintf("资格审查与报名同步，报名 %s 截止，投票 %s 开始；只有审查通过的项目才进入投票。", reg.To, prelim.From),
			fmt.Sprintf("Eligibility is checked while registration runs until %s, yet voting starts on %s. Only qualified entries enter a ballot.", reg.To, prelim.From))
	}
	if okFinal && okCeremony && final.To.DaysUntil(ceremony.From) < shortNotice {
		w.add("W-10", "phases",
			fmt.Sprintf("决赛 %s 结束，%s 颁奖，其间没有公示和申诉期；成绩先密封，颁奖后公示，公示结束才最终生效。", final.To, ceremony.From),
			fmt.Sprintf("The final ends on %s and the ceremony is on %s: no time for public notice and appeals. Results are sealed first; awards become final after the notice that follows the ceremony.", final.To, ceremony.From))
	}
}

// sameDay finds events that share a day and a venue, or the final's first day.
func (w *warner) sameDay() {
	type slot struct {
		date  contest.Date
		venue contest.VenueID
	}
	final, okFinal := w.plan.Phase(contest.PhaseFinal)
	titles := make(map[slot][]string)
	first := make(map[slot]int)
	for i, e := range w.plan.Events {
		s := slot{e.Date, e.Venue}
		if _, ok := first[s]; !ok {
			first[s] = i
		}
		titles[s] = append(titles[s], e.Title)
		if okFinal && e.Date == final.From {
			w.add("W-07", strict.Index("events", i)+".date",
				fmt.Sprintf("“%s”与决赛阶段首日同为 %s；当天不排答辩。", e.Title, e.Date),
				fmt.Sprintf("“%s” falls on %s, the first day of the final. No defence is scheduled then.", e.Title, e.Date))
		}
	}
	for i, e := range w.plan.Events {
		s := slot{e.Date, e.Venue}
		if n := len(titles[s]); n > 1 && first[s] == i {
			venue, _ := w.plan.Venue(e.Venue)
			w.add("W-06", strict.Index("events", i)+".date",
				fmt.Sprintf("%s 在%s有 %d 项活动（%s），未定时刻；须排定先后。", e.Date, venue.Name, n, strings.Join(titles[s], "、")),
				fmt.Sprintf("%d events share %s at %s (%s) without hours. Their order must be settled.", n, e.Date, venue.Name, strings.Join(titles[s], ", ")))
		}
	}
}

// roadshows finds invitations that would tell the winners before the ceremony.
func (w *warner) roadshows() {
	ceremony, ok := w.plan.Phase(contest.PhaseCeremony)
	for i, e := range w.plan.Events {
		if ok && e.Kind == contest.EventRoadshow && strings.Contains(e.Audience, "获奖") && e.Date <= ceremony.To {
			w.add("W-04", strict.Index("events", i)+".audience",
				fmt.Sprintf("“%s”不晚于颁奖当日，却邀请获奖项目方：提前发邀请会泄露结果；改为邀请全部入围项目。", e.Title),
				fmt.Sprintf("“%s” is no later than the day of the ceremony and invites the winners: an invitation sent before would tell the result. Invite all finalists.", e.Title))
		}
	}
}

func (w *warner) finalWindow() {
	for i, ph := range w.plan.Phases {
		if ph.Kind != contest.PhaseFinal {
			continue
		}
		path := strict.Index("phases", i)
		if days := ph.From.DaysUntil(ph.To) + 1; days > 1 {
			w.add("W-08", path,
				fmt.Sprintf("决赛阶段 %s 至 %s，共 %d 天，没有答辩日期；场次另行设置，并避开节假日。", ph.From, ph.To, days),
				fmt.Sprintf("The final runs from %s to %s, %d days, without dates for the defences. Sessions are set apart from it; mind public holidays.", ph.From, ph.To, days))
		}
		if strings.Contains(ph.Form, "投票") {
			w.add("W-09", path+".form",
				"决赛线上投票在答辩前、中还是后截止，方案未定；按每个投票单独设置。",
				"Whether the final's online vote closes before, during or after the defences is not stated. It is set per ballot.")
		}
	}
}

// openRules names what decides results and is not in the plan.
func (w *warner) openRules() {
	p := w.plan
	if p.Scoring.Tentative {
		weights, s := weightsText(p.Criteria), p.Scoring.Weights
		w.add("W-11", "scoring.weights",
			fmt.Sprintf("各项标准的权重（%s）和评审与投票之比（%d/%d）为暂定，待组委会确认。", weights, s.Jury, s.Votes),
			fmt.Sprintf("The weights of the criteria (%s) and of jury to votes (%d/%d) are tentative, to be confirmed by the organiser.", weights, s.Jury, s.Votes))
		w.add("W-12", "scoring",
			"评委人数、去掉最高最低分、缺席和并列的规则方案未定，采用默认规则，待组委会确认。",
			"Jury size, trimming, absent judges and ties are not in the plan. Defaults apply until the organiser confirms.")
	}
	if p.Defaults.Tentative {
		votes := p.Defaults.PrelimVote.MaxVotes
		w.add("W-13", "defaults.prelimVote",
			fmt.Sprintf("每人投票数和投票人身份方案未定；默认初赛每日 %d 票，待组委会确认。", votes),
			fmt.Sprintf("Votes per person and who may vote are not in the plan. The preliminary defaults to %d votes a day until the organiser confirms.", votes))
	}
	if len(p.Awards) > 0 && p.Awards[0].Quota < len(p.Tracks) {
		first := p.Awards[0]
		w.add("W-14", "awards[0].quota",
			fmt.Sprintf("%s %d 名，赛道 %d 个：按全赛区统一评奖，不分赛道。", first.Name, first.Quota, len(p.Tracks)),
			fmt.Sprintf("%s has %d winners for %d tracks: awards are overall, not by track.", first.Name, first.Quota, len(p.Tracks)))
	}
	if p.Defaults.Nominees == 0 {
		w.add("W-15", "defaults.nominees",
			"推荐参加全国总决赛的数量方案未定；由组委会选定并写明理由。",
			"How many are recommended to the national final is not stated. The organiser chooses, with reasons.")
	}
}

func weightsText(criteria []contest.Criterion) string {
	parts := make([]string, len(criteria))
	for i, c := range criteria {
		parts[i] = fmt.Sprint(c.Weight)
	}
	return strings.Join(parts, "/")
}

// phaseWording finds phases that name a body or a recipient in a second way.
func (w *warner) phaseWording() {
	for i, ph := range w.plan.Phases {
		path := strict.Index("phases", i) + ".text"
		if strings.Contains(ph.Text, "团队或个人") {
			w.add("W-16", path,
				"方案说表彰“团队或个人”，但评的是项目；证书写团队，并列参赛代表。",
				"The plan honours “teams or persons”, but projects are judged. Certificates name the team and its representatives.")
		}
		for _, b := range w.plan.Bodies {
			if b.Role == contest.RoleJury && strings.Contains(ph.Text, "评审委员会") && !strings.Contains(ph.Text, b.Name) {
				w.add("W-17", path,
					fmt.Sprintf("评审机构的名称前后不一：“%s”与此处不同；页面统一用前者。", b.Name),
					fmt.Sprintf("The jury has more than one name: “%s”, and another here. Pages use the former.", b.Name))
			}
		}
	}
}

func (w *warner) eventWording() {
	for i, e := range w.plan.Events {
		path := strict.Index("events", i)
		if e.ThemeTentative || e.Theme != "" && e.Theme != w.plan.Theme {
			w.add("W-18", path+".theme",
				fmt.Sprintf("“%s”的主题“%s”待定，或与大赛主题“%s”不同；标注待定，不自动改写。", e.Title, e.Theme, w.plan.Theme),
				fmt.Sprintf("The theme of “%s”, “%s”, is tentative or differs from the contest's, “%s”. It is marked and never rewritten.", e.Title, e.Theme, w.plan.Theme))
		}
		if strings.Contains(e.Audience, "长兴基金") {
			w.add("W-22", path+".audience", "“长兴基金”疑为专名，照方案原文，不作更正。", "“长兴基金” is likely a proper name and is kept as published.")
		}
	}
}

// names finds rules without a way out, and names that look odd and stay.
func (w *warner) names() {
	for i, r := range w.plan.Rules {
		if strings.Contains(r.Text, "参赛代表不可更改") {
			w.add("W-21", strict.Index("rules", i)+".text",
				"报名截止后参赛代表不可更改，没有应急替换办法；允许代表缺席，更换须两人批准并留痕。",
				"Representatives can't change after registration and no emergency rule is given. One may be absent; a change takes two people and a record.")
		}
	}
	for i, b := range w.plan.Bodies {
		if strings.Contains(b.Name, "卫生和健康委员会") {
			w.add("W-22", strict.Index("bodies", i)+".name",
				fmt.Sprintf("“%s”与通行写法“卫生健康委员会”不同；照方案原文，不作更正。", b.Name),
				fmt.Sprintf("“%s” differs from the usual form “卫生健康委员会”. It is kept as published.", b.Name))
		}
	}
}

func (w *warner) places() {
	for i, ph := range w.plan.Phases {
		if ph.Place != "" && strings.Contains(ph.Form, "线上") && !strings.Contains(ph.Form, "现场") {
			venue, _ := w.plan.Venue(ph.Place)
			w.add("W-19", strict.Index("phases", i)+".place",
				fmt.Sprintf("“%s”在线上进行，却写有地点“%s”；显示为组织地点，不是到场地址。", ph.Title, venue.Name),
				fmt.Sprintf("“%s” is online, yet has the place “%s”. It is shown as where it is organised, not where to go.", ph.Title, venue.Name))
		}
	}
	w.add("W-20", "phases",
		"方案没有写明任何时刻；各阶段自首日 00:00 起，至末日 24:00 止（"+w.plan.Timezone+"）。",
		"The plan gives no hours. Each phase runs from 00:00 of its first day to 24:00 of its last ("+w.plan.Timezone+").")
}

// Warning is a contradiction or gap in a plan that is shown, not refused.
type Warning struct {
	ID   string `json:"id"`   // "W-01"
	Path string `json:"path"` // "events[0].weekday"
	Zh   string `json:"zh"`
	En   string `json:"en"`
}
