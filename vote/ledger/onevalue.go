package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// OneValue reports whether a text is one JSON value in which no object has a name
// twice, in any spelling: of two values a reader shows the one and checks the other.
func OneValue(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	err := once(d)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		return wrong("文件末尾有多余的内容", "something follows the proof")
	}
	var twice *twiceError
	switch {
	case errors.As(err, &twice):
		return wrong(fmt.Sprintf("字段“%s”出现了两次", twice.name), fmt.Sprintf("the field %q is there twice", twice.name))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return wrong("文件不完整，请重新下载", "the file is cut short")
	}
	return wrong("不是喝彩的凭证，或被改过", fmt.Sprintf("no proof of Hecai, or changed: %v", err))
}

type twiceError struct{ name string }

func (e *twiceError) Error() string { return "twice: " + e.name }

// once reads one value.
func once(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	open, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	names := map[string]bool{}
	for d.More() {
		if open == '{' {
			token, err := d.Token()
			if err != nil {
				return err
			}
			name, _ := token.(string)
			fold := strings.ToLower(name) // as Go's own reader takes it
			if names[fold] {
				return &twiceError{name}
			}
			names[fold] = true
		}
		if err := once(d); err != nil {
			return err
		}
	}
	_, err = d.Token() // what closes it
	return err
}
