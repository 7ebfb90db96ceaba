package webrtc

import "strings"

// oneLayer takes simulcast (RFC 8853) out of a camera's offer, so that the answer
// agrees to one layer and the sender sends one: a programme has one picture. What
// tells layers apart goes too, header extensions and SSRCs; without a layer to
// name, a packet belongs to the section that has its payload type. Other offers
// come back as they are.
func oneLayer(offer string) string {
	if !strings.Contains(offer, "\na=simulcast:") {
		return offer
	}
	var out strings.Builder
	for section := range sections(offer) {
		layered := strings.Contains(section, "\na=simulcast:")
		for line := range strings.Lines(section) {
			if strings.HasPrefix(line, "a=extmap:") && strings.Contains(line, "urn:ietf:params:rtp-hdrext:sdes:") || layered && ofLayers(line) {
				continue
			}
			out.WriteString(line)
		}
	}
	return out.String()
}

func ofLayers(line string) bool {
	for _, p := range []string{"a=simulcast:", "a=rid:", "a=ssrc:", "a=ssrc-group:"} {
		if strings.HasPrefix(line, p) {
			return true
		}
	}
	return false
}

// sections yields the session part of a description and then each media section.
func sections(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for text != "" {
			end := strings.Index(text, "\nm=") + 1
			if end == 0 {
				end = len(text)
			}
			if !yield(text[:end]) {
				return
			}
			text = text[end:]
		}
	}
}
