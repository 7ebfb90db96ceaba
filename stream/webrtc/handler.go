package webrtc

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"hecai/fault"
)

// What a request wants to do, as the handler tells its Authorize function.
const (
	ActionPublish = "publish" // send a camera's picture, or change or end that
	ActionPlay    = "play"    // watch the programme
	ActionPreview = "preview" // watch one camera
)

// Media types of WHIP and WHEP.
const (
	typeSDP     = "application/sdp"
	typeFrag    = "application/trickle-ice-sdpfrag"
	typeProblem = "application/problem+json"
	bodyLimit   = 64 << 10
)

// Authorize says whether the request may do action, and for whom; its error's
// kind decides the status.
type Authorize func(r *http.Request, action, session, camera string) (Guest, error)

// Handler serves WHIP (RFC 9725) and WHEP under these paths:
//
//	POST   /whip/{session}/{camera}       offer a camera
//	POST   /whep/{session}[/{camera}]     ask for the programme, or one camera
//	PATCH  /whip/r/{id}, /whep/r/{id}     candidates, or an ICE restart
//	DELETE /whip/r/{id}, /whep/r/{id}     end it
//
// A session can't be called "r". Errors are application/problem+json with our
// code in "error". The programme needs no cookie, so that players on pages of any
// origin may ask for it; cameras and what is published are for our own pages.
func Handler(server *Server, auth Authorize) http.Handler {
	h := &handler{server, auth}
	mux := http.NewServeMux()
	mux.HandleFunc("/whip/r/{id}", h.resource)
	mux.HandleFunc("/whep/r/{id}", h.resource)
	mux.HandleFunc("/whip/{session}/{camera}", h.publish)
	mux.HandleFunc("/whep/{session}/{camera}", h.play)
	mux.HandleFunc("/whep/{session}", h.play)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		h.fail(w, fault.New(fault.NotFound, "stream.not_found", "no such path"))
	})
	return mux
}

type handler struct {
	server *Server
	auth   Authorize
}

// publish is the WHIP endpoint.
func (h *handler) publish(w http.ResponseWriter, r *http.Request) {
	session, camera := r.PathValue("session"), r.PathValue("camera")
	if h.endpoint(w, r, "POST, OPTIONS, GET, HEAD", "") {
		return
	}
	g, body, err := h.admit(w, r, ActionPublish, session, camera)
	if err != nil {
		h.fail(w, err)
		return
	}
	res, err := h.server.Publish(r.Context(), session, camera, g, body)
	h.created(w, res, "/whip/r/", h.again(r, res, err, g, ActionPublish, session, camera))
}

// play is the WHEP endpoint.
func (h *handler) play(w http.ResponseWriter, r *http.Request) {
	session, camera := r.PathValue("session"), r.PathValue("camera")
	if camera == "" {
		anyOrigin(w, r, "POST, GET, HEAD")
	}
	if h.endpoint(w, r, "POST, OPTIONS, GET, HEAD", typeSDP) {
		return
	}
	g, body, err := h.admit(w, r, watching(camera), session, camera)
	if err != nil {
		h.fail(w, err)
		return
	}
	res, err := h.server.Play(r.Context(), session, camera, g, body)
	h.created(w, res, "/whep/r/", h.again(r, res, err, g, watching(camera), session, camera))
}

// ForAnyOrigin reports whether a request may come from a page of any origin: one
// for the public programme, or for a viewer that is known by its secret id. A
// guard against requests of other sites lets it pass.
func ForAnyOrigin(r *http.Request) bool {
	rest, ok := strings.CutPrefix(r.URL.Path, "/whep/")
	rest = strings.TrimPrefix(rest, "r/")
	return ok && rest != "" && !strings.Contains(rest, "/")
}

// anyOrigin lets pages of other origins read the answer (Fetch, section 3.2), and
// answers their preflights. Cookies are not asked for, and do not count for who
// may see the programme.
func anyOrigin(w http.ResponseWriter, r *http.Request, methods string) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Location, ETag, Link, Accept-Patch, Retry-After")
	if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
		h.Set("Access-Control-Allow-Methods", methods)
		h.Set("Access-Control-Allow-Headers", "Content-Type, If-Match, Authorization")
		h.Set("Access-Control-Max-Age", "86400")
	}
}

func watching(camera string) string {
	if camera == "" {
		return ActionPlay
	}
	return ActionPreview
}

// endpoint answers everything but POST. headType is the content type that a
// HEAD request finds, by which WHEP players know an endpoint.
func (h *handler) endpoint(w http.ResponseWriter, r *http.Request, allow, headType string) bool {
	switch r.Method {
	case http.MethodPost:
		return false
	case http.MethodOptions:
		w.Header().Set("Accept-Post", typeSDP)
		w.Header().Set("Allow", allow)
		w.WriteHeader(http.StatusNoContent)
	case http.MethodHead:
		if headType != "" {
			w.Header().Set("Content-Type", headType)
		}
		w.WriteHeader(http.StatusOK)
	case http.MethodGet: // RFC 9725 section 4.2: 2xx and empty
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", allow)
		h.fail(w, fault.New(fault.Invalid, "stream.method", "method %s", r.Method))
	}
	return true
}

// resource serves a session resource.
func (h *handler) resource(w http.ResponseWriter, r *http.Request) {
	const allow = "PATCH, DELETE, OPTIONS, GET, HEAD"
	id := r.PathValue("id")
	info, err := h.server.lookup(id)
	if err == nil && info.plays != strings.HasPrefix(r.URL.Path, "/whep/") {
		err = fault.New(fault.NotFound, "stream.not_found", "no such resource")
	}
	if strings.HasPrefix(r.URL.Path, "/whep/") && info.camera == "" { // or one that is gone
		anyOrigin(w, r, "PATCH, DELETE, GET, HEAD")
	}
	if err != nil {
		h.fail(w, err)
		return
	}
	switch r.Method {
	case http.MethodPatch:
		h.patch(w, r, id, info)
	case http.MethodDelete: // RFC 9725 section 4.2: If-Match is ignored
		if err = h.allowed(r, info); err == nil {
			err = h.server.Delete(id)
		}
		if err != nil {
			h.fail(w, err)
			return
		}
		w.WriteHeader(http.StatusOK) // OBS takes nothing else for success
	case http.MethodOptions:
		w.Header().Set("Accept-Patch", typeFrag)
		w.Header().Set("Allow", allow)
		w.WriteHeader(http.StatusNoContent)
	case http.MethodGet, http.MethodHead:
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", allow)
		h.fail(w, fault.New(fault.Invalid, "stream.method", "method %s", r.Method))
	}
}

// patch takes trickled candidates (204) or an ICE restart (200).
func (h *handler) patch(w http.ResponseWriter, r *http.Request, id string, info resourceInfo) {
	if err := h.allowed(r, info); err != nil {
		h.fail(w, err)
		return
	}
	body, err := h.read(w, r, typeFrag)
	if err != nil {
		h.fail(w, err)
		return
	}
	res, err := h.server.Patch(r.Context(), id, strings.Join(r.Header.Values("If-Match"), ","), body)
	switch {
	case err != nil:
		h.fail(w, err)
	case res == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("ETag", res.ETag)
		w.Header().Set("Content-Type", typeFrag)
		_, _ = io.WriteString(w, res.AnswerSDP)
	}
}

// allowed asks again for every change, and then for the one who made it: the
// unguessable id alone opens nothing that was made with credentials.
func (h *handler) allowed(r *http.Request, info resourceInfo) error {
	action := ActionPublish
	if info.plays {
		action = watching(info.camera)
	}
	if _, err := h.auth(r, action, info.session, info.camera); err != nil {
		return err
	}
	if info.owner != "" && !sameOwner(info.owner, owner(r)) {
		return fault.New(fault.Forbidden, "stream.forbidden", "made with other credentials")
	}
	return nil
}

// admit authorises a POST and reads its offer.
func (h *handler) admit(w http.ResponseWriter, r *http.Request, action, session, camera string) (Guest, string, error) {
	g, err := h.auth(r, action, session, camera)
	if err != nil {
		return g, "", err
	}
	g.owner = owner(r)
	g.Crew = g.Crew || action != ActionPlay
	body, err := h.read(w, r, typeSDP)
	return g, body, err
}

// again asks once more when the connection is there: between the first answer
// and now the identity may have been revoked, and Kick found nothing to end.
func (h *handler) again(r *http.Request, res *Resource, err error, g Guest, action, session, camera string) error {
	if err != nil || g.Key == "" {
		return err
	}
	if _, err = h.auth(r, action, session, camera); err != nil {
		_ = h.server.Delete(res.ID)
	}
	return err
}

// read takes a body of the wanted type within the limit.
func (h *handler) read(w http.ResponseWriter, r *http.Request, want string) (string, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != want {
		w.Header().Set("Accept", want)
		return "", fault.New(fault.Invalid, "stream.media_type", "content type %q", r.Header.Get("Content-Type")).
			With("want", want)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return "", fault.New(fault.Invalid, "stream.too_large", "body over %d bytes", bodyLimit).With("max", bodyLimit)
	case err != nil:
		return "", fault.Wrap(fault.Invalid, "stream.bad_sdp", err, "read body")
	}
	return string(body), nil
}

// created answers a POST.
func (h *handler) created(w http.ResponseWriter, res *Resource, at string, err error) {
	if err != nil {
		h.fail(w, err)
		return
	}
	w.Header().Set("Location", at+res.ID)
	w.Header().Set("ETag", res.ETag)
	w.Header().Set("Content-Type", typeSDP)
	w.Header().Set("Accept-Patch", typeFrag)
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, res.AnswerSDP)
}

// owner is a digest of the request's credentials, "" when it has none: the
// relay compares it and never needs the secret.
func owner(r *http.Request) string {
	secret := r.Header.Get("Authorization")
	if secret == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("hecai/stream owner\x00" + secret))
	return hex.EncodeToString(sum[:])
}

// problem is RFC 9457 with our error beside.
type problem struct {
	Type   string       `json:"type"`
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Error  problemError `json:"error"`
}

type problemError struct {
	Code string         `json:"code"`
	Kind fault.Kind     `json:"kind"`
	Args map[string]any `json:"args,omitempty"`
}

// fail answers with an error.
func (h *handler) fail(w http.ResponseWriter, err error) {
	f := fault.Of(err)
	status := f.Status()
	if status >= http.StatusInternalServerError {
		h.server.log.Error("stream request", "error", err)
	} else {
		h.server.log.Debug("stream request refused", "error", err)
	}
	if f.Kind == fault.Unauthenticated {
		w.Header().Set("WWW-Authenticate", `Bearer realm="stream"`)
	}
	if wait := f.RetrySeconds(); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(wait))
	}
	w.Header().Set("Content-Type", typeProblem)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Error: problemError{f.Code, f.Kind, f.Public()},
	})
}
