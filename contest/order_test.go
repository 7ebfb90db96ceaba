package contest

import (
	"testing"

	"hecai/fault"
)

func TestOnBallot(t *testing.T) {
	entries := []Entry{
		{ID: "a", Order: 3, State: Qualified}, {ID: "b", Order: 1, State: Qualified},
		{ID: "c", Order: 2, State: Withdrawn}, {ID: "d", Order: 4, State: Qualified},
	}
	tests := []struct {
		name  string
		named []EntryID
		want  string
		code  string
	}{
		{"all qualified, in running order", nil, "bad", ""},
		{"the named ones, in running order whatever the list says", []EntryID{"d", "b"}, "bd", ""},
		{"a withdrawn one is refused", []EntryID{"c"}, "", "entry.not_qualified"},
		{"an unknown one is refused", []EntryID{"x"}, "", "entry.not_qualified"},
		{"a repeated one is refused", []EntryID{"a", "a"}, "", "entry.not_qualified"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := OnBallot(entries, tt.named)
			if fault.CodeOf(err) != tt.code {
				t.Fatalf("error %v, want %q", err, tt.code)
			}
			ids := ""
			for _, e := range got {
				ids += string(e.ID)
			}
			if ids != tt.want {
				t.Errorf("order %q, want %q", ids, tt.want)
			}
		})
	}
}

func TestJudgeValidate(t *testing.T) {
	good := Judge{ID: "j1", Name: "示例评委", Org: "示例大学", Sector: "高校"}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for _, bad := range []Judge{
		{}, {ID: "j1", Name: " ", Sector: "高校"}, {ID: "J 1", Name: "x", Sector: "高校"}, {ID: "j1", Name: "x", Sector: "别处"},
	} {
		if fault.CodeOf(bad.Validate()) != "judge.invalid" {
			t.Errorf("%+v is accepted", bad)
		}
	}
}
