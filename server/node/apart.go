package node

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"hecai/access"
	"hecai/hub"
	"hecai/server/httpd"
)

// While a node does not hear the one that has the shows, because Redis is away or
// because they were given two, it asks that node for its documents, by the way on
// which requests are passed on. Its pages are about a second behind then, and hear no
// events; everything else goes on as it does.

// Bounds of the asking.
const (
	fetchEvery = time.Second
	fetchTime  = 5 * time.Second // of one answer
	fetchMost  = 64 << 20        // bytes of one answer
)

// apart reports whether another node has the shows and is not heard.
func (r *roll) apart() bool {
	if r == nil || !r.n.elsewhere() {
		return false
	}
	owner := r.n.theatre.Owner()
	return owner.Address != "" && owner.ID != r.n.me.ID && !r.hears(owner.ID)
}

// hears reports whether a node was heard a moment ago.
func (r *roll) hears(node string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Up() && time.Since(r.heard[node]) <= rollLife
}

// fetch delivers the documents of the node that has the shows while it is not heard.
func (r *roll) fetch(ctx context.Context, deliver func(hub.Message)) {
	tick := time.NewTicker(fetchEvery)
	defer tick.Stop()
	for before := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		apart := r.apart()
		if apart != before {
			r.n.cfg.Log.Info("whether the node that has the shows is heard", "heard", !apart, "owner", r.n.theatre.Owner().Address)
		}
		if before = apart; !apart {
			continue
		}
		docs, err := r.n.others.documents(ctx, r.n)
		if err != nil {
			r.n.cfg.Log.Debug("the documents of the shows can't be fetched", "err", err)
			continue
		}
		for _, m := range docs {
			deliver(m)
		}
	}
}

// documents asks the node that has the shows for all that it tells the others.
func (p *peers) documents(ctx context.Context, n *Node) (docs []hub.Message, err error) {
	to, err := p.owner(n)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, to.JoinPath(httpd.DocumentsPath).String(), nil)
	if err != nil {
		return nil, err
	}
	p.pass.Sign(req, access.Identity{Contest: n.contests.Home()})
	res, err := p.http.Do(req)
	if err != nil {
		return nil, moving(err)
	}
	defer res.Body.Close()
	body := io.LimitReader(res.Body, fetchMost)
	if res.StatusCode >= 300 {
		answer, _ := io.ReadAll(body)
		return nil, httpd.FaultOf(res.StatusCode, answer)
	}
	if err := json.NewDecoder(body).Decode(&docs); err != nil {
		return nil, moving(err)
	}
	return docs, nil
}
