package httpd

import (
	"regexp"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

var param = regexp.MustCompile(`:(\w+)`)

// TestEveryRouteIsInTheSpec compares the route table with openapi.yaml, both
// ways.
func TestEveryRouteIsInTheSpec(t *testing.T) {
	spec, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := spec.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	var want []string
	for path, item := range spec.Paths.Map() {
		for method := range item.Operations() {
			if path != "/ws" && path != "/metrics" { // handlers of other packages
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
