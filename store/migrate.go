package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"hecai/contest"
	"hecai/fault"
)

// Migrations are files NNNN-what.sql, numbered without gaps from 0002: step N
// brings the schema from version N-1 to N. Their last statement need not touch
// schema_version; that is done here.
//
//go:embed migrations
var migrationFiles embed.FS

// step is one migration.
type step struct {
	to   int
	name string
	text string
}

func migrations() ([]step, error) { return readSteps(migrationFiles) }

// readSteps reads the migrations of a folder in order.
func readSteps(files fs.FS) ([]step, error) {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	slices.Sort(names)
	steps := make([]step, 0, len(names))
	for i, path := range names {
		name := strings.TrimPrefix(path, "migrations/")
		number, _, _ := strings.Cut(name, "-")
		to, err := strconv.Atoi(number)
		if err != nil || len(number) != 4 || to != i+2 {
			return nil, fmt.Errorf("migration %q is not number %04d", name, i+2)
		}
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		steps = append(steps, step{to: to, name: name, text: string(text)})
	}
	return steps, nil
}

// migrate loads the schema into an empty database, or takes the steps that an
// older one still needs, all in one transaction.
func (db *DB) migrate(ctx context.Context, schema string, steps []step) error {
	want := len(steps) + 1
	if err := db.copyBefore(ctx, want); err != nil {
		return fmt.Errorf("copy before the migration: %w", err)
	}
	return db.writeAs(ctx, bulk, "migrate", func(ctx context.Context, tx run) error {
		if err := tx.lock(ctx, lockSchema, 0); err != nil {
			return err
		}
		tables, err := tables(ctx, tx)
		if err != nil {
			return err
		}
		if !slices.Contains(tables, "schema_version") {
			if len(tables) > 0 && !tx.postgres() {
				return fault.New(fault.Invalid, "store.version", "the database belongs to another program")
			}
			db.fresh = true
			return tx.script(ctx, schema)
		}
		have, err := version(ctx, tx)
		if err != nil {
			return err
		}
		if have < 1 || have > want {
			return fault.New(fault.Invalid, "store.version", "the record has schema %d, this program knows up to %d", have, want).
				With("have", have).With("want", want)
		}
		var code contest.Code
		if slices.ContainsFunc(steps[have-1:], step.ofContests) {
			if code, err = onlyContest(ctx, tx); err != nil {
				return err
			}
		}
		for _, s := range steps[have-1:] {
			if err := tx.script(ctx, strings.ReplaceAll(s.text, theContest, string(code))); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if _, err := tx.exec(ctx, `UPDATE schema_version SET version = ?`, s.to); err != nil {
				return err
			}
		}
		return nil
	})
}

// theContest stands in a migration for the contest of the plan in force: what there
// was before there were several is its.
const theContest = "$CODE"

func (s step) ofContests() bool { return strings.Contains(s.text, theContest) }

// onlyContest is the code of the plan in the record of before; one without a plan
// has nothing that belongs to a contest.
func onlyContest(ctx context.Context, tx run) (contest.Code, error) {
	var body string
	err := tx.get(ctx, &body, `SELECT body FROM plan ORDER BY version DESC LIMIT 1`)
	if errors.Is(err, errNone) {
		return "none", nil
	}
	if err != nil {
		return "", err
	}
	var plan struct {
		Code contest.Code `json:"code"`
	}
	if err := fromJSON(body, &plan); err != nil || !contest.ValidID(string(plan.Code)) {
		return "", fault.New(fault.Invalid, "store.version", "the plan in the record was damaged: no contest %q", plan.Code)
	}
	return plan.Code, nil
}

// copyBefore puts a copy of a SQLite record beside it before it is changed to
// another schema. An older copy of the same schema stays, and this one gets a
// name of its own.
func (db *DB) copyBefore(ctx context.Context, want int) error {
	if db.file == nil {
		return nil
	}
	names, err := tables(ctx, db.read())
	if err != nil || !slices.Contains(names, "schema_version") {
		return err
	}
	have, err := version(ctx, db.read())
	if err != nil || have >= want {
		return err
	}
	for n := 1; ; n++ {
		path := fmt.Sprintf("%s.schema%d-%d", db.file.path, have, n)
		err := db.copyTo(ctx, path)
		if fault.CodeOf(err) == "backup.exists" {
			continue
		}
		if err == nil {
			db.log.Info("the record was copied before its schema changes", "copy", path)
		}
		return err
	}
}

func version(ctx context.Context, tx run) (v int, err error) {
	return v, tx.get(ctx, &v, `SELECT version FROM schema_version`)
}

// tables lists the tables of the record.
func tables(ctx context.Context, tx run) (names []string, err error) {
	query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`
	if tx.postgres() {
		query = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY table_name`
	}
	return names, tx.list(ctx, &names, query)
}
