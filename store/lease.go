package store

import (
	"context"
	"errors"
	"fmt"

	"hecai/fault"
	"hecai/lease"
)

// Leases are rows on PostgreSQL, where several nodes may have one record. On
// SQLite the lock of the folder keeps all others away, and the lease is a constant.

// clock is the time of the database, unix ms: the only one that the ends of leases
// are told by.
const clock = `CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)`

type leaseRow struct {
	Name            string
	Epoch, Until    int64
	Holder, Address string
}

func (r leaseRow) lease() lease.Lease {
	return lease.Lease{Name: r.Name, Epoch: r.Epoch, Until: r.Until, Holder: lease.Holder{ID: r.Holder, Address: r.Address}}
}

const leaseColumns = ` name, epoch, holder, address, until `

// TakeLease takes a lease that nobody has, that has ended, or that is the caller's
// own, at the next epoch. A holder is told by its ID alone: two machines may each
// think that they are at the same address, as containers do. Who has the ballots may have any show, whose
// lease its last owner may have renewed later than theirs. If another has it, it
// returns that one's and false. An end that is further away than a life is of a clock
// that was set back since, and is brought near.
func (db *DB) TakeLease(ctx context.Context, name string, by lease.Holder) (out lease.Lease, ours bool, err error) {
	if db.file != nil {
		return lease.Alone(name), true, nil
	}
	alone := !db.hold.shared // then nobody lives who has it
	err = db.writeAs(ctx, ballots, "take lease", func(ctx context.Context, tx run) error {
		var row leaseRow
		life := lease.Life.Milliseconds()
		err := tx.get(ctx, &row, `INSERT INTO lease AS l (`+leaseColumns+`) VALUES (?, 1, ?, ?, `+clock+` + ?)
			ON CONFLICT (name) DO UPDATE SET epoch = l.epoch + 1, holder = excluded.holder, address = excluded.address, until = `+clock+` + ?
			WHERE ? OR l.until <= `+clock+` OR l.holder IN ('', excluded.holder)
			OR ? AND EXISTS (SELECT 1 FROM lease AS b WHERE b.name = ? AND b.holder = excluded.holder AND b.until > `+clock+`)
			RETURNING`+leaseColumns, name, by.ID, by.Address, life, life, alone, lease.Lease{Name: name}.ShowOf() != "", lease.Ballots)
		if ours = err == nil; errors.Is(err, errNone) {
			err = tx.get(ctx, &row, `UPDATE lease SET until = LEAST(until, `+clock+` + ?) WHERE name = ? RETURNING`+leaseColumns, life, name)
		}
		out = row.lease()
		return err
	})
	return out, ours, err
}

// RenewLease gives a lease another life from now, also one that has ended if nobody
// took it since; false if somebody did.
func (db *DB) RenewLease(ctx context.Context, own lease.Lease) (out lease.Lease, ours bool, err error) {
	if db.file != nil {
		return own, own.Epoch == lease.Alone(own.Name).Epoch, nil
	}
	err = db.writeAs(ctx, ballots, "renew lease", func(ctx context.Context, tx run) error {
		var row leaseRow
		err := tx.get(ctx, &row, `UPDATE lease SET until = `+clock+` + ? WHERE name = ? AND epoch = ? AND holder <> '' RETURNING`+leaseColumns,
			lease.Life.Milliseconds(), own.Name, own.Epoch)
		if ours = err == nil; errors.Is(err, errNone) {
			return nil
		}
		out = row.lease()
		return err
	})
	return out, ours, err
}

// ReleaseLease gives a lease back: nothing more is written under it, and the next
// one may take it at once. One that another has by now stays theirs.
func (db *DB) ReleaseLease(ctx context.Context, own lease.Lease) error {
	if db.file != nil {
		return nil
	}
	return db.writeAs(ctx, ballots, "release lease", func(ctx context.Context, tx run) error {
		_, err := tx.exec(ctx, `UPDATE lease SET holder = '', address = '', until = 0 WHERE name = ? AND epoch = ?`, own.Name, own.Epoch)
		return err
	})
}

// LookLease returns whose a lease is: its ID is "" if it is nobody's now.
func (db *DB) LookLease(ctx context.Context, name string) (lease.Lease, error) {
	if db.file != nil {
		return lease.Alone(name), nil
	}
	var row leaseRow
	err := db.read().get(ctx, &row, `SELECT name, epoch, until, CASE WHEN until > `+clock+` THEN holder ELSE '' END AS holder,
		CASE WHEN until > `+clock+` THEN address ELSE '' END AS address FROM lease WHERE name = ?`, name)
	if errors.Is(err, errNone) {
		return lease.Lease{Name: name}, nil
	}
	if err != nil {
		return lease.Lease{}, fmt.Errorf("lease %s: %w", name, err)
	}
	return row.lease(), nil
}

// owns makes sure that a lease is of what it has to be of, and that nobody has
// taken it since, nor does until the transaction has ended.
func (r run) owns(ctx context.Context, own lease.Lease, name string) error {
	held := lease.Alone(name).Epoch
	if r.postgres() {
		err := r.get(ctx, &held, `SELECT epoch FROM lease WHERE name = ? AND holder <> '' FOR SHARE`, name)
		if err != nil && !errors.Is(err, errNone) {
			return fmt.Errorf("lease %s: %w", name, err)
		}
		if err != nil {
			held = 0
		}
	}
	if own.Name != name || own.Epoch == 0 || own.Epoch != held {
		return fault.New(fault.Conflict, "stage.not_owner", "lease %s of epoch %d used for %s of epoch %d", own.Name, own.Epoch, name, held)
	}
	return nil
}
