package httpd

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"hecai/fault"
)

// errorBody is what a page gets: a code to translate and public values for it.
// Details stay in the log.
type errorBody struct {
	Error struct {
		Code string         `json:"code"`
		Kind fault.Kind     `json:"kind"`
		Args map[string]any `json:"args,omitempty"`
	} `json:"error"`
}

// httpFault classifies what Echo itself refuses.
func httpFault(err error) *fault.Error {
	var he *echo.HTTPError
	if !errors.As(err, &he) {
		return fault.Of(err)
	}
	switch he.Code {
	case http.StatusNotFound:
		return fault.Wrap(fault.NotFound, "http.not_found", err, "")
	case http.StatusMethodNotAllowed:
		return fault.Wrap(fault.Invalid, "http.method", err, "")
	case http.StatusRequestEntityTooLarge:
		return fault.Wrap(fault.Invalid, "http.too_large", err, "")
	case http.StatusUnsupportedMediaType, http.StatusBadRequest:
		return fault.Wrap(fault.Invalid, "http.malformed", err, "")
	default:
		return fault.Wrap(fault.Internal, "internal", err, "")
	}
}

// errorHandler is the one place where an error becomes a response.
func errorHandler(log *slog.Logger) echo.HTTPErrorHandler {
	return func(err error, c echo.Context) {
		if c.Response().Committed {
			return
		}
		f := httpFault(err)
		if f.Kind == fault.Internal {
			log.Error("request failed", "method", c.Request().Method, "path", c.Path(), "err", err)
		}
		var body errorBody
		body.Error.Code, body.Error.Kind, body.Error.Args = f.Code, f.Kind, f.Public()
		if f.Kind == fault.Unauthenticated {
			c.Response().Header().Set("WWW-Authenticate", `Bearer realm="hecai"`)
		}
		if wait := f.RetrySeconds(); wait > 0 {
			c.Response().Header().Set("Retry-After", strconv.Itoa(wait))
		}
		c.Response().Header().Set("Cache-Control", "no-store")
		if err := c.JSON(f.Status(), body); err != nil {
			log.Debug("error response not sent", "err", err)
		}
	}
}
