package httpd

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"hecai/contest"
	"hecai/fault"
)

// Plain makes the texts in a JSON value fit to be kept, whatever the fields: each
// comes out as contest.Tidy has it, and a control character is refused with the
// field's name. Every request body passes here, over HTTP and over the socket,
// so a new field needs no check of its own. A password stays as it was typed.
func Plain(raw []byte) ([]byte, error) {
	if bytes.IndexByte(raw, '\\') < 0 && bytes.IndexFunc(raw, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return raw, nil // most are: a JSON string has no bare control character
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil || dec.More() {
		return raw, nil // whoever parses it next says what is wrong
	}
	v, err := plain(v, "")
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

func plain(v any, path string) (any, error) {
	var err error
	switch v := v.(type) {
	case string:
		return plainText(path, v)
	case []any:
		for i := range v {
			if v[i], err = plain(v[i], path+"["+strconv.Itoa(i)+"]"); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for key, item := range v {
			if contest.HasControl(key) {
				return nil, controlFault(path)
			}
			sub := key
			if path != "" {
				sub = path + "." + key
			}
			if s, ok := item.(string); ok && key == "password" {
				item, err = s, refuseControl(sub, s)
			} else {
				item, err = plain(item, sub)
			}
			if err != nil {
				return nil, err
			}
			v[key] = item
		}
	}
	return v, nil
}

func plainText(path, s string) (string, error) {
	s = contest.Tidy(s)
	return s, refuseControl(path, s)
}

func refuseControl(path, s string) error {
	if contest.HasControl(s) {
		return controlFault(path)
	}
	return nil
}

func controlFault(path string) error {
	return fault.New(fault.Invalid, "text.control_character", "in %q", path).With("field", strings.ToValidUTF8(path[:min(len(path), 80)], ""))
}

// plainAddress refuses an address whose parameters hold a control character or
// are no UTF-8: they name things of the record.
func plainAddress(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		for i, name := range c.ParamNames() {
			if v := c.ParamValues()[i]; contest.HasControl(v) || !utf8.ValidString(v) {
				return controlFault(name)
			}
		}
		for name, values := range c.QueryParams() {
			for _, v := range values {
				if contest.HasControl(v) || !utf8.ValidString(v) {
					return controlFault(name)
				}
			}
		}
		return next(c)
	}
}
