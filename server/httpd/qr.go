package httpd

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/boombuler/barcode/qr"
	"github.com/labstack/echo/v4"

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

// getQR draws the address of one of our own pages. It never draws another
// site's address, so our origin cannot be used to lend one trust.
func (s *Server) getQR(c echo.Context) error {
	path := c.QueryParam("path")
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || len(path) > maxQRPath {
		return fault.New(fault.Invalid, "http.qr", "path %q", path)
	}
	svg, err := qrSVG(s.cfg.PublicURL() + path)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, "image/svg+xml", []byte(svg))
}
