package wire_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hecai/fault"
	"hecai/hub/wire"
)

func TestDecode(t *testing.T) {
	full := `{"t":"sub","pad":"` + strings.Repeat("x", wire.MaxFrame-len(`{"t":"sub","pad":""}`)) + `"}`
	tests := []struct {
		name string
		data string
		want wire.Inbound
		code string
	}{
		{"auth", `{"t":"auth","ticket":"abc"}`, wire.Inbound{T: "auth", Ticket: "abc"}, ""},
		{"sub with since", `{"t":"sub","k":["a","b"],"since":{"b":7}}`,
			wire.Inbound{T: "sub", Topics: json.RawMessage(`["a","b"]`), Since: map[string]int64{"b": 7}}, ""},
		{"req", `{"t":"req","id":3,"m":"vote.cast","d":{"x":1}}`,
			wire.Inbound{T: "req", ID: 3, Method: "vote.cast", Body: json.RawMessage(`{"x":1}`)}, ""},
		{"seen", `{"t":"seen","k":"stage/s1","v":9,"scene":"poll"}`,
			wire.Inbound{T: "seen", Topics: json.RawMessage(`"stage/s1"`), V: 9, Scene: "poll"}, ""},
		{"unknown fields are ignored", `{"t":"sub","later":{"a":[1]}}`, wire.Inbound{T: "sub"}, ""},
		{"unknown type is for the hub to answer", `{"t":"dance"}`, wire.Inbound{T: "dance"}, ""},
		{"spaces around", " \n{\"t\":\"sub\"}\t", wire.Inbound{T: "sub"}, ""},
		{"exactly the bound", full, wire.Inbound{T: "sub"}, ""},
		{"one over the bound", full + " ", wire.Inbound{}, "wire.too_large"},
		{"empty", ``, wire.Inbound{}, "wire.malformed"},
		{"no JSON", `hello`, wire.Inbound{}, "wire.malformed"},
		{"cut off", `{"t":"sub"`, wire.Inbound{}, "wire.malformed"},
		{"a list", `[{"t":"sub"}]`, wire.Inbound{}, "wire.malformed"},
		{"null", `null`, wire.Inbound{}, "wire.malformed"},
		{"two objects", `{"t":"sub"}{"t":"sub"}`, wire.Inbound{}, "wire.malformed"},
		// json.Decoder.More says no at a closing bracket, so this once passed.
		{"a bracket too many", `{"t":"sub"}}`, wire.Inbound{}, "wire.malformed"},
		{"type of the wrong kind", `{"t":7}`, wire.Inbound{}, "wire.malformed"},
		{"id that is no integer", `{"t":"req","id":1.5}`, wire.Inbound{}, "wire.malformed"},
		{"since that is no integer", `{"t":"sub","since":{"a":"b"}}`, wire.Inbound{}, "wire.malformed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := wire.Decode([]byte(tt.data))
			if code := fault.CodeOf(err); code != tt.code {
				t.Fatalf("Decode: code %q, want %q (%v)", code, tt.code, err)
			}
			if err != nil {
				if fault.KindOf(err) != fault.Invalid {
					t.Errorf("kind %q, want invalid", fault.KindOf(err))
				}
				return
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Decode (-want +got):\n%s", diff)
			}
		})
	}
}

func list(n int, name string) string {
	names := make([]string, n)
	for i := range names {
		names[i] = name
	}
	b, _ := json.Marshal(names)
	return string(b)
}

func TestNames(t *testing.T) {
	tests := []struct {
		name   string
		topics string
		want   int
		code   string
	}{
		{"two", `["a","b"]`, 2, ""},
		{"none", `[]`, 0, ""},
		{"as many as may be", list(wire.MaxTopics, "a"), wire.MaxTopics, ""},
		{"as long as may be", list(1, strings.Repeat("x", wire.MaxTopic)), 1, ""},
		{"too many", list(wire.MaxTopics+1, "a"), 0, "wire.too_many_topics"},
		{"too long", list(1, strings.Repeat("x", wire.MaxTopic+1)), 0, "wire.malformed"},
		{"an empty name", `[""]`, 0, "wire.malformed"},
		{"a string", `"a"`, 0, "wire.malformed"},
		{"missing", ``, 0, "wire.malformed"},
		{"numbers", `[1]`, 0, "wire.malformed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := wire.Inbound{Topics: json.RawMessage(tt.topics)}.Names()
			if code := fault.CodeOf(err); code != tt.code || len(got) != tt.want {
				t.Errorf("Names: %d names, code %q; want %d, %q", len(got), code, tt.want, tt.code)
			}
		})
	}
}

// TestFrames pins the bytes of every frame: clients in the field parse them.
func TestFrames(t *testing.T) {
	doc := map[string]json.RawMessage{"b": json.RawMessage(`2`), "a": json.RawMessage(`null`)}
	tests := []struct {
		name string
		got  []byte
		want string
	}{
		{"hello", wire.Hello("c1", "judge", 12), `{"t":"hello","conn":"c1","role":"judge","now":12,"hb":5000}`},
		{"snap", wire.Snapshot("k", 4, doc), `{"t":"snap","k":"k","v":4,"d":{"a":null,"b":2}}`},
		{"snap of nothing", wire.Snapshot("k", 4, map[string]json.RawMessage{}), `{"t":"snap","k":"k","v":4,"d":{}}`},
		{"delta", wire.Delta("k", 3, 5, doc), `{"t":"delta","k":"k","b":3,"v":5,"d":{"a":null,"b":2}}`},
		{"event", wire.Event("k", 6, json.RawMessage(`{"x":[1]}`)), `{"t":"ev","k":"k","s":6,"d":{"x":[1]}}`},
		{"gap", wire.Gap("k", 6), `{"t":"gap","k":"k","s":6}`},
		{"beat", wire.Beat(99), `{"t":"hb","now":99}`},
		{"reply", wire.Reply(3, map[string]int{"rev": 1}), `{"t":"re","id":3,"d":{"rev":1}}`},
		{"reply of nothing", wire.Reply(3, nil), `{"t":"re","id":3,"d":null}`},
		{"refusal", wire.Refuse(3, wire.Refusal{Code: "vote.closed", Kind: "closed"}), `{"t":"re","id":3,"err":{"code":"vote.closed","kind":"closed"}}`},
		{"refusal with arguments", wire.Refuse(0, wire.Refusal{Code: "a", Kind: "limited", Args: map[string]any{"retryAfter": 1000}}),
			`{"t":"re","id":0,"err":{"code":"a","kind":"limited","args":{"retryAfter":1000}}}`},
		{"bye", wire.Bye(wire.CloseRestart, 1500), `{"t":"bye","code":4000,"retryAfter":1500}`},
	}
	for _, tt := range tests {
		if string(tt.got) != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, tt.got, tt.want)
		}
	}
}

// TestReplyThatCannotBeEncoded: the client that waits must hear something, and
// it waits for its own number.
func TestReplyThatCannotBeEncoded(t *testing.T) {
	var got struct {
		T   string       `json:"t"`
		ID  int64        `json:"id"`
		Err wire.Refusal `json:"err"`
	}
	if err := json.Unmarshal(wire.Reply(7, func() {}), &got); err != nil {
		t.Fatal(err)
	}
	if got.T != "re" || got.ID != 7 || got.Err.Code != "internal" || got.Err.Kind != string(fault.Internal) {
		t.Errorf("got %+v, want the refusal of 7 as internal", got)
	}
}

// TestCloseCodes: the range tells whether to come back, and each code has its
// own reason, which is also its metric label and must fit a close frame.
func TestCloseCodes(t *testing.T) {
	retry := []int{wire.CloseRestart, wire.CloseSlow, wire.CloseIdle, wire.CloseTooMany}
	final := []int{wire.CloseMalformed, wire.CloseLate, wire.CloseTicket, wire.CloseRevoked, wire.CloseTooLarge}
	seen := map[string]int{}
	check := func(code, from, to int) {
		r := wire.Reason(code)
		if code < from || code > to {
			t.Errorf("%d is not in %d–%d", code, from, to)
		}
		if r == "" || len(r) > 123 || seen[r] != 0 {
			t.Errorf("reason of %d is %q, also of %d", code, r, seen[r])
		}
		seen[r] = code
	}
	for _, c := range retry {
		check(c, 4000, 4499)
	}
	for _, c := range final {
		check(c, 4500, 4999)
	}
	if r := wire.Reason(1000); r != "" {
		t.Errorf("reason of 1000 is %q, want none", r)
	}
}

// FuzzDecode: no input panics, and what is accepted keeps the bounds that the
// hub counts on.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"t":"auth","ticket":"abc"}`, `{"t":"sub","k":["stage/s1"],"since":{"show/s1":41}}`, `{"t":"unsub","k":["a"]}`,
		`{"t":"req","id":1,"m":"vote.cast","d":{"a":1}}`, `{"t":"seen","k":"stage/s1","v":3,"scene":"x"}`,
		`{}`, `null`, `[]`, `{"t":"sub"}}`, `{"t":"sub","k":null}`, `{"t":"\ud800"}`, "\xff\xfe", `{"id":9223372036854775808}`,
		list(40, "t"), `{"t":"sub","k":` + list(40, "t") + `}`, `{"d":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := wire.Decode(data)
		if err != nil {
			if code := fault.CodeOf(err); code != "wire.malformed" && code != "wire.too_large" {
				t.Fatalf("code %q", code)
			}
			return
		}
		if len(data) > wire.MaxFrame {
			t.Fatalf("accepted %d bytes", len(data))
		}
		var object map[string]json.RawMessage
		if err := json.Unmarshal(data, &object); err != nil || object == nil {
			t.Fatalf("accepted %q, which is not one object: %v", data, err)
		}
		for _, raw := range []json.RawMessage{in.Body, in.Topics} {
			if len(raw) > 0 && !json.Valid(raw) {
				t.Fatalf("passed on %q, which is no JSON", raw)
			}
		}
		names, err := in.Names()
		if err != nil {
			return
		}
		if len(names) > wire.MaxTopics {
			t.Fatalf("%d topics", len(names))
		}
		for _, n := range names {
			if n == "" || len(n) > wire.MaxTopic {
				t.Fatalf("topic of %d bytes", len(n))
			}
		}
	})
}

// Frames nest what the caller encoded, unescaped and unchanged.
func ExampleDelta() {
	fmt.Printf("%s\n", wire.Delta("stage/final", 7, 8, map[string]json.RawMessage{"cue": json.RawMessage(`"poll"`), "timer": json.RawMessage("null")}))
	// Output: {"t":"delta","k":"stage/final","b":7,"v":8,"d":{"cue":"poll","timer":null}}
}
