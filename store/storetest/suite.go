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
		{"a contest is added whole", contestIsAdded},
		{"entries come back as saved", entriesRoundTrip},
		{"an import is applied whole or not at all", importIsWhole},
		{"numbers may move among entries", numbersMove},
		{"an entry that is out leaves what is to come", entryLeaves},
		{"judges come back as saved", judgesRoundTrip},
		{"a judge with a sheet stays", judgeGoes},
		{"a session has its own order and panel", sessionHasOrderAndPanel},
		{"sessions are set up and taken away", sessionsAreSetUp},
		{"sessions reveal results", sessionsRevealResults},
		{"the only session stays", theOnlySessionStays},
		{"a rundown is read as it was written, and grows its session's revision", rundownRoundTrips},
		{"cameras keep their order and their names", camerasKeepOrder},
		{"a ballot is numbered, and frozen once it opened", ballotFreezes},
		{"rounds count from zero each", roundsStartFromZero},
		{"a revealed ballot never opens again", revealedStays},
		{"a sealed ballot takes no new round", sealedTakesNoRound},
		{"a missed ballot stays shut until a person opens it", missedStaysShut},
		{"a retry gets its first receipt", retryGetsReceipt},
		{"a batch decides in order", batchDecidesInOrder},
		{"papers add up to the quota", papersAddUp},
		{"one voter many times at once counts once", sameVoterInParallel},
		{"every vote answered before the close is counted", closeRacesWithCasts},
		{"tally, recount and model agree", tallyAgrees},
		{"a changed count is noticed", miscountIsNoticed},
		{"a rewritten vote is found", rewrittenIsFound},
		{"a round keeps its opening, its close and its head", aRoundHasItsRecords},
		{"one unreadable ballot keeps no other waiting", badBallotAlone},
		{"a vote is changed so often and no more", changesAreBounded},
		{"a big batch fits", bigBatch},
		{"a sheet is edited from its newest revision only", sheetRevision},
		{"a lock takes no more sheets", sheetLock},
		{"locks and sheets race without harm", lockRacesWithSheets},
		{"an owner's write carries its lease", aWriteCarriesItsLease},
		{"a lease changes hands", leaseChangesHands},
		{"shows follow the ballots", showsFollowTheBallots},
		{"a holder that slept past its life is locked out", sleeperIsLockedOut},
		{"a lease outlives no step of the clock", clockSteps},
		{"one of several takers gets a lease", twoTakers},
		{"facts follow each other", factsFollow},
		{"one of two writers of a fact wins", factsRace},
		{"a changed fact breaks the chain", chainBreaks},
		{"a seal is never changed", sealStays},
		{"one take of a show is on, with ballots of its own", takesFollow},
		{"takes of two sessions share no ballot", takesOfTwoSessions},
		{"a take that has ended is shut", endedTakeIsShut},
		{"a take that was purged is gone", purgedTakeIsGone},
		{"what was rehearsed is held against nobody", rehearsedIsNotHeld},
		{"messages keep their order", messagesKeepOrder},
		{"accounts and their sessions", accounts},
		{"links", links},
		{"a one-time link works once", oneTimeOnce},
		{"a name is spent once", spentOnce},
		{"the first organiser is made once", setUpOnce},
		{"voters are dense", votersAreDense},
		{"voters come in groups", groupsOfVoters},
		{"a ticket binds to one device", ticketOnce},
		{"a ticket that has not voted can be freed", ticketFreed},
		{"a device takes one ticket", oneTicketEach},
		{"an act of the back office is a row", anActIsARow},
		{"a failed act is no row", aFailedActIsNoRow},
		{"changes are found by who and by what", changesAreFound},
		{"no later save wins in silence", noSaveWinsInSilence},
		{"one of several saves wins", oneSaveWins},
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
