package timeline

import (
	"testing"

	"pgregory.net/rapid"
)

const ms = int64(1e6)

// arrival is one packet of a source on its way.
type arrival struct {
	seq uint16
	ts  uint32
	n   int // position in the source, before loss and reordering
}

// drawSource makes a camera's packets: a random start (near the wrap, often),
// one to four packets a picture, some lost, some late, some twice.
func drawSource(t *rapid.T) []arrival {
	seq := rapid.SampledFrom([]uint16{0, 1, 0x7fff, 0x8000, 65500, 65535}).Draw(t, "seq")
	ts := rapid.Uint32().Draw(t, "ts")
	var out []arrival
	n := 0
	for range rapid.IntRange(1, 60).Draw(t, "pictures") {
		for range rapid.IntRange(1, 4).Draw(t, "packets") {
			out = append(out, arrival{seq, ts, n})
			seq++
			n++
		}
		ts += uint32(rapid.IntRange(0, 9000).Draw(t, "step"))
	}
	first := out[0]
	kept := []arrival{first} // the cut is on a packet that came
	for _, a := range out[1:] {
		switch rapid.IntRange(0, 19).Draw(t, "fate") {
		case 0: // lost
		case 1: // twice
			kept = append(kept, a, a)
		case 2: // before its elder
			kept = append(kept, a)
			if last := len(kept) - 1; last > 1 {
				kept[last], kept[last-1] = kept[last-1], kept[last]
			}
		default:
			kept = append(kept, a)
		}
	}
	return kept
}

func TestLineIsOneStreamWhateverTheSources(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.SampledFrom([]uint16{0, 65000, 65535}).Draw(t, "start")
		line := NewLine(90000, start, rapid.Uint32().Draw(t, "base"), 0)
		taken := map[uint64]uint32{} // timestamp by number
		now := int64(0)
		for range rapid.IntRange(1, 6).Draw(t, "cuts") {
			source := drawSource(t)
			floor, started := line.next, false
			byNumber := map[int]uint64{}
			line.Cut(source[0].seq, source[0].ts, now)
			for _, a := range source {
				now += int64(rapid.IntRange(0, 40).Draw(t, "wait")) * ms
				seq, ts, ok := line.Map(a.seq, a.ts, now)
				if !ok {
					continue
				}
				if !started && seq != floor {
					t.Fatalf("cut leaves a gap: %d after %d", seq, floor-1)
				}
				started = true
				if _, twice := taken[seq]; twice {
					t.Fatalf("number %d twice", seq)
				}
				if seq < floor {
					t.Fatalf("number %d belongs to the source before (from %d)", seq, floor)
				}
				taken[seq] = ts
				byNumber[a.n] = seq
			}
			for n, seq := range byNumber { // a source's gaps stay gaps
				if seq != floor+uint64(n) {
					t.Fatalf("packet %d has number %d, want %d", n, seq, floor+uint64(n))
				}
			}
		}
		last, seen := uint32(0), false
		for seq := uint64(1)<<32 + uint64(start); seq < line.next; seq++ {
			ts, ok := taken[seq]
			if !ok {
				continue
			}
			if seen && int32(ts-last) < 0 {
				t.Fatalf("timestamp goes back at %d: %d after %d", seq, ts, last)
			}
			last, seen = ts, true
		}
	})
}

func TestLineMap(t *testing.T) {
	type call struct {
		cut bool
		seq uint16
		ts  uint32
		at  int64 // ms
		out int64 // offset from the first number, -1 refused
		ots int64 // offset from the first timestamp
	}
	tests := []struct {
		name  string
		calls []call
	}{
		{"nothing before a cut", []call{{seq: 5, ts: 9, out: -1}}},
		{"numbers follow on over the wrap", []call{
			{cut: true, seq: 65534, ts: 0}, {seq: 65535, ts: 900, at: 10, out: 1, ots: 900},
			{seq: 0, ts: 1800, at: 20, out: 2, ots: 1800}, {seq: 1, ts: 2700, at: 30, out: 3, ots: 2700}}},
		{"a late packet finds its place, once", []call{
			{cut: true, seq: 10}, {seq: 12, ts: 1800, out: 2, ots: 1800},
			{seq: 11, ts: 900, out: 1, ots: 900}, {seq: 11, ts: 900, out: -1}}},
		{"packets from before the cut are gone", []call{
			{cut: true, seq: 10}, {seq: 9, out: -1}, {seq: 11, ts: 900, out: 1, ots: 900}}},
		{"a cut takes its timestamp from the clock", []call{
			{cut: true, seq: 10}, {seq: 11, ts: 900, at: 10, out: 1, ots: 900},
			{cut: true, seq: 700, ts: 4000000000, at: 1000, out: 2, ots: 90000}}},
		{"a cut into the past still goes forward", []call{
			{cut: true, seq: 10}, {seq: 11, ts: 90000, at: 10, out: 1, ots: 90000},
			{cut: true, seq: 700, ts: 7, at: 20, out: 2, ots: 90001}}},
		{"one stray packet is noise", []call{
			{cut: true, seq: 10}, {seq: 30000, ts: 5, out: -1}, {seq: 11, ts: 900, out: 1, ots: 900}}},
		{"two in a row are a restarted camera", []call{
			{cut: true, seq: 10}, {seq: 30000, ts: 5, out: -1},
			{seq: 30001, ts: 5, at: 500, out: 1, ots: 45000}, {seq: 30002, ts: 95, at: 501, out: 2, ots: 45090}}},
		{"a leap of the camera's timestamps is taken out", []call{
			{cut: true, seq: 10}, {seq: 11, ts: 900, at: 10, out: 1, ots: 900},
			{seq: 12, ts: 3000000000, at: 20, out: 2, ots: 1800}, {seq: 13, ts: 3000000900, at: 30, out: 3, ots: 2700}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const start, base = 65530, 4294967000
			line := NewLine(90000, start, base, 0)
			for i, c := range tt.calls {
				if c.cut {
					line.Cut(c.seq, c.ts, c.at*ms)
				}
				seq, ts, ok := line.Map(c.seq, c.ts, c.at*ms)
				if !ok {
					if c.out >= 0 {
						t.Fatalf("call %d refused", i)
					}
					continue
				}
				if got := int64(seq - (1<<32 + start)); got != c.out {
					t.Errorf("call %d: number +%d, want +%d", i, got, c.out)
				}
				if got := int64(ts - base); got != c.ots {
					t.Errorf("call %d: timestamp +%d, want +%d", i, got, c.ots)
				}
			}
		})
	}
}

func TestClockFindsTheFastestPath(t *testing.T) {
	c := NewClock(90000)
	for i := range 500 { // 20 ms apart, 0 to 30 ms late
		late := int64(i*7%31) * ms
		c.Observe(uint32(i*1800), int64(i)*20*ms+100*ms+late)
	}
	at := c.At(500 * 1800)
	if d := at - (500*20*ms + 100*ms); d < -ms || d > 2*ms {
		t.Errorf("At is off by %d us", d/1000)
	}
	if got := c.TS(at); int32(got-500*1800) < -90 || int32(got-500*1800) > 90 {
		t.Errorf("TS(At(x)) = %d, want %d", got, 500*1800)
	}
}

func TestClockFollowsARestartedCamera(t *testing.T) {
	c := NewClock(48000)
	c.Observe(1000, 0)
	c.Observe(2000000000, 20*ms)
	if got := c.At(2000000000); got != 20*ms {
		t.Errorf("At = %d, want %d", got, 20*ms)
	}
}

func TestPicturesRunOnAcrossACut(t *testing.T) {
	long := func(id uint16, tl0 byte) []byte {
		return []byte{0x90, 0xc0, 0x80 | byte(id>>8), byte(id), tl0, 0x00}
	}
	var p Pictures
	p.Cut()
	read := func(b []byte) (uint16, byte) { return uint16(b[2]&0x7f)<<8 | uint16(b[3]), b[4] }
	var lastID uint16
	var last0 byte
	for i, b := range [][]byte{long(0x7ffe, 255), long(0x7fff, 0), long(0, 1), nil, long(300, 9), long(301, 9)} {
		if b == nil {
			p.Cut()
			continue
		}
		p.Rewrite(b)
		id, tl0 := read(b)
		if i > 0 && (id-lastID)&0x7fff != 1 {
			t.Errorf("packet %d: picture %d after %d", i, id, lastID)
		}
		if d := tl0 - last0; i > 0 && d > 1 {
			t.Errorf("packet %d: layer index %d after %d", i, tl0, last0)
		}
		lastID, last0 = id, tl0
	}
	short := []byte{0x90, 0x80, 5, 0}
	p.Rewrite(short)
	if short[2]&0x80 != 0 {
		t.Error("a 7-bit id grew")
	}
}

func FuzzPictures(f *testing.F) {
	f.Add([]byte{0x90, 0xc0, 0x81, 2, 3, 0})
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		var p Pictures
		p.Cut()
		n := len(b)
		p.Rewrite(b)
		if len(b) != n {
			t.Fatal("length changed")
		}
	})
}

func BenchmarkLineMap(b *testing.B) {
	line := NewLine(90000, 0, 0, 0)
	line.Cut(0, 0, 0)
	b.ReportAllocs()
	for i := range b.N {
		line.Map(uint16(i), uint32(i)*900, int64(i)*10*ms)
	}
}
