package webrtc

import (
	"strings"

	"hecai/fault"
)

// precondition checks an If-Match header against the resource's strong ETag
// (RFC 9110 section 13.1.1). RFC 9725 asks for the header on every PATCH.
func precondition(ifMatch, etag string) error {
	if strings.TrimSpace(ifMatch) == "" {
		return fault.New(fault.Invalid, "stream.precondition_required", "no If-Match")
	}
	for part := range strings.SplitSeq(ifMatch, ",") {
		if tag := strings.TrimSpace(part); tag == "*" || tag == etag {
			return nil
		}
	}
	return fault.New(fault.Conflict, "stream.precondition", "If-Match names another version")
}
