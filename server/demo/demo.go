// Package demo shows a contest night on sample data: it fills a fresh record and
// plays the people who would come, as clients of a running node.
package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"hecai/access"
	"hecai/contest"
	"hecai/server/node"
	"hecai/stream"
	"hecai/vote"
)

// session is the session that the demo plays.
const session contest.SessionID = "final"

// ballot is the ballot that the phones vote on.
const ballot vote.BallotID = "popularity"

// Config says how the demo runs.
type Config struct {
	Play   bool // walk the rundown by itself
	Phones int  // synthetic phones; 0 none
}

// Run runs a contest night on sample data, in a fresh folder that is removed
// afterwards unless cfg.Data named one, which must be empty.
func Run(ctx context.Context, cfg node.Config, demo Config, out io.Writer) error {
	if cfg.Data == "" {
		dir, err := os.MkdirTemp("", "hecai-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		cfg.Data = dir
	}
	cfg.Seed = seed
	n, err := node.Open(ctx, cfg)
	if err != nil {
		return err
	}
	d := &demonstration{node: n, cfg: demo, out: out, public: cfg.PublicURL != "", organiser: newActor(n.Loopback(), "")}
	serve, end := context.WithCancel(ctx)
	defer end()
	done := make(chan error, 1)
	go func() {
		err := d.perform(serve)
		if err != nil {
			end() // nobody would see the show
		}
		done <- err
	}()
	err = n.Run(serve)
	end()
	return errors.Join(err, <-done)
}

// demonstration is one run of the demo. It works over HTTP and the WebSocket, as
// people would; only the test programme and the walk through the rundown are the
// node's own.
type demonstration struct {
	node      *node.Node
	cfg       Config
	out       io.Writer
	public    bool     // phones reach the node at an address of its own
	organiser *actor   // who sets everything up
	judges    []string // link tokens of the sample judges, by seat
}

// signIn makes the first organiser with the one-time link of a first start.
func (d *demonstration) signIn(ctx context.Context) error {
	secret, err := d.node.SetupLink(ctx)
	if err != nil {
		return err
	}
	in := map[string]string{"token": secret, "name": "示例演出", "password": rand.Text()}
	return d.organiser.call(ctx, "POST", "/v1/setup", in, nil)
}

// roll starts the test programme: two cameras that play looped clips, and a
// slot for a phone.
func (d *demonstration) roll(ctx context.Context) error {
	for _, c := range []struct {
		name, label string
		clip        stream.Clip
	}{{"stage", "主舞台", stream.ClipStage}, {"close", "特写", stream.ClipClose}, {"phone", "手机机位", ""}} {
		in := map[string]string{"session": string(session), "name": c.name, "label": c.label}
		if err := d.organiser.call(ctx, "POST", "/v1/admin/cameras", in, nil); err != nil {
			return err
		}
		if c.clip == "" {
			continue
		}
		if err := d.node.PlayClip(ctx, session, c.name, c.clip); err != nil {
			return err
		}
	}
	return nil
}

// account makes an account and returns the address of its one-time sign-in.
func (d *demonstration) account(ctx context.Context, role access.Role, name string) (string, error) {
	var out struct {
		URL string `json:"url"`
	}
	err := d.organiser.call(ctx, "POST", "/v1/admin/staff", map[string]any{"name": name, "roles": []access.Role{role}}, &out)
	return strings.TrimPrefix(out.URL, d.node.URL()), err
}

// link makes a link and returns its token.
func (d *demonstration) link(ctx context.Context, role access.Role, name string) (string, error) {
	var out struct {
		Token string `json:"token"`
	}
	err := d.organiser.call(ctx, "POST", "/v1/admin/links", map[string]any{"role": role, "name": name, "session": session}, &out)
	return out.Token, err
}

// invite makes the accounts and links and prints where to go.
func (d *demonstration) invite(ctx context.Context) error {
	n := d.node
	director, err := d.account(ctx, access.Director, "示例导演")
	if err != nil {
		return err
	}
	organiser, err := d.account(ctx, access.Organiser, "示例组织者")
	if err != nil {
		return err
	}
	screen, err := d.link(ctx, access.Screen, "main")
	if err != nil {
		return err
	}
	host, err := d.link(ctx, access.Host, "示例主持")
	if err != nil {
		return err
	}
	camera, err := d.link(ctx, access.Broadcaster, "phone")
	if err != nil {
		return err
	}
	_, judges := contest.Sample()
	for _, j := range judges {
		token, err := d.link(ctx, access.Judge, string(j.ID))
		if err != nil {
			return err
		}
		d.judges = append(d.judges, token)
	}
	fmt.Fprintf(d.out, "\n喝彩 Hecai · 示例数据 / sample data\n\n")
	here := "http://" + n.Loopback() // browsers open a camera only over HTTPS or on this machine
	if d.public {
		here = n.URL()
	}
	for _, row := range [][2]string{
		{"观众 audience   ", "/live/" + string(session)},
		{"大屏 screen     ", "/screen/main#t=" + screen},
		{"导演 director   ", director},
		{"主持 host       ", "/host#t=" + host},
		{"评委 judge      ", "/judge#t=" + d.judges[0]},
		{"推流 broadcaster", "/broadcast#t=" + camera},
		{"组委会 admin    ", organiser},
		{"首页 site       ", "/"},
	} {
		base := n.URL()
		if strings.HasPrefix(row[1], "/broadcast") {
			base = here
		}
		fmt.Fprintf(d.out, "  %s  %s%s\n", row[0], base, row[1])
	}
	fmt.Fprintf(d.out, "\n手机扫码看直播 / scan for the phone page  %s/live/%s\n\n", n.URL(), session)
	return printQR(d.out, n.URL()+"/live/"+string(session))
}
