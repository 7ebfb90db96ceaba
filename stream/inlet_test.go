package stream

import (
	"bytes"
	"testing"

	"hecai/fault"
	"hecai/stream/codec"
)

// newPublisher is a camera's connection without a network.
func newPublisher(t *testing.T, r *Relay, camera string, who Holder) (*Inlet, *Layer) {
	t.Helper()
	var in *Inlet
	in, err := r.Open("final", camera, who, func() { in.Close(true) })
	if err == nil {
		err = in.Take()
	}
	if err != nil {
		t.Fatal(err)
	}
	in.Works()
	return in, in.Layer(true, 1, func() {})
}

// TestARevokedCameraIsOffTheAirAtOnce: when its rights are gone, not one more
// packet of a camera goes out, and the slate takes over without waiting for the
// camera to be missed.
func TestARevokedCameraIsOffTheAirAtOnce(t *testing.T) {
	r, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.AddCamera("final", "a", "主舞台")
	_, layer := newPublisher(t, r, "a", Holder{Key: "link", Owner: "secret"})
	programme, err := r.Channel("final", "")
	if err != nil {
		t.Fatal(err)
	}
	k := newKept()
	defer programme.Attach(k)()
	secret := bytes.Repeat([]byte{0x55}, 50)
	secret[0] = 0x65 // an IDR slice
	cam := &camcorder{}
	push := func() {
		cam.v.SequenceNumber++
		cam.v.Timestamp += 3600
		layer.Push(&cam.v, secret, codec.H264Base)
	}
	until(t, "live", func() bool {
		push()
		return r.Programme("final").State == "live"
	})
	r.Kick("another")
	if n := r.Stats().Publishers; n != 1 {
		t.Fatalf("%d publishers", n)
	}
	r.Kick("link")
	next := programme.Video.Ring().Next()
	until(t, "the slate", func() bool {
		push()
		return r.Programme("final").State == "slate" && programme.Video.Ring().Next() > next
	})
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range k.seen {
		if p.Video && p.Seq >= next && bytes.Equal(p.Payload, secret) {
			t.Fatal("a packet of the revoked camera went out")
		}
	}
	if _, err := r.Open("final", "a", Holder{Key: "other"}, func() {}); err != nil {
		t.Errorf("the slot is not free: %v", err)
	}
}

// TestASlotGoesToOneAfterAnother: who may take it over, for whom it is held, and
// who gets it back.
func TestASlotGoesToOneAfterAnother(t *testing.T) {
	r, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.AddCamera("final", "a", "主舞台")
	open := func(owner string) error {
		_, err := r.Open("final", "a", Holder{Owner: owner}, func() {})
		return err
	}
	const taken = "stream.slot_taken"
	first, _ := newPublisher(t, r, "a", Holder{Key: "k", Owner: "one"})
	if got := fault.CodeOf(open("two")); got != taken {
		t.Errorf("another owner: %q", got)
	}
	if got := fault.CodeOf(open("")); got != taken {
		t.Errorf("no owner: %q", got)
	}
	over, err := r.Open("final", "a", Holder{Key: "k", Owner: "one"}, func() {})
	if err == nil {
		err = over.Take()
	}
	if err != nil {
		t.Fatal(err)
	}
	over.Close(false) // never worked: the first goes on
	if n := r.Stats().Publishers; n != 1 || first.source.ended.Load() {
		t.Errorf("%d publishers, want the first", n)
	}
	second, _ := newPublisher(t, r, "a", Holder{Key: "k", Owner: "one"})
	if !first.source.ended.Load() {
		t.Error("the second works, and the first goes on")
	}
	second.Close(false)
	if got := fault.CodeOf(open("two")); got != taken {
		t.Errorf("held for its owner: %q", got)
	}
	if err := open("one"); err != nil {
		t.Errorf("its owner comes back: %v", err)
	}
	r.Kick("k")
	if err := open("two"); err != nil {
		t.Errorf("its owner's rights are gone: %v", err)
	}
}

// TestACameraIsTakenAwayOnceNobodyUsesIt: a slot that is published to stays; one that
// is free goes, and the programme shows another.
func TestACameraIsTakenAwayOnceNobodyUsesIt(t *testing.T) {
	r, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.AddCamera("final", "a", "主舞台")
	r.AddCamera("final", "b", "观众席")
	in, _ := newPublisher(t, r, "a", Holder{Key: "link", Owner: "secret"})
	if err := r.DropCamera("final", "a"); fault.CodeOf(err) != "stream.camera_live" {
		t.Errorf("a camera that sends was taken away: %v", err)
	}
	in.Close(true)
	if err := r.DropCamera("final", "a"); err != nil {
		t.Fatal(err)
	}
	if err := r.DropCamera("final", "a"); fault.CodeOf(err) != "stream.no_camera" {
		t.Errorf("once more: %v", err)
	}
	if left := r.Cameras("final"); len(left) != 1 || left[0].Name != "b" || !left[0].OnAir {
		t.Errorf("left: %+v", left)
	}
}
