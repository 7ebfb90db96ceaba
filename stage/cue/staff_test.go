package cue

import (
	"encoding/json"
	"os"
	"testing"
)

// TestEveryAlarmHasItsText: an alarm is told by a text of the desk's catalogue,
// so one without a text would be a bare code at the worst moment.
func TestEveryAlarmHasItsText(t *testing.T) {
	for _, lang := range []string{"zh", "en"} {
		raw, err := os.ReadFile("../../static/i18n/director." + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]string
		if err := json.Unmarshal(raw, &texts); err != nil {
			t.Fatal(err)
		}
		for _, code := range alarms() {
			if texts["alarm."+code] == "" {
				t.Errorf("%s: no text for alarm %s", lang, code)
			}
		}
	}
}

// alarms returns all codes of alarms.
func alarms() []string {
	return []string{AlarmBallotMissed, AlarmClock, AlarmSlept, AlarmStore, AlarmStoreFull, AlarmStoreLow, AlarmStoreLog, AlarmRedis, AlarmBallotAside, AlarmVotesChanged, AlarmFactsForged, AlarmAwardShort}
}
