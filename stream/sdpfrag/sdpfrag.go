// Package sdpfrag reads and writes application/trickle-ice-sdpfrag bodies
// (RFC 8840) as WHIP and WHEP carry them in PATCH. It is pure and takes hostile
// bytes.
package sdpfrag

import (
	"errors"
	"strconv"
	"strings"
)

// MaxCandidates bounds what one body may carry.
const maxCandidates = 64

// errMalformed says that a body is not a fragment at all. A single bad
// candidate is no such error: RFC 9725 wants those dropped without a word.
var errMalformed = errors.New("malformed sdp fragment")

// Candidate is one candidate with the media section it belongs to.
type Candidate struct {
	Line  string // the attribute's value: "candidate:1 1 udp 2130706431 …"
	Mid   string
	Index int // position of the section in the fragment, -1 before the first
}

// Frag is one fragment.
type Frag struct {
	Ufrag, Pwd string // of the session, or of the first section that has them
	Candidates []Candidate
	End        bool // a=end-of-candidates was there
}

// Parse reads a fragment.
func Parse(body string) (*Frag, error) {
	f := &Frag{}
	mid, index, known := "", -1, false
	for raw := range strings.SplitSeq(body, "\n") {
		line := strings.TrimRight(raw, "\r")
		if line == "" {
			continue
		}
		if len(line) < 2 || line[1] != '=' {
			return nil, errMalformed
		}
		name, value, _ := strings.Cut(line[2:], ":")
		switch {
		case line[0] == 'm':
			mid, known = "", true
			index++
		case line[0] != 'a': // v=, o=, s=, t=, c= carry nothing here
		case name == "ice-ufrag":
			known = true
			setOnce(&f.Ufrag, value)
		case name == "ice-pwd":
			known = true
			setOnce(&f.Pwd, value)
		case name == "mid":
			mid = value
		case name == "candidate" && value != "":
			known = true
			if len(f.Candidates) < maxCandidates {
				f.Candidates = append(f.Candidates, Candidate{Line: line[2:], Mid: mid, Index: index})
			}
		case name == "end-of-candidates":
			f.End, known = true, true
		}
	}
	if !known {
		return nil, errMalformed
	}
	return f, nil
}

func setOnce(to *string, value string) {
	if *to == "" {
		*to = value
	}
}

// Answer takes from a full session description what a restart's answer needs:
// credentials, and the candidates of its first section (the rest is bundled).
func Answer(sdp string) string {
	var b strings.Builder
	var media, mid string
	var ufrag, pwd string
	var lines []string
	sections := 0
	for raw := range strings.SplitSeq(sdp, "\n") {
		line := strings.TrimRight(raw, "\r")
		switch {
		case strings.HasPrefix(line, "m="):
			if sections++; sections == 1 {
				media = line
			}
		case strings.HasPrefix(line, "a=ice-ufrag:"):
			setOnce(&ufrag, line)
		case strings.HasPrefix(line, "a=ice-pwd:"):
			setOnce(&pwd, line)
		case sections != 1:
		case strings.HasPrefix(line, "a=mid:"):
			mid = line
		case strings.HasPrefix(line, "a=candidate:"), line == "a=end-of-candidates":
			lines = append(lines, line)
		}
	}
	for _, line := range append([]string{"a=ice-lite", ufrag, pwd, media, mid}, lines...) {
		if line != "" {
			b.WriteString(line)
			b.WriteString("\r\n")
		}
	}
	return b.String()
}

// Restart returns the session description with other ICE credentials and
// without candidates: what the offer would have been after a restart. ok is
// false when the credentials break the grammar of RFC 8839 section 5.4.
func Restart(sdp, ufrag, pwd string) (out string, ok bool) {
	if !iceChars(ufrag, 4) || !iceChars(pwd, 22) {
		return "", false
	}
	var b strings.Builder
	for raw := range strings.SplitSeq(sdp, "\n") {
		line := strings.TrimRight(raw, "\r")
		switch {
		case line == "", strings.HasPrefix(line, "a=candidate:"), line == "a=end-of-candidates":
			continue
		case strings.HasPrefix(line, "o="):
			line = bump(line)
		case strings.HasPrefix(line, "a=ice-ufrag:"):
			line = "a=ice-ufrag:" + ufrag
		case strings.HasPrefix(line, "a=ice-pwd:"):
			line = "a=ice-pwd:" + pwd
		}
		b.WriteString(line)
		b.WriteString("\r\n")
	}
	return b.String(), true
}

// bump raises the version in an o= line by one.
func bump(line string) string {
	parts := strings.Split(line, " ")
	if len(parts) < 3 {
		return line
	}
	if v, err := strconv.ParseUint(parts[2], 10, 63); err == nil {
		parts[2] = strconv.FormatUint(v+1, 10)
	}
	return strings.Join(parts, " ")
}

func iceChars(s string, least int) bool {
	if len(s) < least || len(s) > 256 {
		return false
	}
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/') {
			return false
		}
	}
	return true
}
