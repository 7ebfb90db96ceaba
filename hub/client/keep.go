package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// How a kept connection waits, as PROTOCOL.md §7 and §9 say.
const (
	quiet   = 11 * time.Second // without a frame until the socket is left
	steady  = 10 * time.Second // that a connection holds until earlier failures are forgotten
	longest = 30 * time.Second // the cap of the back-off
)

// Kept is a connection that comes back by itself.
type Kept struct {
	URL     string
	Tickets func(context.Context) (string, error) // a *Refused ends it
	States  []string                              // topics to listen to
	Events  []string
	OnFrame func(*Client, Frame) // after each frame was taken; nil: none
}

// Ended says with which close code a connection ended for good.
type Ended struct{ Code int }

func (e *Ended) Error() string { return fmt.Sprintf("closed with %d", e.Code) }

// Run keeps the connection until ctx ends, or the server says not to come back.
func (k Kept) Run(ctx context.Context) error {
	var last *Client
	tries, late := 0, false
	for {
		c, hint, held, err := k.once(ctx, last)
		if refused := (*Refused)(nil); errors.As(err, &refused) {
			return err
		}
		if held {
			tries, late = 0, false
		}
		wait := time.Duration(rand.Int64N(int64(min(longest, time.Second<<min(tries, 5)))))
		tries++
		if c != nil {
			last = c
			switch code := c.CloseCode(); {
			case code == 4000 && hint > 0:
				wait = hint
			case code == 4502, code == 4501 && !late:
				late = code == 4501
			case code >= 4500 && code <= 4999:
				return &Ended{code}
			}
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// once is one connection, until it ends: when to come back if the server said so,
// and whether it held.
func (k Kept) once(ctx context.Context, last *Client) (c *Client, hint time.Duration, held bool, err error) {
	ticket, err := k.Tickets(ctx)
	if err != nil {
		return nil, 0, false, err
	}
	hello := make(chan struct{}, 1)
	again := make(chan time.Duration, 1)
	ready := make(chan struct{}) // c is set
	c, err = Dial(ctx, Config{URL: k.URL, Ticket: ticket, After: last, Quiet: quiet, OnFrame: func(f Frame) {
		<-ready
		switch {
		case f.T == "hello":
			hello <- struct{}{}
		case f.T == "bye":
			hint = time.Duration(f.Wait) * time.Millisecond
		case f.T == "re" && f.ID == 0 && f.Err != nil && f.Err.Code == "access.too_fast":
			ms, _ := f.Err.Args["retryAfter"].(float64)
			select {
			case again <- time.Duration(ms) * time.Millisecond:
			default:
			}
		}
		if k.OnFrame != nil {
			k.OnFrame(c, f)
		}
	}})
	close(ready)
	if err != nil {
		return nil, 0, false, err
	}
	defer c.Close()
	var greeted time.Time
	for {
		select {
		case <-hello:
			greeted = time.Now()
			k.subscribe(c)
		case d := <-again: // our topics were not taken
			time.AfterFunc(max(d, time.Second/100), func() { k.subscribe(c) })
		case <-c.Done():
			return c, hint, !greeted.IsZero() && time.Since(greeted) > steady, nil
		case <-ctx.Done():
			return c, 0, false, nil
		}
	}
}

// subscribe asks for what is wanted, from what is had.
func (k Kept) subscribe(c *Client) {
	since := map[string]int64{}
	for _, t := range k.Events {
		if s := c.Seq(t); s > 0 {
			since[t] = s
		}
	}
	c.Sub(since, append(append([]string(nil), k.States...), k.Events...)...)
}
