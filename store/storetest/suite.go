package storetest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hecai/fault"
)

// Run asks a kind of record everything that the program relies on. Each
// question gets a fresh record.
func Run(t *testing.T, open Opener) {
	questions := []struct {
		name string
		ask  func(t *testing.T, db Record)
	}{
		{"a secret is made once and kept", secretIsKept},
		{"a counter has no gaps under concurrency", counterIsDense},
		{"a plan replaces the one in force", planIsReplaced},
		{"entries come back as saved", entriesRoundTrip},
		{"an import is applied whole or not at all", importIsWhole},
		{"numbers may move among entries", numbersMove},
		{"judges come back as saved", judgesRoundTrip},
		{"a session has its own order and panel", sessionHasOrderAndPanel},
		{"a rundown is edited from its newest revision only", rundownRevision},
		{"cameras keep their order and their names", camerasKeepOrder},
		{"a ballot is numbered, and frozen once it opened", ballotFreezes},
		{"rounds count from zero each", roundsStartFromZero},
		{"a revealed ballot never opens again", revealedStays},
		{"a retry gets its first receipt", retryGetsReceipt},
		{"a batch decides in order", batchDecidesInOrder},
		{"papers add up to the quota", papersAddUp},
		{"one voter many times at once counts once", sameVoterInParallel},
		{"every vote answered before the close is counted", closeRacesWithCasts},
		{"tally, recount and model agree", tallyAgrees},
		{"a changed count is noticed", miscountIsNoticed},
		{"a big batch fits", bigBatch},
		{"a sheet is edited from its newest revision only", sheetRevision},
		{"a lock takes no more sheets", sheetLock},
		{"locks and sheets race without harm", lockRacesWithSheets},
		{"facts follow each other", factsFollow},
		{"one of two writers of a fact wins", factsRace},
		{"a changed fact breaks the chain", chainBreaks},
		{"a seal is never changed", sealStays},
		{"messages keep their order", messagesKeepOrder},
		{"accounts and their sessions", accounts},
		{"links", links},
		{"a one-time link works once", oneTimeOnce},
		{"voters are dense", votersAreDense},
		{"a ticket binds to one device", ticketOnce},
		{"a caller who has gone writes nothing", goneCallerWritesNothing},
	}
	for _, q := range questions {
		t.Run(q.name, func(t *testing.T) {
			q.ask(t, open(t))
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if got := fault.CodeOf(err); got != code {
		t.Fatalf("error %v has code %q, want %q", err, got, code)
	}
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("%s (-want +got):\n%s", what, d)
	}
}

func goneCallerWritesNothing(t *testing.T, db Record) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 20 {
		if _, err := db.Counter(ctx, "gone"); err == nil {
			t.Fatal("a cancelled call wrote")
		}
	}
	n, err := db.Counter(context.Background(), "gone")
	must(t, err)
	same(t, "counter", n, int64(1))
}
