// Package app wires one node and runs it: what starts in which order, what
// stops in which order, and nothing else. It holds no rule of the contest. The
// order of a stop is the promise to those who wait: stop accepting, tell the
// sockets when to come back, let the votes in flight be written, close the
// media, close the store.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/oklog/run"
)

// Bounds of a stop.
const (
	drainWindow = 4 * time.Second // over which sockets are told to come back
	stopTimeout = 5 * time.Second // for requests in flight
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
	fmt.Fprintf(out, "喝彩 Hecai  %s\n", n.URL())
	for _, w := range n.plan.Warnings() {
		fmt.Fprintf(out, "  方案提示 %s  %s\n", w.ID, w.Zh)
	}
	secret, err := n.SetupLink(ctx)
	if err != nil {
		return err
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
	add(func(ctx context.Context) error {
		select {
		case <-n.box.Failed():
			return errors.New("the ballot box stopped: a commit failed; restart to recount")
		case <-ctx.Done():
			return nil
		}
	})
	for _, s := range n.shows.list() {
		add(func(ctx context.Context) error { return quiet(ctx, s.stage.Run(ctx)) })
	}
	add(n.pulse)
	add(func(ctx context.Context) error { return quiet(ctx, n.hub.Run(ctx)) })
	g.Add(func() error {
		err := n.http.Serve(n.listener)
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return err
	}, func(error) {})
	close(n.running)
	err := g.Run()
	n.close()
	return err
}

// drain is the first half of a stop: nobody new comes in, requests in flight
// end, and every socket is told when to come back. The parts stop after it.
func (n *Node) drain() {
	n.draining.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), drainWindow+stopTimeout)
	defer cancel()
	go n.hub.Drain(ctx, drainWindow)
	if err := n.http.Shutdown(ctx); err != nil {
		n.cfg.Log.Warn("requests were cut off", "err", err)
		n.http.Close()
	}
	n.hub.Drain(ctx, drainWindow)
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
