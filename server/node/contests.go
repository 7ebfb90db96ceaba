package node

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"
	"strings"
	"sync"

	"hecai/contest"
	"hecai/contest/plan"
	"hecai/fault"
	"hecai/store"
)

// contests are those of the record, with the plan that is in force for each.
type contests struct {
	mu    sync.RWMutex
	codes []contest.Code                 // guarded by mu; the first is at home
	plans map[contest.Code]*contest.Plan // guarded by mu
}

// Home implements httpd.Contests.
func (c *contests) Home() contest.Code {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if len(c.codes) == 0 {
		return ""
	}
	return c.codes[0]
}

// Plan implements httpd.Contests. A plan is never changed, only replaced.
func (c *contests) Plan(code contest.Code) *contest.Plan {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.plans[code]
}

// All implements httpd.Contests: the one at home first.
func (c *contests) All() []contest.Code {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Clone(c.codes)
}

// put puts a plan into force.
func (c *contests) put(p *contest.Plan) {
	c.mu.Lock()
	defer c.mu.Unlock()
	code := contest.Code(p.Code)
	if c.plans == nil {
		c.plans = map[contest.Code]*contest.Plan{}
	}
	if c.plans[code] == nil {
		c.codes = append(c.codes, code)
	}
	c.plans[code] = p
}

// loadPlans loads the plans of contests that this node does not know yet.
func (n *Node) loadPlans(ctx context.Context) error {
	codes, err := n.db.Contests(ctx)
	if err != nil {
		return err
	}
	for _, code := range codes {
		if n.contests.Plan(code) != nil {
			continue
		}
		body, _, err := n.db.Plan(ctx, code)
		if err != nil {
			return err
		}
		p, err := parsePlan(body)
		if err != nil {
			return fault.Wrap(fault.Invalid, "config.flag", err, "the plan in the record was damaged; restore a copy of the record")
		}
		n.contests.put(p)
	}
	return nil
}

// given is a plan that was named at the start.
type given struct {
	plan *contest.Plan
	body []byte
}

// tryPlans refuses a bad --contest before a data folder is made for it.
func (n *Node) tryPlans(context.Context) error {
	if store.Exists(store.Config{DataDir: n.cfg.Data, Database: n.cfg.Database}) {
		return nil
	}
	_, err := n.givenPlans()
	return err
}

// givenPlans reads what --contest names.
func (n *Node) givenPlans() ([]given, error) {
	var out []given
	for _, path := range n.cfg.Contests {
		body, err := os.ReadFile(path)
		if err != nil {
			return out, fault.Wrap(fault.Invalid, "config.flag", err, "--contest")
		}
		p, err := parsePlan(body)
		if err != nil {
			return out, fault.Wrap(fault.Invalid, "config.flag", err, "--contest %s", path)
		}
		if slices.ContainsFunc(out, func(g given) bool { return strings.EqualFold(g.plan.Code, p.Code) }) {
			return out, badFlag("contest", path, "another file is of the contest "+p.Code+" too")
		}
		out = append(out, given{p, body})
	}
	return out, nil
}

// openPlans brings the plans of --contest into the record, into a new one without any
// the built-in one; a contest that is there keeps its plan. In a record that is there a
// bad file is only told of: it was good once, and keeps nobody from a restart.
func (n *Node) openPlans(ctx context.Context) error {
	had, err := n.db.Contests(ctx)
	if err != nil {
		return err
	}
	plans, err := n.givenPlans()
	switch {
	case err != nil && len(had) == 0:
		return err
	case err != nil:
		n.cfg.Log.Warn("a contest file is passed over", "err", err)
	case len(had) == 0 && len(plans) == 0:
		p, err := parsePlan(plan.Jilin2024)
		if err != nil {
			return err
		}
		plans = []given{{p, plan.Jilin2024}}
	}
	for _, g := range plans {
		if slices.ContainsFunc(had, func(code contest.Code) bool { return strings.EqualFold(string(code), g.plan.Code) }) {
			continue
		}
		sum := sha256.Sum256(g.body)
		if err := n.db.SavePlan(ctx, contest.Code(g.plan.Code), g.body, hex.EncodeToString(sum[:])); err != nil {
			return err
		}
	}
	return n.loadPlans(ctx)
}

func parsePlan(body []byte) (*contest.Plan, error) {
	p, problems := plan.Parse(body)
	if len(problems) > 0 {
		lines := make([]string, len(problems))
		for i, p := range problems {
			lines[i] = p.Error()
		}
		return nil, fault.New(fault.Invalid, "config.flag", "the contest file has %d mistakes and nothing was changed:\n  %s",
			len(problems), strings.Join(lines, "\n  "))
	}
	return p, nil
}
