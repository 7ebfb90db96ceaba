package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"hecai/access"
	"hecai/contest"
	"hecai/stage/cue"
	"hecai/stream"
	"hecai/vote"
)

// demoSession is the session that the demo plays.
const demoSession contest.SessionID = "final"

// demoBallot is the ballot that the phones vote on.
const demoBallot vote.BallotID = "popularity"

// DemoConfig says how the demo runs.
type DemoConfig struct {
	Play   bool // walk the rundown by itself
	Phones int  // synthetic phones; 0 none
}

// Demo runs a contest night on sample data, in a fresh folder that is removed
// afterwards unless --data named one, which must be empty.
func Demo(ctx context.Context, cfg Config, demo DemoConfig, out io.Writer) error {
	if cfg.Data == "" {
		dir, err := os.MkdirTemp("", "hecai-demo-")
		if err != nil {
			return &StartError{err}
		}
		defer os.RemoveAll(dir)
		cfg.Data = dir
	}
	cfg.Watermark = true
	n, err := Open(ctx, cfg)
	if err != nil {
		return err
	}
	d := &demonstration{node: n, cfg: demo, out: out}
	if err := d.seed(ctx); err != nil {
		n.close()
		return &StartError{fmt.Errorf("seed the demo: %w", err)}
	}
	if err := d.invite(ctx); err != nil {
		n.close()
		return &StartError{err}
	}
	play, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- d.perform(play) }()
	err = n.Run(ctx)
	stop()
	return errors.Join(err, <-done)
}

// demonstration is one run of the demo.
type demonstration struct {
	node   *Node
	cfg    DemoConfig
	out    io.Writer
	judges []actor // the sample judges' link tokens
}

// actor is a synthetic person who came in by a link.
type actor struct {
	name  string
	token string
}

// seed fills the fresh record: sample entries and judges, the sheets of the
// defences before tonight, one ballot, one session with its rundown.
func (d *demonstration) seed(ctx context.Context) error {
	n := d.node
	if had, err := n.db.Entries(ctx); err != nil || len(had) > 0 {
		return errors.Join(err, when(len(had) > 0, errors.New("the data folder is not empty; name a fresh one")))
	}
	entries, judges := contest.Sample()
	if err := n.db.ReplaceEntries(ctx, entries); err != nil {
		return err
	}
	if err := n.db.SaveJudges(ctx, judges); err != nil {
		return err
	}
	ballot := vote.Ballot{
		ID: demoBallot, Session: demoSession, Title: "现场人气榜", Visibility: vote.Live, State: vote.StateArmed,
		Quota: vote.Quota{Window: vote.PerBallot, MaxVotes: 3, PerEntry: 1, AllowChange: true},
	}
	for i, e := range contest.RunningOrder(entries) {
		ballot.Options = append(ballot.Options, vote.Option{No: i + 1, Entry: e.ID, Track: e.Track})
	}
	if _, err := n.db.SaveBallot(ctx, ballot); err != nil {
		return err
	}
	if err := n.box.Reload(ctx); err != nil {
		return err
	}
	rundown := cue.Demo(cue.DemoIDs{
		Session: demoSession, Title: "决赛暨颁奖之夜", Subtitle: n.plan.ShortName,
		Entry: contest.RunningOrder(entries)[0].ID, Ballot: demoBallot, Counted: demoBallot,
	})
	if err := n.shows.create(ctx, rundown, entries, judges); err != nil {
		return err
	}
	for _, c := range []struct {
		name, label string
		clip        stream.Clip
	}{{"stage", "主舞台", stream.ClipStage}, {"close", "特写", stream.ClipClose}} {
		n.relay.AddCamera(string(demoSession), c.name, c.label)
		if err := n.relay.PlayClip(ctx, string(demoSession), c.name, c.clip); err != nil {
			return err
		}
	}
	n.relay.AddCamera(string(demoSession), "phone", "手机机位")
	return d.scoreEarlier(ctx, entries, judges)
}

func when(cond bool, err error) error {
	if cond {
		return err
	}
	return nil
}

// scoreEarlier hands in the sheets of the defences before tonight. Tonight's
// entry, the first in running order, is scored on stage.
func (d *demonstration) scoreEarlier(ctx context.Context, entries []contest.Entry, judges []contest.Judge) error {
	tonight := contest.RunningOrder(entries)[0].ID
	for i, e := range entries {
		if e.ID == tonight {
			continue
		}
		for j, judge := range judges {
			sheet := contest.Sheet{
				Session: demoSession, Entry: e.ID, Judge: judge.ID, Rev: 1, State: contest.SheetSubmitted,
				Marks: sampleMarks(d.node.plan.Criteria, i, j), UpdatedAt: d.node.cfg.Now().UnixMilli(),
			}
			if err := d.node.db.SaveSheet(ctx, sheet, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// sampleMarks makes up marks between 72 and 97 that differ by entry, judge and
// criterion in a fixed way, so that rehearsals can be compared.
func sampleMarks(criteria []contest.Criterion, entry, judge int) map[contest.CriterionID]contest.Mark {
	out := map[contest.CriterionID]contest.Mark{}
	for k, c := range criteria {
		base := 78 + (entry*37)%16    // the entry's level
		taste := (judge*13+k*7)%9 - 4 // the judge's leaning
		step := (entry*11 + judge*5 + k*3) % 4
		out[c.ID] = contest.Mark((base+taste)*100+step*25) * contest.Mark(c.Max) / 100
	}
	return out
}

// invite makes the accounts and links and prints where to go.
func (d *demonstration) invite(ctx context.Context) error {
	n := d.node
	if _, err := n.desk.AddUser(ctx, "示例导演", "", access.Director); err != nil {
		return err
	}
	if _, err := n.desk.AddUser(ctx, "示例组织者", "", access.Organiser); err != nil {
		return err
	}
	director, err := n.desk.SignInLink(ctx, "示例导演", 24*time.Hour)
	if err != nil {
		return err
	}
	organiser, err := n.desk.SignInLink(ctx, "示例组织者", 24*time.Hour)
	if err != nil {
		return err
	}
	link := func(role access.Role, name string) (string, error) {
		_, secret, err := n.desk.AddLink(ctx, role, name, string(demoSession), "demo")
		return secret, err
	}
	screen, err := link(access.Screen, "main")
	if err != nil {
		return err
	}
	host, err := link(access.Host, "示例主持")
	if err != nil {
		return err
	}
	camera, err := link(access.Broadcaster, "phone")
	if err != nil {
		return err
	}
	_, judges := contest.Sample()
	for _, j := range judges {
		token, err := link(access.Judge, string(j.ID))
		if err != nil {
			return err
		}
		d.judges = append(d.judges, actor{name: string(j.ID), token: token})
	}
	fmt.Fprintf(d.out, "\n喝彩 Hecai · 彩排 / rehearsal on sample data\n\n")
	for _, row := range [][2]string{
		{"观众 audience   ", "/live/" + string(demoSession)},
		{"大屏 screen     ", "/screen/main#t=" + screen},
		{"导演 director   ", "/director#login=" + director},
		{"主持 host       ", "/host#t=" + host},
		{"评委 judge      ", "/judge#t=" + d.judges[0].token},
		{"推流 broadcaster", "/broadcast#t=" + camera},
		{"组委会 admin    ", "/admin#login=" + organiser},
		{"首页 site       ", "/"},
	} {
		fmt.Fprintf(d.out, "  %s  %s%s\n", row[0], n.URL(), row[1])
	}
	fmt.Fprintf(d.out, "\n手机扫码看直播 / scan for the phone page  %s/live/%s\n\n", n.URL(), demoSession)
	return printQR(d.out, n.URL()+"/live/"+string(demoSession))
}
