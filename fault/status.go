package fault

import "time"

// statuses are the HTTP statuses of the kinds.
var statuses = map[Kind]int{
	Invalid: 400, Unauthenticated: 401, Forbidden: 403, NotFound: 404, Conflict: 409,
	Closed: 410, Limited: 429, Unavailable: 503, Internal: 500,
}

// finer are the codes for which HTTP has a status of its own, which a protocol
// (RFC 9110, RFC 9725) wants.
var finer = map[string]int{
	"http.method": 405, "stream.method": 405,
	"http.too_large": 413, "stream.too_large": 413,
	"stream.media_type":            415,
	"stream.precondition":          412,
	"stream.precondition_required": 428,
	"stream.codec":                 422, "stream.need_h264": 422, "stream.need_vp8": 422,
}

// Status is the HTTP status that the error is answered with.
func (e *Error) Status() int {
	if s, ok := finer[e.Code]; ok {
		return s
	}
	if s, ok := statuses[e.Kind]; ok {
		return s
	}
	return statuses[Internal]
}

// RetrySeconds is what the header Retry-After says (RFC 9110, section 10.2.3): the
// wait in whole seconds, never too short; 0 = no header. Who is refused for the
// moment alone is always told.
func (e *Error) RetrySeconds() int {
	if e.RetryAfter <= 0 && (e.Kind == Limited || e.Kind == Unavailable) {
		return 1
	}
	return int((max(0, e.RetryAfter) + time.Second - 1) / time.Second)
}
