package stage_test

import (
	"testing"
	"time"

	"hecai/stage"
	"hecai/stage/cue"
)

// TestDanmakuThatIsHeld: in the open mode a line that could hurt on a wall waits
// for a moderator, and no other does.
func TestDanmakuThatIsHeld(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	d := r.start().Danmaku()
	r.danmaku(cue.DanmakuOpen)
	say := func(text, name string) string {
		t.Helper()
		r.pass(4 * time.Second)
		_, state, err := d.Say(bg, 1, text, name)
		must(t, err)
		return state
	}
	for _, text := range []string{
		"傻逼 加微信 vx12345 赌博", "傻 * 逼", "看这里 https://example.com/x", "ＷＷＷ．example．ｃｏｍ", "example.cn 有奖", "example。top",
		"加我微信", "加 vx", "微信号：hecai_2026", "v信abcd1234", "QQ 10001", "13800138000", "１３８ ００１３ ８０００", "138-0013-8000",
		"一三八零零一三八零零零", "٣٣٣٣٣٣٣٣", "你就是个SB", "sb!", "有黑幕",
	} {
		if state := say(text, "示例"); state != stage.MessagePending {
			t.Errorf("%q is %s", text, state)
		}
	}
	if state := say("加油", "www.example.com"); state != stage.MessagePending {
		t.Errorf("an address as a name is %s", state)
	}
	if told := r.lines(); len(told) != 0 {
		t.Errorf("told: %v", told)
	}
	for _, text := range []string{
		"加油！", "吉林大学加油", "给 3 号项目投票啦", "2026 年见", "第一名非你莫属", "微信投票真方便", "满分100分！", "666666", "我在 4G 网络", "usb 接口做得好",
		"冲冲冲 8:30 开始", "v5 加油", "加一个鸡腿", "AI+气象 nb",
	} {
		if state := say(text, "示例"); state != stage.MessageApproved {
			t.Errorf("%q is %s", text, state)
		}
	}
}
