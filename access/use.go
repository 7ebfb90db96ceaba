package access

import (
	"context"
	"maps"
	"strings"
	"sync"
)

// uses is when links were last used, of what is not in the record yet. Nobody who
// uses a link waits for that.
type uses struct {
	mu   sync.Mutex
	last map[string]int64 // guarded by mu; by the link's id
}

func (u *uses) note(link string, at int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.last == nil {
		u.last = map[string]int64{}
	}
	u.last[link] = max(u.last[link], at)
}

// after is the later of a link's last use in the record and the one noted since.
func (u *uses) after(l Link) Link {
	u.mu.Lock()
	defer u.mu.Unlock()
	l.Last = max(l.Last, u.last[l.ID])
	return l
}

func (u *uses) list() map[string]int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return maps.Clone(u.last)
}

// kept forgets what the record has; who used a link meanwhile is noted still.
func (u *uses) kept(written map[string]int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	maps.DeleteFunc(u.last, func(link string, at int64) bool { return written[link] == at })
}

// Stays notes that whoever holds a link has a page open.
func (d *Desk) Stays(id Identity) {
	if link, ok := strings.CutPrefix(id.Key, keyLink); ok {
		d.uses.note(link, d.nowMS())
	}
}

// KeepUses writes to the record when links were used. What it can't write stays for
// the next time.
func (d *Desk) KeepUses(ctx context.Context) error {
	used := d.uses.list()
	if len(used) == 0 {
		return nil
	}
	if err := d.cfg.Store.UseLinks(ctx, used); err != nil {
		return err
	}
	d.uses.kept(used)
	return nil
}
