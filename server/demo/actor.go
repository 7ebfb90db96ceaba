package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"time"

	"hecai/hub/client"
)

// actor is a synthetic person: a browser without pages. It knows nothing that
// the API doesn't tell it.
type actor struct {
	base  string // host:port
	token string // of a link, "" for the audience
	http  *http.Client
}

func newActor(base, token string) *actor {
	jar, _ := cookiejar.New(nil) // never fails without options
	return &actor{base: base, token: token, http: &http.Client{Jar: jar, Timeout: 10 * time.Second}}
}

// patience is how long an actor asks again for what was not done, since a part of the
// node is not there yet.
const patience = time.Minute

// call sends one request and decodes the answer into out, if not nil.
func (a *actor) call(ctx context.Context, method, path string, body, out any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	for end := time.Now().Add(patience); ; {
		status, err := a.try(ctx, method, path, data, out)
		if status != http.StatusServiceUnavailable || time.Now().After(end) || !pause(ctx, time.Second) {
			return err
		}
	}
}

func (a *actor) try(ctx context.Context, method, path string, data []byte, out any) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+a.base+path, bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	res, err := a.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		var refused struct {
			Error struct {
				Code string `json:"code"`
			} `json:"error"`
		}
		if err := json.NewDecoder(res.Body).Decode(&refused); err != nil {
			return res.StatusCode, fmt.Errorf("%s %s: %s", method, path, res.Status)
		}
		return res.StatusCode, fmt.Errorf("%s %s: %s", method, path, refused.Error.Code)
	}
	if out == nil {
		return res.StatusCode, nil
	}
	return res.StatusCode, json.NewDecoder(res.Body).Decode(out)
}

// socket opens the live connection and listens to topics.
func (a *actor) socket(ctx context.Context, as string, topics ...string) (*client.Client, error) {
	var ticket struct {
		Ticket string `json:"ticket"`
	}
	if err := a.call(ctx, "POST", "/v1/ws-tickets", map[string]string{"as": as}, &ticket); err != nil {
		return nil, err
	}
	a.http.CloseIdleConnections() // two hundred idle connections are no part of the show
	c, err := client.Dial(ctx, client.Config{URL: "ws://" + a.base + "/ws", Ticket: ticket.Ticket})
	if err != nil {
		return nil, err
	}
	if err := c.Sub(nil, topics...); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// stay keeps a socket open and calls step after each frame, until ctx ends. A
// lost socket is opened again, as a page would.
func (a *actor) stay(ctx context.Context, as string, topics []string, step func(*client.Client)) {
	for wait := time.Second; ctx.Err() == nil; wait = min(2*wait, 10*time.Second) {
		c, err := a.socket(ctx, as, topics...)
		if err != nil {
			if !pause(ctx, wait) {
				return
			}
			continue
		}
		wait = time.Second
		stop := context.AfterFunc(ctx, func() { c.Close() })
		for c.Wait(ctx, func() bool { step(c); return false }) == nil {
		}
		stop()
		c.Close()
		if !pause(ctx, time.Second) {
			return
		}
	}
}
