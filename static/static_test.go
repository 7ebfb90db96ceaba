package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// audienceBudget is what a phone may fetch before its first view, compressed:
// five thousand of them scan the code in the same minute.
const audienceBudget = 60 << 10

func site(t *testing.T) *Site {
	t.Helper()
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func get(h http.Handler, target string, header ...string) *http.Response {
	r := httptest.NewRequest("GET", target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

var pageNames = []string{"admin", "audience", "broadcast", "director", "host", "judge", "results", "screen", "site", "ticket", "verify", "vote"}

func TestEveryPageIsServedAndNamesOnlyFilesThatAreThere(t *testing.T) {
	s := site(t)
	link := regexp.MustCompile(`(?:href|src)="(/s/[^"]*)"`)
	for _, name := range pageNames {
		res := get(s.Page(name), "/")
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != 200 {
			t.Fatalf("%s: %d %v", name, res.StatusCode, err)
		}
		if got := res.Header.Get("Cache-Control"); got != "no-cache" {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
		links := link.FindAllSubmatch(body, -1)
		if len(links) < 6 {
			t.Errorf("%s has %d links, so its modules are not listed", name, len(links))
		}
		for _, m := range links {
			if got := get(s.Assets(), string(m[1])); got.StatusCode != 200 || !strings.Contains(got.Header.Get("Cache-Control"), "immutable") {
				t.Errorf("%s: %s gives %d, %q", name, m[1], got.StatusCode, got.Header.Get("Cache-Control"))
			}
		}
		if again := get(s.Page(name), "/", "If-None-Match", res.Header.Get("ETag")); again.StatusCode != 304 {
			t.Errorf("%s: the same page again gives %d", name, again.StatusCode)
		}
	}
}

func TestAssets(t *testing.T) {
	s := site(t)
	zipped := get(s.Assets(), s.base+"css/base.css", "Accept-Encoding", "gzip, br")
	if zipped.Header.Get("Content-Encoding") != "gzip" {
		t.Fatal("a style sheet comes uncompressed")
	}
	z, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	want, err := tree.ReadFile("css/base.css")
	if err != nil || !bytes.Equal(body, want) {
		t.Errorf("what comes is not the file: %v", err)
	}
	for _, c := range []struct {
		name, target string
		status       int
		cache        string
	}{
		{"an older hash still works, uncached", "/s/0123456789abcdef/css/base.css", 200, "no-store"},
		{"no such file", s.base + "css/none.css", 404, ""},
		{"out of the tree", s.base + "../static.go", 404, ""},
		{"a page is no asset", s.base + "admin/index.html", 404, ""},
		{"the icon", "/favicon.ico", 200, "public, max-age=86400"},
	} {
		got := get(s.Assets(), c.target)
		if got.StatusCode != c.status || got.Header.Get("Cache-Control") != c.cache {
			t.Errorf("%s: %d %q", c.name, got.StatusCode, got.Header.Get("Cache-Control"))
		}
	}
}

// TestAudienceBudget adds up what the live page fetches before its first view:
// the page, its style sheets, every module, and the catalogues of one language.
func TestAudienceBudget(t *testing.T) {
	s := site(t)
	for _, page := range []string{"audience", "vote"} {
		html := s.files[page+"/index.html"]
		total := size(html)
		for _, m := range regexp.MustCompile(`(?:href|src)="`+s.base+`([^"]*)"`).FindAllSubmatch(html.plain, -1) {
			if f := s.files[string(m[1])]; string(m[1]) != page+"/main.js" || !bytes.Contains(m[0], []byte("src=")) { // the entrance is preloaded under the same address
				total += size(f)
			}
		}
		for _, name := range []string{"errors", "common", "vote", page} {
			total += size(s.files["i18n/"+name+".zh.json"])
		}
		t.Logf("%s: %d bytes compressed, of %d", page, total, audienceBudget)
		if total > audienceBudget {
			t.Errorf("%s: %d bytes, the budget is %d", page, total, audienceBudget)
		}
	}
}

func size(f *file) int {
	if f.gzip != nil {
		return len(f.gzip)
	}
	return len(f.plain)
}

// sources calls f for each of our own files with the ending.
func sources(t *testing.T, ending string, f func(name string, body []byte)) {
	t.Helper()
	n := 0
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ending || strings.HasPrefix(name, "vendor/") {
			return err
		}
		body, err := tree.ReadFile(name)
		n++
		f(name, body)
		return err
	})
	if err != nil || n == 0 {
		t.Fatalf("%d files end in %s: %v", n, ending, err)
	}
}

func TestCatalogues(t *testing.T) {
	args := regexp.MustCompile(`\{\w+\}`)
	read := func(name string) map[string]string {
		body, err := tree.ReadFile("i18n/" + name)
		if err != nil {
			t.Fatal(err)
		}
		var out map[string]string
		if err := json.Unmarshal(body, &out); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return out
	}
	files, err := tree.ReadDir("i18n")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		room, isZh := strings.CutSuffix(f.Name(), ".zh.json")
		if !isZh {
			continue
		}
		zh, en := read(f.Name()), read(room+".en.json")
		for k, text := range zh {
			other, ok := en[k]
			if !ok {
				t.Errorf("%s: %s has no English", room, k)
				continue
			}
			a, b := args.FindAllString(text, -1), args.FindAllString(other, -1)
			slices.Sort(a)
			slices.Sort(b)
			if !slices.Equal(slices.Compact(a), slices.Compact(b)) {
				t.Errorf("%s: %s names %v in Chinese and %v in English", room, k, a, b)
			}
		}
		for k := range en {
			if _, ok := zh[k]; !ok {
				t.Errorf("%s: %s has no Chinese", room, k)
			}
		}
	}
}

// TestPagesLoadTheCodesThatTheyGet: a page that asks for what only the crew or only
// the office may ask for has their codes, and a phone's has not.
func TestPagesLoadTheCodesThatTheyGet(t *testing.T) {
	boot := regexp.MustCompile(`boot\(\[[^\]]*\], App(?:, \[([^\]]*)\])?\)`)
	raw := map[string][]byte{}
	for name, f := range site(t).files {
		raw[name] = f.plain
	}
	asks := map[string]*regexp.Regexp{
		"crew":   regexp.MustCompile(`'/v1/(?:judge|admin|signin)|/commands|/desk\b|'stage\.command'|publisher\.js|'host/'|'desk/'`),
		"office": regexp.MustCompile(`'/v1/admin/(?:entries|judges|ballots|staff|sessions)`),
	}
	for _, page := range pageNames {
		m := boot.FindSubmatch(raw[page+"/main.js"])
		if m == nil {
			t.Errorf("%s never boots", page)
			continue
		}
		modules, err := closure([]string{page + "/main.js"}, raw)
		if err != nil {
			t.Fatal(err)
		}
		for whose, form := range asks {
			loads := bytes.Contains(m[1], []byte("'"+whose+"'"))
			asks := slices.ContainsFunc(modules, func(name string) bool { return form.Match(raw[name]) })
			if loads != asks {
				t.Errorf("%s: loads the codes of the %s: %v, can get them: %v", page, whose, loads, asks)
			}
		}
	}
}

// TestTextsExist finds every literal key that a page asks for in the catalogues
// that the page loads.
func TestTextsExist(t *testing.T) {
	used := regexp.MustCompile(`\bt\('([a-z][\w.-]*)'\s*[,)]`)
	boot := regexp.MustCompile(`boot\(\[([^\]]*)\]`)
	s := site(t)
	known := func(rooms []string) map[string]bool {
		out := map[string]bool{}
		for _, room := range append(rooms, "common") {
			f := s.files["i18n/"+room+".zh.json"]
			if f == nil {
				t.Fatalf("no catalogue %s", room)
			}
			var texts map[string]string
			if err := json.Unmarshal(f.plain, &texts); err != nil {
				t.Fatal(err)
			}
			for k := range texts {
				out[k] = true
			}
		}
		return out
	}
	raw := map[string][]byte{}
	for name, f := range s.files {
		raw[name] = f.plain
	}
	for _, page := range pageNames {
		main := page + "/main.js"
		m := boot.FindSubmatch(raw[main])
		if m == nil {
			t.Errorf("%s never boots", main)
			continue
		}
		texts := known(strings.FieldsFunc(string(m[1]), func(r rune) bool { return strings.ContainsRune("', ", r) }))
		modules, err := closure([]string{main}, raw)
		if err != nil {
			t.Fatal(err)
		}
		for _, module := range modules {
			for _, key := range used.FindAllSubmatch(raw[module], -1) {
				if !texts[string(key[1])] {
					t.Errorf("%s: no text for %s, which the page %s shows", module, key[1], page)
				}
			}
		}
	}
}

// TestNoWayAroundTheContentPolicy keeps out what the policy forbids or what lets
// somebody's text become markup.
func TestNoWayAroundTheContentPolicy(t *testing.T) {
	bad := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|dangerouslySetInnerHTML`)
	sources(t, ".js", func(name string, body []byte) {
		if m := bad.Find(body); m != nil {
			t.Errorf("%s uses %s", name, m)
		}
	})
	inline := regexp.MustCompile(`<script[^>]*>[^<]|\sstyle="|<style|\son[a-z]+="`)
	sources(t, ".html", func(name string, body []byte) {
		if m := inline.Find(body); m != nil {
			t.Errorf("%s has %s", name, m)
		}
	})
}

// TestAudienceSyntax keeps the audience's pages within what a phone of 2020
// reads (Chrome 86, Safari 14).
func TestAudienceSyntax(t *testing.T) {
	newer := map[string]*regexp.Regexp{
		".css": regexp.MustCompile(`:has\(|@layer|@container|\binset\s*:|oklch\(|color-mix\(|(?m)^\s*&`),
		".js":  regexp.MustCompile(`(?m)^(?:const|let|var)[^=]*=\s*await |^await |\?\?=|\|\|=|\.at\(|replaceAll\(|structuredClone|Object\.hasOwn|static \{|^\s+#\w+\s*[=(;]|this\.#`),
	}
	for ending, bad := range newer {
		sources(t, ending, func(name string, body []byte) {
			dir, _, _ := strings.Cut(name, "/")
			if !slices.Contains([]string{"audience", "vote", "lib", "css"}, dir) {
				return
			}
			if m := bad.Find(body); m != nil {
				t.Errorf("%s: %s is too new", name, m)
			}
		})
	}
}

// TestVendor recomputes the hashes of what others wrote.
func TestVendor(t *testing.T) {
	var m struct {
		Packages []struct{ Name, Version, Licence, Integrity string }
		Files    map[string]string
	}
	body, err := tree.ReadFile("vendor/vendor.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	for name, want := range m.Files {
		body, err := tree.ReadFile(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s is not what vendor.json says; run go generate ./static", name)
		}
	}
	for _, p := range m.Packages {
		name := "vendor/LICENSES/" + strings.NewReplacer("@", "", "/", "-").Replace(p.Name) + ".txt"
		if _, ok := m.Files[name]; !ok || p.Version == "" || p.Integrity == "" || p.Licence == "" {
			t.Errorf("%s: version, licence or integrity is missing", p.Name)
		}
	}
	fonts, err := os.ReadDir("fonts")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fonts {
		if m.Files["fonts/"+f.Name()] == "" {
			t.Errorf("fonts/%s is in no manifest", f.Name())
		}
	}
}

func TestABrokenTreeIsFound(t *testing.T) {
	raw := map[string][]byte{"a/main.js": []byte("import { x } from '../lib/none.js';\n")}
	if _, err := closure([]string{"a/main.js"}, raw); err == nil {
		t.Error("an import of nothing passes")
	}
	s := &Site{base: "/s/0/"}
	if _, err := s.page("a/index.html", []byte(`<link href="/s/none.css">`), raw); err == nil {
		t.Error("a link to nothing passes")
	}
}
