package wire

// Close codes. 4000–4499: come back; 4500–4999: do not, as you are.
const (
	CloseRestart   = 4000 // the server is going away
	CloseSlow      = 4001 // events did not fit the queue
	CloseIdle      = 4002 // no pong
	CloseTooMany   = 4003 // no place; come back later
	CloseMalformed = 4500 // a frame that is no message of ours
	CloseLate      = 4501 // not authenticated in five seconds
	CloseTicket    = 4502 // unknown, spent or late ticket
	CloseRevoked   = 4503 // signed out, or the link was revoked
	CloseTooLarge  = 4504 // a frame over MaxFrame
)

// Reason is the text that goes with a close code, and its metric label.
func Reason(code int) string {
	switch code {
	case CloseRestart:
		return "restart"
	case CloseSlow:
		return "slow_client"
	case CloseIdle:
		return "idle"
	case CloseTooMany:
		return "too_many"
	case CloseMalformed:
		return "malformed"
	case CloseLate:
		return "not_authenticated"
	case CloseTicket:
		return "bad_ticket"
	case CloseRevoked:
		return "revoked"
	case CloseTooLarge:
		return "too_large"
	}
	return ""
}
