package httpd

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

var param = regexp.MustCompile(`:(\w+)`)

// openSpec reads openapi.yaml.
func openSpec(t *testing.T) *openapi3.T {
	t.Helper()
	spec, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err == nil {
		err = spec.Validate(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// TestEveryRouteIsInTheSpec compares the route table with openapi.yaml, both
// ways.
func TestEveryRouteIsInTheSpec(t *testing.T) {
	spec := openSpec(t)
	var want []string
	for path, item := range spec.Paths.Map() {
		for method := range item.Operations() {
			if path != "/ws" && path != "/metrics" && !strings.HasPrefix(path, "/whip/") && !strings.HasPrefix(path, "/whep/") { // handlers of other packages
				want = append(want, method+" "+path)
			}
		}
	}
	var got []string
	for _, r := range new(Server).table() {
		got = append(got, r.method+" "+param.ReplaceAllString(r.path, "{$1}"))
	}
	for _, r := range got {
		if !slices.Contains(want, r) {
			t.Errorf("%s is not in openapi.yaml", r)
		}
	}
	for _, r := range want {
		if !slices.Contains(got, r) {
			t.Errorf("openapi.yaml has %s, and no route does", r)
		}
	}
}
