// Package static serves the pages: plain ES modules, style sheets and fonts,
// without a build step. Every file below /s/<hash>/ may be kept for ever, since
// the hash is that of the whole tree; a page itself is asked for anew each time
// and answered with 304 while the tree stays. Everything is compressed once,
// at the start.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:generate go run -C ../tools ./pagelib ../static

//go:embed admin audience broadcast css director fonts host i18n icons judge lib results screen site test ticket vendor verify vote
var tree embed.FS

// Site holds every file in memory, as it is and compressed. It is safe for
// concurrent use.
type Site struct {
	base  string           // "/s/<hash>/"
	files map[string]*file // by path below static
	drawn [][2]rune        // what the fonts of the screens have
}

type file struct {
	kind  string // content type
	etag  string
	plain []byte
	gzip  []byte // nil where it saves nothing
}

// New reads, links and compresses the tree. An error is a broken tree: a page
// that imports a file that isn't there.
func New() (*Site, error) {
	raw := map[string][]byte{}
	sum := sha256.New()
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := tree.ReadFile(name)
		raw[name] = body
		fmt.Fprintf(sum, "%s\x00%d\x00", name, len(body)) // the lengths keep neighbours apart
		sum.Write(body)
		return err
	})
	if err != nil {
		return nil, err
	}
	s := &Site{base: "/s/" + hex.EncodeToString(sum.Sum(nil))[:16] + "/", files: map[string]*file{}, drawn: drawn()}
	for name, body := range raw {
		if path.Base(name) == "index.html" {
			if body, err = s.page(name, body, raw); err != nil {
				return nil, err
			}
		}
		if s.files[name], err = newFile(name, body); err != nil {
			return nil, err
		}
	}
	return s, nil
}

var (
	asset    = regexp.MustCompile(`(href|src)="/s/([^"]*)"`)
	entrance = regexp.MustCompile(`<script type="module" src="/s/([^"]*)"`)
	imported = regexp.MustCompile(`(?m)^(?:import|export)\b[^'";]*?(?:from\s*)?['"](\.[^'"]+)['"]`)
)

// page points a page's links at this tree's hash and lists all its modules, so
// that the browser asks for them at once and not one behind the other.
func (s *Site) page(name string, body []byte, raw map[string][]byte) ([]byte, error) {
	var missing error
	var modules []string
	for _, m := range entrance.FindAllSubmatch(body, -1) {
		modules = append(modules, string(m[1]))
	}
	body = asset.ReplaceAllFunc(body, func(m []byte) []byte {
		g := asset.FindSubmatch(m)
		target := string(g[2])
		if _, ok := raw[target]; !ok {
			missing = fmt.Errorf("%s links to %s, which is not there", name, target)
		}
		return fmt.Appendf(nil, `%s="%s%s"`, g[1], s.base, target)
	})
	if missing != nil {
		return nil, missing
	}
	all, err := closure(modules, raw)
	if err != nil {
		return nil, err
	}
	var links strings.Builder
	for _, m := range all {
		fmt.Fprintf(&links, "<link rel=\"modulepreload\" href=\"%s%s\">\n", s.base, m)
	}
	return bytes.Replace(body, []byte("</head>"), []byte(links.String()+"</head>"), 1), nil
}

// closure returns the modules and everything they import statically.
func closure(modules []string, raw map[string][]byte) ([]string, error) {
	var all []string
	for len(modules) > 0 {
		m := modules[0]
		modules = modules[1:]
		if slices.Contains(all, m) {
			continue
		}
		all = append(all, m)
		for _, g := range imported.FindAllSubmatch(raw[m], -1) {
			target := path.Join(path.Dir(m), string(g[1]))
			if _, ok := raw[target]; !ok {
				return nil, fmt.Errorf("%s imports %s, which is not there", m, target)
			}
			modules = append(modules, target)
		}
	}
	return all, nil
}

func newFile(name string, body []byte) (*file, error) {
	sum := sha256.Sum256(body)
	f := &file{kind: contentType(name), plain: body, etag: strconv.Quote(hex.EncodeToString(sum[:])[:24])}
	if strings.HasPrefix(f.kind, "font/") || strings.HasPrefix(f.kind, "image/png") {
		return f, nil
	}
	var z bytes.Buffer
	w, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if z.Len() < len(body) {
		f.gzip = z.Bytes()
	}
	return f, nil
}

// contentType doesn't ask the machine's tables, which differ.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".json":
		return "application/json"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return mime.TypeByExtension(path.Ext(name))
}

// Page serves a page of the table in server/httpd, by the name of its folder.
func (s *Site) Page(name string) http.Handler {
	f := s.files[name+"/index.html"]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f == nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		f.serve(w, r)
	})
}

// Assets serves /s/<hash>/… and the icon. An older hash, from a page that was
// loaded before the program was replaced, gets today's file, uncached: better
// than no page in the middle of a show.
func (s *Site) Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/favicon.ico" {
			w.Header().Set("Cache-Control", "public, max-age=86400")
			s.files["icons/hecai.svg"].serve(w, r)
			return
		}
		name, current := strings.CutPrefix(r.URL.Path, s.base)
		if !current {
			_, name, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/s/"), "/")
		}
		f := s.files[name]
		if f == nil || path.Base(name) == "index.html" {
			http.NotFound(w, r)
			return
		}
		if current {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			w.Header().Set("Cache-Control", "no-store")
		}
		f.serve(w, r)
	})
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("ETag", f.etag)
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), f.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.kind)
	body := f.plain
	if f.gzip != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.gzip
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		w.Write(body) // an error means that the client has gone
	}
}
