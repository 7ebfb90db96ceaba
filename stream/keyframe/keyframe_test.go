package keyframe

import "testing"

func TestVP8(t *testing.T) {
	tests := []struct {
		name string
		b    []byte
		want bool
	}{
		{"empty", nil, false},
		{"bare descriptor, key", []byte{0x10, 0x00}, true},
		{"bare descriptor, inter", []byte{0x10, 0x01}, false},
		{"not the start of a partition", []byte{0x00, 0x00}, false},
		{"second partition", []byte{0x11, 0x00}, false},
		{"short picture id", []byte{0x90, 0x80, 0x11, 0x00}, true},
		{"long picture id", []byte{0x90, 0x80, 0x91, 0x22, 0x00}, true},
		{"all fields", []byte{0x90, 0xf0, 0x91, 0x22, 0x07, 0x20, 0x00}, true},
		{"all fields, inter", []byte{0x90, 0xf0, 0x91, 0x22, 0x07, 0x20, 0x01}, false},
		{"ends in the descriptor", []byte{0x90, 0xf0, 0x91, 0x22}, false},
		{"extension promised, none there", []byte{0x90}, false},
		{"picture id promised, none there", []byte{0x90, 0x80}, false},
	}
	for _, tt := range tests {
		if got := VP8(tt.b); got != tt.want {
			t.Errorf("%s: VP8 = %t, want %t", tt.name, got, tt.want)
		}
	}
}

func TestH264(t *testing.T) {
	sps := []byte{0x67, 0x42, 0xe0, 0x1f}
	tests := []struct {
		name string
		b    []byte
		want bool
	}{
		{"empty", nil, false},
		{"sequence parameters", sps, true},
		{"IDR slice", []byte{0x65, 0x88}, true},
		{"other slice", []byte{0x41, 0x9a}, false},
		{"picture parameters", []byte{0x68, 0xce}, false},
		{"STAP-A with parameters", append([]byte{0x78, 0, 4}, sps...), true},
		{"STAP-A, IDR second", []byte{0x78, 0, 2, 0x68, 0xce, 0, 2, 0x65, 0x88}, true},
		{"STAP-A with a false length", []byte{0x78, 0xff, 0xff, 0x65}, false},
		{"STAP-A with length 0", []byte{0x78, 0, 0, 0x65}, false},
		{"FU-A, first piece of an IDR", []byte{0x7c, 0x85, 0x88}, true},
		{"FU-A, later piece of an IDR", []byte{0x7c, 0x05, 0x88}, false},
		{"FU-A, first piece of a slice", []byte{0x7c, 0x81, 0x9a}, false},
		{"FU-A cut short", []byte{0x7c, 0x85}, false},
		{"reserved type", []byte{0x7f, 0x00}, false},
	}
	for _, tt := range tests {
		if got := H264(tt.b); got != tt.want {
			t.Errorf("%s: H264 = %t, want %t", tt.name, got, tt.want)
		}
	}
}

func TestProfile(t *testing.T) {
	for _, tt := range []struct {
		name       string
		b          []byte
		idc, flags byte
		ok         bool
	}{
		{"constrained baseline", []byte{0x67, 0x42, 0xe0, 0x1f}, 0x42, 0xe0, true},
		{"high in a STAP-A", []byte{0x78, 0, 4, 0x67, 0x64, 0x00, 0x28}, 0x64, 0x00, true},
		{"short", []byte{0x67, 0x42}, 0, 0, false},
		{"no parameters", []byte{0x65, 0x88, 0x80, 0x10}, 0, 0, false},
	} {
		if idc, flags, ok := Profile(tt.b); idc != tt.idc || flags != tt.flags || ok != tt.ok {
			t.Errorf("%s: Profile = %x %x %t", tt.name, idc, flags, ok)
		}
	}
}

func TestBSlice(t *testing.T) {
	for _, tt := range []struct {
		name string
		b    []byte
		want bool
	}{
		{"P slice: first_mb 0, type 5", []byte{0x41, 0b1_00110_00}, false},
		{"B slice: type 6", []byte{0x01, 0b1_00111_00}, true},
		{"B slice: type 1", []byte{0x01, 0b1_010_0000}, true},
		{"B slice in FU-A", []byte{0x1c, 0x81, 0b1_00111_00}, true},
		{"I slice: type 7", []byte{0x41, 0b1_0001000}, false},
		{"IDR", []byte{0x65, 0b1_00111_00}, false},
		{"nothing after the header", []byte{0x41}, false},
		{"endless zeros", []byte{0x41, 0, 0, 0, 0, 0, 0, 0}, false},
	} {
		if got := BSlice(tt.b); got != tt.want {
			t.Errorf("%s: BSlice = %t, want %t", tt.name, got, tt.want)
		}
	}
}

// FuzzPayload holds that no bytes make the finders panic or see a keyframe
// where there is no NAL unit.
func FuzzPayload(f *testing.F) {
	f.Add([]byte{0x78, 0, 4, 0x67, 0x42, 0xe0, 0x1f})
	f.Add([]byte{0x7c, 0x85, 0x88})
	f.Add([]byte{0x90, 0xf0, 0x91, 0x22, 0x07, 0x20, 0x00})
	f.Fuzz(func(t *testing.T, b []byte) {
		VP8(b)
		BSlice(b)
		Profile(b)
		units := 0
		EachNAL(b, func(nal []byte) bool {
			if len(nal) == 0 {
				t.Fatal("empty NAL unit")
			}
			units++
			return true
		})
		if H264(b) && units == 0 {
			t.Fatal("keyframe without a NAL unit")
		}
	})
}
