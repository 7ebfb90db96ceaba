package httpd

import (
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/boombuler/barcode/qr"
	"github.com/labstack/echo/v4"

	"hecai/access"
	"hecai/fault"
)

// quiet is the margin around a QR code in modules (ISO/IEC 18004, 6.3.8).
const quiet = 4

// maxQRPath bounds what is drawn, in bytes: a path of ours and a fragment.
const maxQRPath = 300

// qrSVG draws text as an SVG, dark on white, one path for all modules.
func qrSVG(text string) (string, error) {
	code, err := qr.Encode(text, qr.M, qr.Unicode)
	if err != nil {
		return "", fault.Wrap(fault.Invalid, "http.qr", err, "%d bytes", len(text))
	}
	size := code.Bounds().Dx()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges">`, size+2*quiet, size+2*quiet)
	fmt.Fprintf(&b, `<path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#07142b" d="`, size+2*quiet, size+2*quiet)
	for y := range size {
		for x := 0; x < size; x++ {
			if r, _, _, _ := code.At(x, y).RGBA(); r != 0 {
				continue
			}
			run := 1
			for x+run < size {
				if r, _, _, _ := code.At(x+run, y).RGBA(); r != 0 {
					break
				}
				run++
			}
			fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run, run)
			x += run
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}

// qrCache keeps drawn codes, about 2 MB at most. A screen's code is asked for by
// every screen.
type qrCache struct {
	mu    sync.Mutex
	drawn map[string]string // guarded by mu; by path
}

func (q *qrCache) find(path string) (string, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	svg, ok := q.drawn[path]
	return svg, ok
}

func (q *qrCache) keep(path, svg string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.drawn) >= 256 || q.drawn == nil {
		q.drawn = map[string]string{}
	}
	q.drawn[path] = svg
}

// getQR draws the address of one of our own pages. It never draws another
// site's address, so our origin cannot be used to lend one trust.
func (s *Server) getQR(c echo.Context) error {
	path := c.QueryParam("path")
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || len(path) > maxQRPath {
		return fault.New(fault.Invalid, "http.qr", "path %q", path)
	}
	text := s.address(c) + path // which the contest is in
	svg, known := s.drawn.find(text)
	if !known {
		if err := s.draws.Allow(access.Network(c.RealIP())); err != nil {
			return err
		}
		var err error
		if svg, err = qrSVG(text); err != nil {
			return err
		}
		s.drawn.keep(text, svg)
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, "image/svg+xml", []byte(svg))
}
