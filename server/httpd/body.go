package httpd

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/labstack/echo/v4"

	"hecai/fault"
)

// read parses a JSON body into v. Unknown fields are ignored, so that an older
// server understands a newer page; trailing text is an error.
func read[T any](c echo.Context) (T, error) {
	var v T
	r := c.Request()
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		return v, fault.New(fault.Invalid, "http.malformed", "content type %q", r.Header.Get("Content-Type"))
	}
	dec := json.NewDecoder(r.Body)
	if err := dec.Decode(&v); err != nil {
		return v, bodyFault(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return v, fault.New(fault.Invalid, "http.malformed", "text after the JSON value")
	}
	return v, nil
}

func bodyFault(err error) error {
	var tooLarge *http.MaxBytesError
	var he *echo.HTTPError
	if errors.As(err, &tooLarge) || errors.As(err, &he) && he.Code == http.StatusRequestEntityTooLarge {
		return fault.Wrap(fault.Invalid, "http.too_large", err, "")
	}
	return fault.Wrap(fault.Invalid, "http.malformed", err, "")
}

// private marks a response that no cache may keep.
func private(c echo.Context) { c.Response().Header().Set("Cache-Control", "no-store") }

// ok answers with v and no caching.
func ok(c echo.Context, v any) error {
	private(c)
	return c.JSON(http.StatusOK, v)
}

// done answers an action that has nothing to say.
func done(c echo.Context) error {
	private(c)
	return c.NoContent(http.StatusNoContent)
}
