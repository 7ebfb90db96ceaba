package demo

import (
	"context"
	crand "crypto/rand"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"time"

	"hecai/contest"
	"hecai/hub/client"
	"hecai/live"
)

// cheers are what the sample audience says.
var cheers = []string{
	"加油！", "这个项目太实用了", "支持数据要素×", "讲得真清楚", "为吉林点赞", "冰雪文旅冲！", "大米溯源好评",
	"期待落地", "已投票", "太精彩了", "掌声鼓励", "医保数据协同，盼了很久", "这张图做得漂亮", "专业！",
}

// phone is one of the demo's audience.
type phone struct {
	*actor
	no    int
	round int // of the ballot that it has turned to
}

func newPhone(base string, no int) *phone {
	return &phone{actor: newActor(base, ""), no: no}
}

// board is the part of a ballot's topic that a phone looks at.
type board struct {
	State string `json:"state"`
	Round int    `json:"round"`
	Max   int    `json:"max"`
	Rows  []struct {
		Entry contest.EntryID `json:"entry"`
	} `json:"rows"`
}

func (p *phone) live(ctx context.Context) {
	for p.call(ctx, "POST", "/v1/device", struct{}{}, nil) != nil {
		if !pause(ctx, time.Second) {
			return
		}
	}
	go p.cheer(ctx)
	vote, show := "ballot/"+string(ballot), string(session)
	p.stay(ctx, "audience", []string{"stage/" + show, vote, "danmaku/" + show}, func(c *client.Client) {
		doc, _ := c.Doc(vote)
		var b board
		if doc == nil || json.Unmarshal(doc, &b) != nil || b.State != "open" || b.Round == p.round {
			return
		}
		p.round = b.Round
		go p.vote(ctx, c, b)
	})
}

// vote sends one vote some seconds after the opening; one phone in six changes
// its mind. The favourites differ, so that the board moves.
func (p *phone) vote(ctx context.Context, c *client.Client, b board) {
	if len(b.Rows) == 0 {
		return
	}
	for change := range 2 {
		if change == 1 && p.no%6 != 0 {
			return
		}
		if !pause(ctx, 2*time.Second+time.Duration(rand.Int64N(int64(15*time.Second)))) {
			return
		}
		var salt [16]byte
		crand.Read(salt[:]) // never fails
		body := live.Cast{Ballot: ballot, Rev: time.Now().UnixMilli(), Round: b.Round, Salt: hex.EncodeToString(salt[:])}
		for _, i := range favourites(len(b.Rows), 1+rand.IntN(max(1, b.Max))) {
			body.Choice = append(body.Choice, b.Rows[i].Entry)
		}
		// A refusal is the show's to tell: the ballot may have closed meanwhile.
		_ = c.Req(ctx, "vote.cast", body, nil)
	}
}

// favourites picks k different rows, the first dozen more often than the rest.
func favourites(n, k int) []int {
	var out []int
	for len(out) < min(k, n) {
		i := rand.IntN(n)
		if rand.IntN(3) > 0 {
			i = int(float64(min(n, 12)) * rand.Float64() * rand.Float64())
		}
		if !slices.Contains(out, i) {
			out = append(out, i)
		}
	}
	return out
}

// cheer says something now and then: about one line every other second in the
// whole hall. While danmaku is off it is refused, and that is all right.
func (p *phone) cheer(ctx context.Context) {
	for pause(ctx, time.Duration(rand.Int64N(int64(400*time.Second)))) {
		say := map[string]string{"text": cheers[rand.IntN(len(cheers))], "name": ""}
		_ = p.call(ctx, "POST", "/v1/danmaku/"+string(session), say, nil)
	}
}
