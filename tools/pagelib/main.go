// Command pagelib rebuilds the third-party files of the pages: static/vendor
// and static/fonts. It fetches the packages that static/vendor/vendor.json
// names with npm and apt, checks their integrity, bundles the library, copies
// fonts and licences and cuts the rare characters (see rare.py). Only whoever
// changes a version needs it, on Debian: `go generate ./static`.
package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// manifest is static/vendor/vendor.json.
type manifest struct {
	Packages []pkg             `json:"packages"`
	Files    map[string]string `json:"files"` // sha256 of what was made, by path below static
}

type pkg struct {
	Name      string `json:"name"`
	Version   string `json:"version"`
	Licence   string `json:"licence"`
	Integrity string `json:"integrity"`      // of the tarball, as the registry gives it
	From      string `json:"from,omitempty"` // "debian"; npm without
}

// entry is the library as the pages see it.
const entry = `import { h } from 'preact';
import htm from 'htm';
export { h, render, Fragment, createContext } from 'preact';
export { useState, useEffect, useLayoutEffect, useMemo, useCallback, useRef, useContext, useErrorBoundary } from 'preact/hooks';
export const html = htm.bind(h);
`

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: pagelib <static folder>")
	}
	if err := run(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(static string) error {
	path := filepath.Join(static, "vendor", "vendor.json")
	body, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var m manifest
	if err := json.Unmarshal(body, &m); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "vendor-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	m.Files = map[string]string{}
	write := func(name string, data []byte) error {
		sum := sha256.Sum256(data)
		m.Files[name] = hex.EncodeToString(sum[:])
		to := filepath.Join(static, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o644)
	}
	for _, p := range m.Packages {
		if err := fetch(p, work); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		licence, err := os.ReadFile(p.licence(work))
		if err != nil {
			return err
		}
		if err := write("vendor/LICENSES/"+strings.NewReplacer("@", "", "/", "-").Replace(p.Name)+".txt", licence); err != nil {
			return err
		}
	}
	if err := bundle(work, write); err != nil {
		return err
	}
	if err := fonts(work, write); err != nil {
		return err
	}
	out, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(out, '\n'), 0o644)
}

func (p pkg) licence(work string) string {
	if p.From == "debian" {
		return filepath.Join(work, p.Name, "usr/share/doc", p.Name, "copyright")
	}
	return filepath.Join(work, "node_modules", p.Name, "LICENSE")
}

// fetchDebian brings a package of Debian into work.
func fetchDebian(p pkg, work string) error {
	cmd := exec.Command("apt-get", "download", p.Name+"="+p.Version)
	cmd.Dir = work
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	found, err := filepath.Glob(filepath.Join(work, p.Name+"_*.deb"))
	if err != nil || len(found) != 1 {
		return fmt.Errorf("%d files came: %v", len(found), err)
	}
	data, err := os.ReadFile(found[0])
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	if got := "sha256-" + base64.StdEncoding.EncodeToString(sum[:]); got != p.Integrity {
		return fmt.Errorf("integrity is %s, not %s", got, p.Integrity)
	}
	return exec.Command("dpkg-deb", "-x", found[0], filepath.Join(work, p.Name)).Run()
}

// fetch brings a package into work/node_modules.
func fetch(p pkg, work string) error {
	if p.From == "debian" {
		return fetchDebian(p, work)
	}
	cmd := exec.Command("npm", "pack", "--silent", p.Name+"@"+p.Version)
	cmd.Dir = work
	name, err := cmd.Output()
	if err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(work, strings.TrimSpace(string(name))))
	if err != nil {
		return err
	}
	sum := sha512.Sum512(data)
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != p.Integrity {
		return fmt.Errorf("integrity is %s, not %s", got, p.Integrity)
	}
	return untar(data, filepath.Join(work, "node_modules", p.Name))
}

// untar writes the files of an npm tarball, whose paths all begin with a folder.
func untar(data []byte, to string) error {
	z, err := gzip.NewReader(strings.NewReader(string(data)))
	if err != nil {
		return err
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		_, name, ok := strings.Cut(h.Name, "/")
		if !ok || h.Typeflag != tar.TypeReg || !filepath.IsLocal(name) {
			continue
		}
		path := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		body, err := io.ReadAll(t)
		if err != nil {
			return err
		}
		if err := os.WriteFile(path, body, 0o644); err != nil {
			return err
		}
	}
}

func bundle(work string, write func(string, []byte) error) error {
	res := api.Build(api.BuildOptions{
		Stdin:  &api.StdinOptions{Contents: entry, ResolveDir: work, Sourcefile: "ui.js"},
		Bundle: true, Format: api.FormatESModule, LegalComments: api.LegalCommentsNone,
		MinifySyntax: true, MinifyWhitespace: true, MinifyIdentifiers: true,
		Engines: []api.Engine{{Name: api.EngineChrome, Version: "86"}, {Name: api.EngineSafari, Version: "14"}},
		Banner:  map[string]string{"js": "// preact and htm, bundled by tools/pagelib. Versions and licences: vendor.json, LICENSES."},
	})
	if len(res.Errors) > 0 {
		return fmt.Errorf("bundle: %s", res.Errors[0].Text)
	}
	return write("vendor/ui.js", res.OutputFiles[0].Contents)
}

var fontURL = regexp.MustCompile(`url\(\./files/([a-z0-9-]+\.woff2)\) format\('[a-z0-9-]+'\)(?:, url\([^)]*\) format\('woff'\))?`)

// fonts copies the two faces of the venue screens: figures in three weights,
// Chinese in slices of which a browser fetches only those it needs.
func fonts(work string, write func(string, []byte) error) error {
	modules := filepath.Join(work, "node_modules")
	var css strings.Builder
	css.WriteString("/* Barlow Semi Condensed and Noto Sans SC, OFL-1.1, copied by tools/pagelib. */\n")
	for _, f := range []struct{ pkg, css string }{
		{"@fontsource/barlow-semi-condensed", "latin-500.css"},
		{"@fontsource/barlow-semi-condensed", "latin-600.css"},
		{"@fontsource/barlow-semi-condensed", "latin-700.css"},
		{"@fontsource-variable/noto-sans-sc", "index.css"},
	} {
		dir := filepath.Join(modules, f.pkg)
		sheet, err := os.ReadFile(filepath.Join(dir, f.css))
		if err != nil {
			return err
		}
		for _, m := range fontURL.FindAllStringSubmatch(string(sheet), -1) {
			data, err := os.ReadFile(filepath.Join(dir, "files", m[1]))
			if err != nil {
				return err
			}
			if err := write("fonts/"+m[1], data); err != nil {
				return err
			}
		}
		css.WriteString(strings.ReplaceAll(fontURL.ReplaceAllString(string(sheet), "url(./$1) format('woff2')"), "'Noto Sans SC Variable'", "'Noto Sans SC'"))
	}
	more, err := rare(work, write)
	if err != nil {
		return err
	}
	css.WriteString(more)
	return write("fonts/fonts.css", []byte(css.String()))
}

//go:embed rare.py
var rarePy string

// rare cuts the characters that the package's slices leave out and names have,
// and returns their style sheet. The Medium weight stands for all: these are few
// on a screen, and a second weight would double five megabytes.
func rare(work string, write func(string, []byte) error) (string, error) {
	to := filepath.Join(work, "rare")
	if err := os.Mkdir(to, 0o755); err != nil {
		return "", err
	}
	cmd := exec.Command("/usr/bin/python3", "-", filepath.Join(work, "node_modules/@fontsource-variable/noto-sans-sc/files"),
		filepath.Join(work, "fonts-noto-cjk-extra/usr/share/fonts/opentype/noto/NotoSansCJK-Medium.ttc"), to)
	cmd.Stdin = strings.NewReader(rarePy)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("rare.py: %w: %s", err, out)
	}
	files, err := os.ReadDir(to)
	if err != nil {
		return "", err
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(to, f.Name()))
		if err == nil && f.Name() != "rare.css" {
			err = write("fonts/"+f.Name(), data)
		}
		if err != nil {
			return "", err
		}
	}
	sheet, err := os.ReadFile(filepath.Join(to, "rare.css"))
	return string(sheet), err
}
