package lease

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Store keeps leases (store.DB).
type Store interface {
	// TakeLease takes the lease if nobody has it, and returns it; else it returns
	// whose it is, and false.
	TakeLease(ctx context.Context, name string, by Holder) (Lease, bool, error)
	// RenewLease gives the lease another life; false if another has it by now.
	RenewLease(ctx context.Context, own Lease) (Lease, bool, error)
	// ReleaseLease gives the lease back at once.
	ReleaseLease(ctx context.Context, own Lease) error
}

// Config says what Keep keeps.
type Config struct {
	Store Store
	Name  string
	By    Holder
	Other func(Lease)  // told whose it is, each time that it is another's; nil = not told
	Log   *slog.Logger // nil = discard
}

// askAgain is how often one who waits for a lease looks whether it is free.
const askAgain = time.Second / 2

// margin is how long before the end of the lease, by the holder's own clock, its
// work is told to stop: what is in hand has that long to end.
const margin = time.Second

// Keep takes the lease whenever it is free and has act run under it, until ctx
// ends. act's context ends with the lease: because ctx ended, because another has
// taken it, or because it could not be renewed and would end by the clock here,
// which runs from before the record was asked. Keep waits for act, and gives the
// lease back.
func Keep(ctx context.Context, cfg Config, act func(ctx context.Context, own Lease)) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Log = cfg.Log.With("lease", cfg.Name)
	wait := time.NewTimer(0)
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wait.C:
		}
		asked := time.Now()
		own, ours, err := cfg.Store.TakeLease(ctx, cfg.Name, cfg.By)
		switch {
		case err != nil:
			if ctx.Err() == nil {
				cfg.Log.Warn("lease not taken", "err", err)
			}
		case ours:
			cfg.Log.Info("lease taken", "epoch", own.Epoch)
			hold(ctx, cfg, own, asked, act)
		case cfg.Other != nil:
			cfg.Other(own)
		}
		wait.Reset(askAgain)
	}
}

// hold runs act, renews the lease meanwhile, and gives it back.
func hold(ctx context.Context, cfg Config, own Lease, since time.Time, act func(context.Context, Lease)) {
	work, stop := context.WithCancel(ctx)
	defer stop()
	end := time.AfterFunc(time.Until(since.Add(Life-margin)), func() {
		cfg.Log.Error("lease not renewed in time: its work stops here")
		stop()
	})
	defer end.Stop()
	renewing, ended := context.WithCancel(context.WithoutCancel(ctx))
	var renewal sync.WaitGroup
	renewal.Go(func() {
		tick := time.NewTicker(Renewal)
		defer tick.Stop()
		for {
			select {
			case <-renewing.Done():
				return
			case <-tick.C:
			}
			asked := time.Now()
			_, ours, err := cfg.Store.RenewLease(renewing, own)
			switch {
			case renewing.Err() != nil:
				return
			case err != nil:
				cfg.Log.Warn("lease not renewed", "err", err)
			case !ours:
				cfg.Log.Error("lease lost to another node")
				stop()
				return
			case work.Err() == nil:
				end.Reset(time.Until(asked.Add(Life - margin)))
			}
		}
	})
	act(work, own)
	ended()
	renewal.Wait()
	back, cancel := context.WithTimeout(context.WithoutCancel(ctx), Renewal)
	defer cancel()
	if err := cfg.Store.ReleaseLease(back, own); err != nil {
		cfg.Log.Warn("lease not given back", "err", err) // it ends by itself
	}
}
