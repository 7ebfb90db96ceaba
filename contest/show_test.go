package contest

import (
	"encoding/json"
	"testing"
)

func TestShowIDs(t *testing.T) {
	tests := []struct {
		id      ShowID
		code    Code
		session SessionID
		take    int
		name    string
	}{
		{NewShow("JL-2024", "final", 0), "JL-2024", "final", 0, "final"},
		{NewShow("JL-2024", "final", 2), "JL-2024", "final", 2, "final~2"},
		{"a/b-c_d~10", "a", "b-c_d", 10, "b-c_d~10"},
		{"final", "", "final", 0, "final"}, // of no contest yet
		{"final~1", "", "final", 1, "final~1"},
		{"", "", "", 0, ""},
	}
	for _, tt := range tests {
		if tt.id.Contest() != tt.code || tt.id.Session() != tt.session || tt.id.Take() != tt.take || tt.id.Name() != tt.name {
			t.Errorf("%q is %q, %q, %d, %q", tt.id, tt.id.Contest(), tt.id.Session(), tt.id.Take(), tt.id.Name())
		}
		text, err := json.Marshal(tt.id)
		if want, _ := json.Marshal(tt.name); err != nil || string(text) != string(want) {
			t.Errorf("%q is written %s, %v", tt.id, text, err)
		}
		var back ShowID
		if err := json.Unmarshal(text, &back); err != nil || back.In(tt.code) != tt.id {
			t.Errorf("%s is read as %q, %v", text, back.In(tt.code), err)
		}
	}
}

func TestParseShow(t *testing.T) {
	tests := []struct {
		in   string
		want ShowID
		ok   bool
	}{
		{"final", "X-1/final", true},
		{"final~3", "X-1/final~3", true},
		{"X-1/final", "X-1/final", true},
		{"X-1/final~3", "X-1/final~3", true},
		{"Y/final", "", false},
		{"", "", false},
		{"final~0", "", false},
		{"final~01", "", false},
		{"final~", "", false},
		{"~1", "", false},
		{"a/b/c", "", false},
		{"/final", "", false},
		{"X-1/", "", false},
		{"fi nal", "", false},
	}
	for _, tt := range tests {
		got, ok := parseShow("X-1", tt.in)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%q is %q, %v", tt.in, got, ok)
		}
	}
}

func FuzzParseShow(f *testing.F) {
	for _, s := range []string{"final", "final~1", "X-1/final~22", "Y/final", "", "a/b/c", "~", "/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, ok := parseShow("X-1", s)
		if !ok {
			return
		}
		if id.Contest() != "X-1" || NewShow("X-1", id.Session(), id.Take()) != id {
			t.Errorf("%q is %q: %q, %q, %d", s, id, id.Contest(), id.Session(), id.Take())
		}
		if again, ok := parseShow("X-1", id.Name()); !ok || again != id {
			t.Errorf("%q by its name is %q, %v", id, again, ok)
		}
	})
}
