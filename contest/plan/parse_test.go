package plan

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hecai/contest"
	"hecai/strict"
)

func TestThePlanOfThePaper(t *testing.T) {
	p := jilin(t)
	directions := 0
	for _, track := range p.Tracks {
		directions += len(track.Directions)
	}
	roles := make(map[contest.BodyRole]int)
	for _, b := range p.Bodies {
		roles[b.Role]++
	}
	got := map[string]int{
		"tracks": len(p.Tracks), "directions": directions, "criteria": len(p.Criteria), "phases": len(p.Phases),
		"events": len(p.Events), "hosts": roles[contest.RoleHost], "guides": roles[contest.RoleGuide],
		"executors": roles[contest.RoleExecutor], "juries": roles[contest.RoleJury], "venues": len(p.Venues),
	}
	want := map[string]int{
		"tracks": 12, "directions": 46, "criteria": 4, "phases": 4, "events": 4,
		"hosts": 13, "guides": 1, "executors": 1, "juries": 1, "venues": 2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var quotas, weights []int
	for _, a := range p.Awards {
		quotas = append(quotas, a.Quota)
	}
	for _, c := range p.Criteria {
		weights = append(weights, c.Weight)
	}
	if !slices.Equal(quotas, []int{2, 3, 5, 20}) || !slices.Equal(weights, []int{30, 30, 25, 15}) {
		t.Errorf("quotas %v, weights %v", quotas, weights)
	}
	if track, ok := p.Track("meteorology"); !ok || track.No != 10 || track.Short != "气象服务" {
		t.Errorf("track ten is %+v", track)
	}
	if mobileForm.Match(Jilin2024) {
		t.Error("the plan file has a mobile number")
	}
}

func TestWarningsOfThePlan(t *testing.T) {
	p := jilin(t)
	seen := make(map[string]int)
	for _, w := range Warnings(p) {
		seen[w.ID]++
		if w.Path == "" || w.Zh == "" || w.En == "" {
			t.Errorf("%+v is not whole", w)
		}
	}
	want := map[string]int{
		"W-01": 1, "W-02": 1, "W-03": 1, "W-04": 1, "W-05": 1, "W-06": 1, "W-07": 1, "W-08": 1, "W-09": 1,
		"W-10": 1, "W-11": 1, "W-12": 1, "W-13": 1, "W-14": 1, "W-15": 1, "W-16": 1, "W-17": 1, "W-18": 2,
		"W-19": 1, "W-20": 1, "W-21": 1, "W-22": 2,
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
}

func TestWarningsComeFromTheData(t *testing.T) {
	p := jilin(t)
	p.Events[0].Weekday, p.Events[0].Date = "星期日", "2024-09-08"
	p.Events[1].Venue = "operation-center"
	p.Events[2].Audience = "全部入围项目"
	p.Events[3].Weekday = "星期天"
	p.Events[3].Date = "2024-09-29"
	p.Contacts[1].Phone = "0431-88779900"
	p.Phases[0].To, p.Phases[1].To, p.Phases[2].To = "2024-08-20", "2024-09-01", "2024-09-10"
	p.Scoring.Tentative, p.Defaults.Tentative, p.Defaults.Nominees = false, false, 5
	p.Awards[0].Quota = 12
	for _, w := range Warnings(p) {
		switch w.ID {
		case "W-08", "W-09", "W-16", "W-17", "W-18", "W-19", "W-20", "W-21", "W-22":
		default:
			t.Errorf("%s is told without cause: %s", w.ID, w.En)
		}
	}
}

func TestDates(t *testing.T) {
	tests := []struct {
		in  contest.Date
		ok  bool
		day time.Weekday
		zh  string
	}{
		{"2024-09-06", true, time.Friday, "星期五"},
		{"2024-09-08", true, time.Sunday, "星期日"},
		{"2024-02-29", true, time.Thursday, "星期四"},
		{"2023-02-29", false, -1, ""},
		{"2024-9-6", false, -1, ""},
		{"", false, -1, ""},
	}
	for _, tt := range tests {
		if tt.in.Valid() != tt.ok || tt.in.Weekday() != tt.day || tt.in.WeekdayZh() != tt.zh {
			t.Errorf("%q: %v %v %q", tt.in, tt.in.Valid(), tt.in.Weekday(), tt.in.WeekdayZh())
		}
	}
	p := jilin(t)
	from, to := p.Window("2024-08-26", "2024-09-05")
	if got := time.UnixMilli(from).UTC().Format(time.RFC3339); got != "2024-08-25T16:00:00Z" {
		t.Errorf("the preliminary starts at %s", got)
	}
	if got := time.UnixMilli(to).UTC().Format(time.RFC3339); got != "2024-09-05T16:00:00Z" {
		t.Errorf("the preliminary ends at %s", got)
	}
}

// spoil replaces text in the plan file, which must be there.
func spoil(t *testing.T, pairs ...string) []byte {
	t.Helper()
	text := string(Jilin2024)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the plan file has no %q", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return []byte(text)
}

func TestABadFileIsRefusedWholeWithEveryMistake(t *testing.T) {
	data := spoil(t,
		`"code": "JL-2024"`, `"code": "吉林"`,
		`"theme": "数据赋能 乘数而上"`, `"theme": ""`,
		`"timezone": "Asia/Shanghai"`, `"timezone": "Mars/Olympus"`,
		`"from": "2024-08-26"`, `"from": "2024-08-32"`,
		`"kind": "roadshow"`, `"kind": "picnic"`,
		`"id": "agriculture"`, `"id": "manufacturing"`,
		`"no": 3`, `"no": "三"`,
		`"weight": 25`, `"weight": 26`,
		`"quota": 20`, `"quota": 0`,
		`"place": "operation-center"`, `"place": "somewhere"`,
		`"floor": 60`, `"flor": 60`,
		`"phone": "0431-80763032"`, `"phone": "13800000000"`,
		`"city": "`, `"city": "\u0007`,
		`"shortName": "`, `"shortName": "`+strings.Repeat("长", maxName),
		`"to": "2024-09-25"`, `"to": "2024-09-05"`,
		`"from": "2024-09-27"`, `"from": "2024-07-27"`,
		`"no": 2`, `"no": 7`,
	)
	plan, problems := Parse(data)
	if plan != nil {
		t.Fatal("a bad file gives a plan")
	}
	got := make(map[string]string)
	line := 0
	for _, p := range problems {
		got[p.Path] = p.Code
		if p.Line < line || p.Line == 0 {
			t.Errorf("line %d after %d: %v", p.Line, line, p)
		}
		line = p.Line
		if !strings.Contains(p.Error(), p.Code) || !strings.Contains(p.Error(), "line ") {
			t.Errorf("reads badly: %v", p)
		}
	}
	want := map[string]string{
		"code": "plan.bad_id", "theme": "plan.required", "timezone": "plan.timezone",
		"phases[1].from": "plan.bad_date", "events[2].kind": "plan.choice", "tracks[1].id": "plan.duplicate",
		"rules[3].no": "file.type", "criteria": "plan.sum", "awards[3].quota": "plan.range",
		"phases[1].place": "plan.unknown_venue", "scoring.flor": "file.unknown_field", "contacts[0].phone": "plan.mobile",
		"city": "plan.control_character", "shortName": "plan.too_long", "phases[2].to": "plan.date_order", "phases[3].from": "plan.out_of_season",
		"rules[2].no": "plan.not_dense",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	bad := slices.IndexFunc(problems, func(p strict.Problem) bool { return p.Code == "plan.bad_date" })
	lines := bytes.Split(data, []byte("\n"))
	if text := string(lines[problems[bad].Line-1]); !strings.Contains(text, "2024-08-32") {
		t.Errorf("the line of the bad date reads %q", text)
	}
}

// TestAPlanHasAHost: a contest that nobody holds is refused.
func TestAPlanHasAHost(t *testing.T) {
	_, problems := Parse(bytes.ReplaceAll(Jilin2024, []byte(`"role": "host"`), []byte(`"role": "guide"`)))
	if len(problems) != 1 || problems[0].Code != "plan.no_host" || problems[0].Path != "bodies" {
		t.Errorf("got %v", problems)
	}
}

func TestUnreadableFiles(t *testing.T) {
	tests := []struct {
		name, in, code string
		line           int
	}{
		{"empty", "", "file.syntax", 1},
		{"cut short", "{\n\"code\": \"a\"", "file.syntax", 2},
		{"a stray comma", "{\n\"code\": \"a\",\n}", "file.syntax", 3},
		{"two values", "{}\n{}", "file.syntax", 2},
		{"not UTF-8", "{\n\"code\": \"\xbc\xaa\"}", "file.encoding", 2},
		{"not an object", "[]", "file.type", 1},
		{"too deep", strings.Repeat("[", 99) + strings.Repeat("]", 99), "file.too_deep", 1},
		{"too large", strings.Repeat(" ", form.Bytes+1), "file.too_large", 0},
		{"too many items", `{"tracks":[` + strings.Repeat("{},", 300) + "{}]}", "file.too_many", 1},
		{"a field twice", "{\"code\":\"a\",\n\"code\":\"b\"}", "file.duplicate_field", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			plan, problems := Parse([]byte(tt.in))
			i := slices.IndexFunc(problems, func(p strict.Problem) bool { return p.Code == tt.code })
			if plan != nil || i < 0 || problems[i].Line != tt.line {
				t.Errorf("got %v", problems)
			}
		})
	}
}

func TestAByteOrderMarkIsNoMistake(t *testing.T) {
	if _, problems := Parse(append([]byte("\xef\xbb\xbf"), Jilin2024...)); len(problems) > 0 {
		t.Error(problems)
	}
}

func FuzzParsePlan(f *testing.F) {
	f.Add(Jilin2024)
	f.Add([]byte(`{"code":"x","tracks":[{"directions":[{}]}],"awards":[{"quota":1e9}]}`))
	f.Add([]byte(`[1,{"a":null}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		plan, problems := Parse(data)
		if (plan == nil) == (len(problems) == 0) {
			t.Fatalf("plan %v with problems %v", plan != nil, problems)
		}
		for _, p := range problems {
			if p.Code == "" || p.Error() == "" {
				t.Fatalf("an empty problem: %+v", p)
			}
		}
		if plan == nil {
			return
		}
		Warnings(plan)
		again, err := json.Marshal(plan)
		if err != nil {
			t.Fatal(err)
		}
		same, problems := Parse(again)
		if len(problems) > 0 || !reflect.DeepEqual(same.Tracks, plan.Tracks) {
			t.Fatalf("a good plan does not survive writing: %v", problems)
		}
	})
}

func jilin(t testing.TB) *contest.Plan {
	t.Helper()
	plan, problems := Parse(Jilin2024)
	for _, p := range problems {
		t.Error(p)
	}
	if plan == nil {
		t.Fatal("the embedded plan does not load")
	}
	return plan
}
