package httpd

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"hecai/fault"
)

// read parses a JSON body into v. Unknown fields are ignored, so that an older
// server understands a newer page; trailing text is an error. Its texts are
// Plain.
func read[T any](c echo.Context) (T, error) {
	var v T
	raw, err := body(c)
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, bodyFault(err)
	}
	return v, nil
}

// exact is read, but a field that is not known is refused (file.unknown_field).
func exact[T any](c echo.Context) (T, error) {
	v, err := read[T](c)
	if err != nil {
		return v, err
	}
	raw, err := body(c)
	if err != nil {
		return v, err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(new(T)); err != nil {
		name, _ := strings.CutPrefix(err.Error(), "json: unknown field ") // it has no type of its own
		return v, fault.Wrap(fault.Invalid, "file.unknown_field", err, "").With("field", strings.Trim(name, `"`))
	}
	return v, nil
}

// body reads a JSON body; what was read can be read again.
func body(c echo.Context) ([]byte, error) {
	r := c.Request()
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		return nil, fault.New(fault.Invalid, "http.malformed", "content type %q", r.Header.Get("Content-Type"))
	}
	raw, err := io.ReadAll(r.Body)
	if err == nil {
		raw, err = Plain(raw)
	}
	if err != nil {
		return nil, bodyFault(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(raw))
	return raw, nil
}

func bodyFault(err error) error {
	var tooLarge *http.MaxBytesError
	var he *echo.HTTPError
	var known *fault.Error
	if errors.As(err, &known) {
		return err
	}
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

// number reads a number of the query; none is 0.
func number(c echo.Context, name string) (int64, error) {
	text := c.QueryParam(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fault.New(fault.Invalid, "http.malformed", "%s %q", name, text)
	}
	return n, nil
}
