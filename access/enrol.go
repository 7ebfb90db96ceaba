package access

import (
	"context"
	"sync"
)

// maxEnrol bounds a group of devices that get their rows in one transaction.
const maxEnrol = 1000

// enrolment makes rows in groups: those who come while a group is being written
// are the next group, so a rush costs a few writes and not one each.
type enrolment struct {
	mu      sync.Mutex
	waiting []applicant // guarded by mu
	writing bool        // guarded by mu
}

type applicant struct {
	uid    string
	answer chan enrolled // one place, one answer
}

type enrolled struct {
	voter Voter
	err   error
}

// Enrol gives an audience device its row and number, if it has none yet. Call it
// before the device does something that is kept. The context ends the wait only.
func (d *Desk) Enrol(ctx context.Context, id Identity) (Identity, error) {
	kind, uid := id.handle()
	if kind != handleDevice || id.Voter != 0 {
		return id, nil
	}
	a := applicant{uid: uid, answer: make(chan enrolled, 1)}
	e := &d.enrolment
	e.mu.Lock()
	e.waiting = append(e.waiting, a)
	if !e.writing {
		e.writing = true
		go d.enrolAll(context.WithoutCancel(ctx))
	}
	e.mu.Unlock()
	select {
	case out := <-a.answer:
		id.Voter, id.levels = out.voter.No, out.voter.Levels
		return id.In(id.Contest), out.err
	case <-ctx.Done():
		return id, ctx.Err()
	}
}

// enrolAll writes groups until nobody waits.
func (d *Desk) enrolAll(ctx context.Context) {
	e := &d.enrolment
	for {
		e.mu.Lock()
		group := e.waiting[:min(len(e.waiting), maxEnrol)]
		e.waiting = e.waiting[len(group):]
		if len(group) == 0 {
			e.waiting, e.writing = nil, false
			e.mu.Unlock()
			return
		}
		e.mu.Unlock()
		uids := make([]string, len(group))
		for i, a := range group {
			uids[i] = a.uid
		}
		before := d.voters.mark()
		voters, err := d.cfg.Store.EnrolVoters(ctx, uids, d.nowMS())
		for i, a := range group {
			out := enrolled{err: err}
			if err == nil {
				out.voter = voters[i]
				d.voters.fill(out.voter.UID, out.voter, before)
			}
			a.answer <- out
		}
	}
}
