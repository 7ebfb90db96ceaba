package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// api is openapi.yaml: what goes over the API in these tests is held against it.
var api = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromFile("../server/httpd/openapi.yaml")
	if err != nil {
		return nil, err
	}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			if op.RequestBody != nil {
				for _, media := range op.RequestBody.Value.Content {
					closed(media.Schema, map[*openapi3.Schema]bool{})
				}
			}
		}
	}
	return doc, nil
})

// closed allows no field that the schema doesn't name. Outside the office the server
// ignores such fields of a body; who sends one has made a mistake.
func closed(ref *openapi3.SchemaRef, seen map[*openapi3.Schema]bool) {
	if ref == nil || seen[ref.Value] {
		return
	}
	s := ref.Value
	seen[s] = true
	if s.AdditionalProperties.Has == nil && s.AdditionalProperties.Schema == nil && len(s.Properties) > 0 {
		s.AdditionalProperties.Has = new(bool)
	}
	closed(s.Items, seen)
	closed(s.AdditionalProperties.Schema, seen)
	for _, p := range s.Properties {
		closed(p, seen)
	}
}

// nodes are the hosts of nodes, whose answers to pages are held: beside them there
// are proxies and servers that play another's part.
var nodes sync.Map

// holdNode adds a node for the time of its test: its port may be another's then.
func holdNode(t testing.TB, host string) {
	nodes.Store(host, true)
	t.Cleanup(func() { nodes.Delete(host) })
}

// exchange is a request and its answer.
type exchange struct {
	method string
	url    *url.URL
	kind   string // content type of what was sent
	sent   []byte // nil: not known
	status int
	header http.Header
	got    []byte
}

// check says what is wrong with an exchange, by openapi.yaml. Pages, files and
// media are not of the API; what refuses them is.
func (x exchange) check() error {
	doc, err := api()
	if err != nil {
		return err
	}
	path, item := route(doc, x.url.EscapedPath())
	switch {
	case item == nil && x.status >= 400 && x.status != http.StatusMethodNotAllowed && x.code() == "http.not_found":
		return x.answers(doc.Components.Responses["NotFound"].Value)
	case x.status == http.StatusRequestEntityTooLarge && x.code() == "http.too_large":
		return x.answers(doc.Components.Responses["TooLarge"].Value)
	case item == nil && !strings.HasPrefix(x.url.Path, "/v1/"):
		return nil
	case item == nil:
		return errors.New("no such path")
	}
	method := x.method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	op := item.GetOperation(method)
	if op == nil {
		if x.status != http.StatusMethodNotAllowed {
			return errors.New("no such method")
		}
		return x.answers(doc.Components.Responses["Method"].Value)
	}
	response := op.Responses.Status(x.status)
	if response == nil {
		return fmt.Errorf("status %d is not listed: %.300s", x.status, x.got)
	}
	if err := x.answers(response.Value); err != nil {
		return err
	}
	if x.status >= 300 {
		return nil // what was sent may be wrong in any way
	}
	for name, values := range x.url.Query() {
		p := op.Parameters.GetByInAndName("query", name)
		if p == nil {
			return fmt.Errorf("%s has no parameter %q", path, name)
		}
		var v any = values[0]
		if n, err := strconv.ParseFloat(values[0], 64); err == nil && p.Schema.Value.Type.Is("integer") {
			v = n
		}
		if err := p.Schema.Value.VisitJSON(v); err != nil {
			return fmt.Errorf("parameter %q: %w", name, err)
		}
	}
	return x.asks(op)
}

func (x exchange) code() string {
	var refusal struct{ Error struct{ Code string } }
	_ = json.Unmarshal(x.got, &refusal)
	return refusal.Error.Code
}

// answers checks the answer.
func (x exchange) answers(want *openapi3.Response) error {
	if x.method == http.MethodHead {
		return nil
	}
	if len(want.Content) == 0 {
		if len(x.got) > 0 {
			return fmt.Errorf("%d has a body: %.300s", x.status, x.got)
		}
		return nil
	}
	kind, _, _ := mime.ParseMediaType(x.header.Get("Content-Type"))
	media := want.Content[kind]
	if media == nil {
		return fmt.Errorf("%d has content type %q", x.status, kind)
	}
	if kind != "application/json" && kind != "application/problem+json" {
		return nil
	}
	if err := fits(media.Schema, x.got); err != nil {
		return fmt.Errorf("answer %d: %w\n%.1500s", x.status, err, x.got)
	}
	var refusal struct{ Error struct{ Kind string } }
	if kind, ok := want.Extensions["x-kind"].(string); ok {
		if err := json.Unmarshal(x.got, &refusal); err != nil || refusal.Error.Kind != kind {
			return fmt.Errorf("answer %d of kind %q, want %q", x.status, refusal.Error.Kind, kind)
		}
	}
	return nil
}

// asks checks the body of a request that was granted.
func (x exchange) asks(op *openapi3.Operation) error {
	if op.RequestBody == nil {
		return nil // whatever is sent is not read
	}
	kind, _, _ := mime.ParseMediaType(x.kind)
	media := op.RequestBody.Value.Content[kind]
	if media == nil {
		return fmt.Errorf("was sent content type %q", kind)
	}
	if kind != "application/json" || x.sent == nil {
		return nil
	}
	if err := fits(media.Schema, x.sent); err != nil {
		return fmt.Errorf("was sent: %w\n%.1500s", err, x.sent)
	}
	return nil
}

func fits(schema *openapi3.SchemaRef, text []byte) error {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return err
	}
	return schema.Value.VisitJSON(v, openapi3.MultiErrors(), openapi3.SetSchemaErrorMessageCustomizer(func(err *openapi3.SchemaError) string {
		return "/" + strings.Join(err.JSONPointer(), "/") + ": " + err.Reason
	}))
}

// route finds the path of the document that an address is of: the one with the
// fewest parameters.
func route(doc *openapi3.T, address string) (path string, item *openapi3.PathItem) {
	parts, fewest := strings.Split(address, "/"), 100
next:
	for p, it := range doc.Paths.Map() {
		want, params := strings.Split(p, "/"), 0
		if len(want) != len(parts) {
			continue
		}
		for i, w := range want {
			if strings.HasPrefix(w, "{") && parts[i] != "" {
				params++
			} else if w != parts[i] {
				continue next
			}
		}
		if params < fewest {
			path, item, fewest = p, it, params
		}
	}
	return path, item
}

// checked holds what goes through it against openapi.yaml.
type checked struct {
	t    testing.TB
	next http.RoundTripper
}

func (c checked) RoundTrip(r *http.Request) (*http.Response, error) {
	x := exchange{method: r.Method, url: r.URL, kind: r.Header.Get("Content-Type")}
	if r.Body == nil {
		x.sent = []byte{}
	} else if r.GetBody != nil {
		if body, err := r.GetBody(); err == nil {
			x.sent, _ = io.ReadAll(body)
		}
	}
	resp, err := c.next.RoundTrip(r)
	if err != nil || resp.StatusCode == http.StatusSwitchingProtocols {
		return resp, err
	}
	got, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(got), failing{err}))
	if err == nil {
		x.status, x.header, x.got = resp.StatusCode, resp.Header, got
		x.report(c.t)
	}
	return resp, nil
}

// failing is the end of what was read: the error that it ended with.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}

// report fails the test for an exchange that is not as openapi.yaml says.
func (x exchange) report(t testing.TB) {
	if err := x.check(); err != nil && t.Context().Err() == nil { // afterwards nobody may write to it
		t.Errorf("%s %s is not as openapi.yaml says: %v", x.method, x.url.RequestURI(), err)
	}
}

// TestWhatIsNotInTheSpecIsFound: the check that all other tests rely on.
func TestWhatIsNotInTheSpecIsFound(t *testing.T) {
	t.Parallel()
	const link = `{"id":"a","token":"s","url":"u","qr":"<svg/>"}`
	asked := `{"role":"judge","name":"j1","session":"final"}`
	for _, tt := range []struct {
		name, method, target, sent string
		status                     int
		kind, got                  string
		wrong                      string
	}{
		{"as it says", "POST", "/v1/admin/links", asked, 200, "application/json; charset=UTF-8", link, ""},
		{"a refusal", "POST", "/v1/admin/links", "?", 403, "application/json", `{"error":{"code":"access.forbidden","kind":"forbidden"}}`, ""},
		{"a page", "GET", "/admin", "", 200, "text/html", "<!doctype html>", ""},
		{"nothing there", "GET", "/v1/none", "", 404, "application/json", `{"error":{"code":"http.not_found","kind":"not_found"}}`, ""},
		{"another method", "PUT", "/v1/time", "", 405, "application/json", `{"error":{"code":"http.method","kind":"invalid"}}`, ""},
		{"the head alone", "HEAD", "/v1/time", "", 200, "application/json", "", ""},

		{"a path", "GET", "/v1/none", "", 200, "application/json", "{}", "no such path"},
		{"a path that refuses", "GET", "/v1/none", "", 404, "application/json", `{"error":{"code":"vote.closed","kind":"not_found"}}`, "no such path"},
		{"a method", "PUT", "/v1/time", "", 200, "application/json", "{}", "no such method"},
		{"a status", "GET", "/v1/time", "", 410, "application/json", `{"error":{"code":"vote.closed","kind":"closed"}}`, "410 is not listed"},
		{"a type", "GET", "/v1/time", "", 200, "text/plain", `{"now":1}`, "content type"},
		{"another kind", "GET", "/v1/me", "", 401, "application/json", `{"error":{"code":"access.signin","kind":"closed"}}`, "want"},
		{"a field less", "GET", "/v1/time", "", 200, "application/json", `{}`, "now"},
		{"a field more", "GET", "/v1/time", "", 200, "application/json", `{"now":1,"zone":"x"}`, "zone"},
		{"a body", "DELETE", "/v1/admin/links/a", "", 204, "", "x", "has a body"},
		{"a parameter", "GET", "/v1/time?zone=x", "", 200, "application/json", `{"now":1}`, "zone"},
		{"a parameter's value", "GET", "/v1/stage/final/facts?after=-1", "", 200, "application/json", `[]`, "after"},
		{"sent a field less", "POST", "/v1/admin/links", `{"role":"judge","name":"j1"}`, 200, "application/json", link, "session"},
		{"sent a field more", "POST", "/v1/admin/links", `{"role":"judge","name":"j1","session":"final","title":"x"}`, 200, "application/json", link, "title"},
		{"sent another value", "POST", "/v1/admin/links", `{"role":"king","name":"j1","session":"final"}`, 200, "application/json", link, "role"},
	} {
		x := exchange{method: tt.method, url: mustURL("http://node" + tt.target), kind: "application/json", sent: []byte(tt.sent),
			status: tt.status, header: http.Header{"Content-Type": {tt.kind}}, got: []byte(tt.got)}
		switch err := x.check(); {
		case tt.wrong == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong)):
			t.Errorf("%s: %v, want it to tell of %q", tt.name, err, tt.wrong)
		}
	}
}
