// Package node wires one node and runs it: what starts in which order, what
// stops in which order, and nothing else. It holds no rule of the contest. The
// order of a stop is the promise to those who wait: say that the node is not
// ready, stop accepting, answer what is in hand, tell the sockets when to come
// back, let the votes in flight be written, close the media, close the store.
package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/oklog/run"

	"hecai/contest/plan"
)

// Bounds of a stop.
const (
	lameDuck    = time.Second     // not ready, and still serving: balancers look once a second
	drainWindow = 4 * time.Second // over which sockets are told to come back
	stopTimeout = 5 * time.Second // for requests and votes in flight; docker stop allows 10 s in all
)

// CannotStart reports whether err kept the node from starting.
func CannotStart(err error) bool {
	var s *StartError
	return errors.As(err, &s)
}

// Serve runs a node until ctx ends. It prints the addresses to out.
func Serve(ctx context.Context, cfg Config, out io.Writer) error {
	n, err := Open(ctx, cfg)
	if err != nil {
		return err
	}
	if err := n.welcome(ctx, out); err != nil {
		n.close()
		return err
	}
	return n.Run(ctx)
}

// welcome prints where the pages are and, when there is no organiser yet, the
// one-time link that makes the first.
func (n *Node) welcome(ctx context.Context, out io.Writer) error {
	var secret string
	if err := patient(ctx, n.cfg, func(time.Duration) (err error) { secret, err = n.SetupLink(ctx); return err }); err != nil {
		return err
	}
	fmt.Fprintf(out, "喝彩 Hecai  %s\n", n.URL())
	if n.cfg.PublicURL == "" && forThisMachineOnly(n.URL()) {
		fmt.Fprintln(out, "  手机打不开这个地址：请用 --public-url 填写观众访问的地址\n  Phones can't reach this address: say with --public-url where they can")
	}
	if n.db.Fresh() {
		where := n.cfg.Data
		if n.cfg.Database != "" {
			where = redact(n.cfg.Database)
		}
		fmt.Fprintf(out, "  这是一份新记录 / new record in %s\n", where)
	}
	for _, w := range plan.Warnings(n.contests.Plan(n.contests.Home())) {
		fmt.Fprintf(out, "  方案提示 %s  %s\n", w.ID, w.Zh)
	}
	if secret != "" {
		fmt.Fprintf(out, "\n首次启动：用这个一次性链接建立第一位组织者（24 小时内有效）\nFirst start: this one-time link makes the first organiser (24 hours)\n\n  %s/admin#setup=%s\n\n", n.URL(), secret)
	}
	return nil
}

// SetupLink returns the secret of a one-time link that makes the first
// organiser, and "" once there is one.
func (n *Node) SetupLink(ctx context.Context) (string, error) { return n.desk.SetupLink(ctx) }

// Run serves until ctx ends or a part fails, then drains.
func (n *Node) Run(ctx context.Context) error {
	var g run.Group
	add := func(execute func(context.Context) error) {
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		g.Add(func() error { return execute(ctx) }, func(error) { cancel() })
	}
	stop := make(chan struct{})
	g.Add(func() error {
		select {
		case <-ctx.Done():
		case <-stop:
		}
		return nil
	}, func(error) { close(stop); n.drain() })
	add(func(ctx context.Context) error { return quiet(ctx, n.box.Run(ctx)) })
	add(n.theatre.Run)
	add(n.logs.run)
	add(n.beat)
	add(n.watchStore)
	add(n.checkFacts)
	add(n.keepRights)
	add(n.keepUses)
	add(n.feed.run)
	if n.roll != nil {
		add(n.roll.run)
	}
	add(func(ctx context.Context) error { return quiet(ctx, n.hub.Run(ctx)) })
	g.Add(func() error {
		select { // whoever comes in finds the shows, or the way to them
		case <-n.theatre.Known():
		case <-stop:
			return nil
		}
		close(n.running)
		err := n.http.Serve(n.edge.Listen(n.listener))
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return err
	}, func(error) {})
	err := g.Run()
	n.close()
	return err
}

// drain is the first half of a stop: readiness says no while the door is still
// open, then nobody new comes in, requests in flight end, and every socket is
// told when to come back. The parts stop after it.
func (n *Node) drain() {
	n.draining.Store(true)
	if n.several() { // another node goes on with the shows while this one still answers
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		n.theatre.Stop(ctx)
		cancel()
	}
	time.Sleep(lameDuck)
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	var sockets sync.WaitGroup
	sockets.Go(func() { n.hub.Drain(ctx, drainWindow) })
	if err := n.http.Shutdown(ctx); err != nil {
		n.cfg.Log.Warn("requests were cut off", "err", err)
		n.http.Close()
	}
	sockets.Wait()
}

// close is the second half: media, then the store, which the votes need last.
func (n *Node) close() {
	for _, c := range n.closers {
		if err := c(); err != nil && !errors.Is(err, net.ErrClosed) {
			n.cfg.Log.Warn("close", "err", err)
		}
	}
}

// quiet drops the error of a part that was told to stop.
func quiet(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
