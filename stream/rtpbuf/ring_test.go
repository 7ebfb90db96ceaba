package rtpbuf

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestRingHoldsTheNewest compares the ring with a map that forgets nothing.
func TestRingHoldsTheNewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const size = 16
		r := New(size)
		all := map[uint64]string{}
		next := uint64(1<<32) + 65530
		var p Packet
		for i := range rapid.IntRange(1, 120).Draw(t, "packets") {
			seq := next + uint64(rapid.IntRange(0, 3).Draw(t, "gap"))
			if i > 0 && rapid.IntRange(0, 4).Draw(t, "late") == 0 {
				seq = next - uint64(rapid.IntRange(1, 30).Draw(t, "by"))
			}
			text := fmt.Sprint("packet ", i)
			ok := r.Put(Packet{Seq: seq, Payload: []byte(text)})
			if old := seq+size < next && i > 0; ok == old {
				t.Fatalf("Put(%d) = %t with next %d", seq, ok, next)
			}
			if ok {
				all[seq] = text
				next = max(next, seq+1)
			}
			for back := uint64(1); back <= 2*size; back++ {
				want, stored := all[next-back]
				got := r.Get(next-back, &p)
				if got != (stored && back <= size) {
					t.Fatalf("Get(%d) = %t, %d back", next-back, got, back)
				}
				if got && string(p.Payload) != want {
					t.Fatalf("Get(%d) = %q, want %q", next-back, p.Payload, want)
				}
				if back < size && r.Find(uint16(next-back)) != next-back {
					t.Fatalf("Find(%d) = %d", uint16(next-back), r.Find(uint16(next-back)))
				}
			}
		}
	})
}

func TestKeyIsGivenWhileNearAndStored(t *testing.T) {
	r := New(8)
	if _, ok := r.Key(8); ok {
		t.Error("an empty ring has a keyframe")
	}
	for seq := uint64(1 << 32); seq < 1<<32+20; seq++ {
		r.Put(Packet{Seq: seq, Key: seq == 1<<32+10, Payload: []byte{1}})
	}
	if _, ok := r.Key(100); ok {
		t.Error("a keyframe that has left the ring is given")
	}
	r.Put(Packet{Seq: 1<<32 + 20, Key: true, Payload: []byte{1}})
	r.Put(Packet{Seq: 1<<32 + 21, Payload: []byte{1}})
	if key, ok := r.Key(8); !ok || key != 1<<32+20 {
		t.Errorf("Key = %d, %t", key, ok)
	}
	if _, ok := r.Key(1); ok {
		t.Error("a keyframe farther than the limit is given")
	}
}

func BenchmarkPutGet(b *testing.B) {
	r := New(1024)
	payload := make([]byte, 1100)
	var p Packet
	b.ReportAllocs()
	for i := range b.N {
		r.Put(Packet{Seq: uint64(i), Payload: payload})
		r.Get(uint64(i), &p)
	}
}
