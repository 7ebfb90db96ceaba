package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"hecai/access"
	"hecai/contest"
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
	n, err := open(ctx, cfg, seed)
	if err != nil {
		return err
	}
	d := &demonstration{node: n, cfg: demo, out: out}
	for _, step := range []func(context.Context) error{d.roll, d.invite} {
		if err := step(ctx); err != nil {
			n.close()
			return &StartError{err}
		}
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
	judges []string // link tokens of the sample judges, by seat
}

// roll starts the test programme: two cameras that play looped clips, and a
// slot for a phone.
func (d *demonstration) roll(ctx context.Context) error {
	relay := d.node.relay
	for _, c := range []struct {
		name, label string
		clip        stream.Clip
	}{{"stage", "主舞台", stream.ClipStage}, {"close", "特写", stream.ClipClose}} {
		if err := (cameras{d.node}).AddCamera(string(demoSession), c.name, c.label); err != nil {
			return err
		}
		if err := relay.PlayClip(ctx, string(demoSession), c.name, c.clip); err != nil {
			return err
		}
	}
	return cameras{d.node}.AddCamera(string(demoSession), "phone", "手机机位")
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
		d.judges = append(d.judges, token)
	}
	fmt.Fprintf(d.out, "\n喝彩 Hecai · 彩排 / rehearsal on sample data\n\n")
	here := "http://" + n.loopback() // browsers open a camera only over HTTPS or on this machine
	if n.cfg.PublicURL != "" {
		here = n.URL()
	}
	for _, row := range [][2]string{
		{"观众 audience   ", "/live/" + string(demoSession)},
		{"大屏 screen     ", "/screen/main#t=" + screen},
		{"导演 director   ", "/director#login=" + director},
		{"主持 host       ", "/host#t=" + host},
		{"评委 judge      ", "/judge#t=" + d.judges[0]},
		{"推流 broadcaster", "/broadcast#t=" + camera},
		{"组委会 admin    ", "/admin#login=" + organiser},
		{"首页 site       ", "/"},
	} {
		base := n.URL()
		if strings.HasPrefix(row[1], "/broadcast") {
			base = here
		}
		fmt.Fprintf(d.out, "  %s  %s%s\n", row[0], base, row[1])
	}
	fmt.Fprintf(d.out, "\n手机扫码看直播 / scan for the phone page  %s/live/%s\n\n", n.URL(), demoSession)
	return printQR(d.out, n.URL()+"/live/"+string(demoSession))
}
