package demo

import (
	"io"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// printQR draws a QR code with half blocks, two modules a character, dark on
// light with its quiet zone, so that it scans from a dark terminal too.
func printQR(out io.Writer, text string) error {
	code, err := qr.Encode(text, qr.L, qr.Unicode)
	if err != nil {
		return err
	}
	const quiet = 2
	size := code.Bounds().Dx()
	dark := func(x, y int) bool {
		if x < 0 || y < 0 || x >= size || y >= size {
			return false
		}
		r, _, _, _ := code.At(x, y).RGBA()
		return r == 0
	}
	blocks := map[[2]bool]string{{true, true}: " ", {true, false}: "▄", {false, true}: "▀", {false, false}: "█"}
	var b strings.Builder
	for y := -quiet; y < size+quiet; y += 2 {
		b.WriteString("  ")
		for x := -quiet; x < size+quiet; x++ {
			b.WriteString(blocks[[2]bool{dark(x, y), dark(x, y+1)}])
		}
		b.WriteByte('\n')
	}
	_, err = io.WriteString(out, b.String()+"\n")
	return err
}
