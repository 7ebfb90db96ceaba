package httpd

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
)

// Elsewhere is where requests go that are of the shows, while another node of the
// record has them.
type Elsewhere struct {
	Pass Pass
	Here func() bool
	// Documents are what this node tells the others of the shows, for one that does
	// not hear it.
	Documents func() any
	Send      func(w http.ResponseWriter, r *http.Request, in contest.Code) error
}

// Pass marks a request that one node passes on to another: which contest it is in,
// whom it comes from, and in whose name it is. Nothing else of a request is believed more by it.
type Pass struct {
	Key []byte // a secret of the record
	Now func() time.Time
}

// DocumentsPath is where a node asks another one for its documents. It is no part of
// the API: only a node of the same record is answered.
const DocumentsPath = "/node/documents"

const (
	passHeader = "Hecai-Node"
	passLife   = time.Minute // clocks of nodes may differ by that
)

// Sign marks a request. An identity without a handle leaves it to the request's own
// cookie or token who asks.
func (p Pass) Sign(r *http.Request, id access.Identity) {
	body := strings.Join([]string{strconv.FormatInt(p.Now().UnixMilli(), 36), string(id.Contest), id.Handle, id.From}, " ")
	r.Header.Set(passHeader, base64.RawURLEncoding.EncodeToString(append(p.mac(r, body), body...)))
}

func (p Pass) mac(r *http.Request, body string) []byte {
	h := hmac.New(sha256.New, p.Key)
	h.Write([]byte(r.Method + " " + r.URL.EscapedPath() + " " + body))
	return h.Sum(nil)
}

// open returns what a node of ours said of a request that it passed on.
func (p Pass) open(r *http.Request) (id access.Identity, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(r.Header.Get(passHeader))
	if err != nil || len(raw) < sha256.Size {
		return id, false
	}
	body := string(raw[sha256.Size:])
	parts := strings.SplitN(body, " ", 4)
	if len(parts) != 4 || !hmac.Equal(raw[:sha256.Size], p.mac(r, body)) {
		return id, false
	}
	ms, err := strconv.ParseInt(parts[0], 36, 64)
	if err != nil || p.Now().Sub(time.UnixMilli(ms)).Abs() > passLife {
		return id, false
	}
	return access.Identity{Contest: contest.Code(parts[1]), Handle: parts[2], From: parts[3]}, true
}

// passed is open, where there are other nodes.
func (s *Server) passed(r *http.Request) (access.Identity, bool) {
	if s.cfg.Elsewhere == nil || r.Header.Get(passHeader) == "" {
		return access.Identity{}, false
	}
	return s.cfg.Elsewhere.Pass.open(r)
}

// getDocuments answers another node of the record.
func (s *Server) getDocuments(c echo.Context) error {
	private(c)
	if _, ok := s.passed(c.Request()); !ok {
		return fault.New(fault.NotFound, "http.not_found", "no node asks")
	}
	return ok(c, s.cfg.Elsewhere.Documents())
}

// passedAs is who asks by a socket at another node.
func (s *Server) passedAs(ctx context.Context, r *http.Request) (access.Identity, bool, error) {
	id, ok := s.passed(r)
	if !ok || id.Handle == "" {
		return access.Identity{}, false, nil
	}
	id, err := s.cfg.Desk.Current(ctx, id)
	return id, true, err
}

// atEveryNode are the requests that need no show: votes, and what a phone needs to
// cast them and to listen.
var atEveryNode = map[string]bool{
	"/v1/time": true, "/v1/contest": true, "/v1/tracks": true, "/v1/device": true, "/v1/tickets/redeem": true,
	"/v1/ws-tickets": true, "/v1/me": true, "/v1/votes": true, "/v1/votes/mine": true,
}

// elsewhere passes requests of the shows on to the node that has them. One that was
// passed on already goes nowhere else: the shows are between two nodes.
func (s *Server) elsewhere(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		path := r.URL.Path
		ofShows := strings.HasPrefix(path, "/whip/") || strings.HasPrefix(path, "/whep/") || strings.HasPrefix(path, "/v1/") && !atEveryNode[path]
		if s.cfg.Elsewhere == nil || !ofShows || s.cfg.Elsewhere.Here() {
			return next(c)
		}
		if _, ok := s.passed(r); ok {
			return fault.New(fault.Unavailable, "stage.unavailable", "passed on to a node that has the shows no more").After(time.Second)
		}
		return s.cfg.Elsewhere.Send(c.Response(), r, s.contestOf(r))
	}
}

// FaultOf is the fault that another node answered with.
func FaultOf(status int, answer []byte) error {
	var body errorBody
	if err := json.Unmarshal(answer, &body); err != nil || body.Error.Code == "" {
		return fault.New(fault.Internal, "internal", "another node answered with status %d", status)
	}
	f := fault.New(body.Error.Kind, body.Error.Code, "at another node")
	for k, v := range body.Error.Args {
		f = f.With(k, v)
	}
	return f
}
