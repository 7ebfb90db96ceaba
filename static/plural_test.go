package static

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// TestCountedNouns: an English text that counts something has a form for one of it, as
// in "{n} {n|judge|judges}".
func TestCountedNouns(t *testing.T) {
	bare := regexp.MustCompile(`\{(n|all|count|need|have|min|minutes|voters|papers|entries|sheets|awards|sectors)\} (?:[a-z]+ )?(?:[a-z]{2,}s|are|have|people)\b`)
	never := map[string]string{
		"preset.tally.line": "the host says it of a whole hall, and the stage counts",
		"sheet.several":     "one sheet is chosen by itself",
	}
	counted := 0
	sources(t, ".json", func(name string, body []byte) {
		if !strings.HasPrefix(name, "i18n/") || !strings.HasSuffix(name, ".en.json") {
			return
		}
		var texts map[string]string
		if err := json.Unmarshal(body, &texts); err != nil {
			t.Fatal(err)
		}
		for key, text := range texts {
			counted += strings.Count(text, "|")
			if m := bare.FindString(text); m != "" && never[key] == "" {
				t.Errorf("%s: %s: one of %q", name, key, m)
			}
		}
	})
	if counted == 0 {
		t.Error("no text counts")
	}
}
