package node

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/server/httpd"
)

// peers is the way to the node that has the shows. A request that is of the shows,
// and comes to another node, is passed on as it is: its cookie or token counts
// there as here, since all of that is in the record. What a socket asks for is
// passed on in the name of who holds it. Both are signed with a secret of the
// record.
type peers struct {
	pass httpd.Pass
	http *http.Client
}

// passTime bounds a request that is passed on.
const passTime = 20 * time.Second

func (n *Node) openPeers(ctx context.Context) (*peers, error) {
	key, err := n.db.Secret(ctx, "node", 32)
	if err != nil {
		return nil, err
	}
	return &peers{pass: httpd.Pass{Key: key, Now: n.cfg.Now}, http: &http.Client{Timeout: passTime}}, nil
}

// elsewhere returns what the edge does with requests that are of the shows; nil:
// they are always here.
func (p *peers) elsewhere(n *Node) *httpd.Elsewhere {
	if p == nil {
		return nil
	}
	return &httpd.Elsewhere{Pass: p.pass, Here: n.theatre.Here, Documents: func() any { return n.bus.Documents() }, Send: func(w http.ResponseWriter, r *http.Request, in contest.Code) error {
		to, err := p.owner(n)
		if err != nil {
			return err
		}
		proxy := httputil.ReverseProxy{
			Rewrite: func(out *httputil.ProxyRequest) {
				out.SetURL(to)
				out.Out.Host = out.In.Host
				p.pass.Sign(out.Out, access.Identity{Contest: in, From: n.edge.Address(out.In)})
			},
			ErrorHandler: func(_ http.ResponseWriter, out *http.Request, cause error) { err = unanswered(out.Method, cause) },
		}
		proxy.ServeHTTP(w, r)
		return err
	}}
}

// owner is the address of the node that has the shows.
func (p *peers) owner(n *Node) (*url.URL, error) {
	at := n.theatre.Owner()
	to, err := url.Parse(at.Address)
	if at.Address == "" || err != nil {
		return nil, moving(err)
	}
	return to, nil
}

// moving answers while the shows are between two nodes.
func moving(cause error) error {
	const detail = "the shows are moving to another node"
	if cause == nil {
		return fault.New(fault.Unavailable, "stage.unavailable", detail).After(time.Second)
	}
	return fault.Wrap(fault.Unavailable, "stage.unavailable", cause, detail).After(time.Second)
}

// unanswered tells of a request that was passed on, and whose answer did not come. It
// may have been done all the same, unless no node was reached, or there was nothing
// to do.
func unanswered(method string, cause error) error {
	var failed *net.OpError
	if errors.As(cause, &failed) && failed.Op == "dial" || method == http.MethodGet || method == http.MethodHead {
		return moving(cause)
	}
	return fault.Wrap(fault.Internal, "stage.unconfirmed", cause, "no answer from the node that has the shows")
}

// elsewhere reports whether another node has the shows, or none.
func (n *Node) elsewhere() bool { return n.others != nil && !n.theatre.Here() }

// ask passes on what a socket asked for.
func (p *peers) ask(ctx context.Context, n *Node, id access.Identity, path string, body any) (json.RawMessage, error) {
	to, err := p.owner(n)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.JoinPath(path).String(), bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	p.pass.Sign(req, id)
	res, err := p.http.Do(req)
	if err != nil {
		return nil, unanswered(req.Method, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return nil, unanswered(req.Method, err)
	}
	if res.StatusCode >= 300 {
		return nil, httpd.FaultOf(res.StatusCode, answer)
	}
	return answer, nil
}
