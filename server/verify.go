package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"hecai/fault"
	"hecai/server/node"
	"hecai/store"
	"hecai/vote/ledger"
)

// verifyCommand checks a proof that /verify or /v1/ballots/…/log gave out, or the
// promise of a receipt, with nothing but the file and what is known from elsewhere;
// or, for who has it, a whole record: votes, counts, facts and seals.
type verifyCommand struct {
	File        string `arg:"" help:"/verify 页下载的凭证、/v1/ballots/…/log 的内容、一张回执；或整份记录：数据目录、备份文件、postgres:// / a proof or log as downloaded, a receipt; or a whole record: data folder, backup, postgres://"`
	Key         string `help:"投票前取得的公钥 / the key as published before the vote (/v1/ledger)"`
	Fingerprint string `help:"截止时公布的票箱指纹 / fingerprint shown when the ballot closed"`
	Seal        string `help:"现场公布的成绩指纹 / fingerprint shown with the result"`
}

func (c verifyCommand) run(ctx context.Context, stdout io.Writer) error {
	if isRecord(c.File) {
		return node.Audit(ctx, c.File, stdout)
	}
	text, err := os.ReadFile(c.File)
	if err != nil {
		return fault.Wrap(fault.Invalid, "config.flag", err, "读不到文件 / cannot read %s", c.File)
	}
	if code := refusal(text); code != "" {
		return fmt.Errorf("没有可核对的：服务器当时拒绝了，文件里是 %s / nothing to check: the server refused, the file says %s", code, code)
	}
	if err := ledger.OneValue(text); err != nil {
		return fmt.Errorf("不成立 / does not hold: %w", err)
	}
	if r, ok := receipt(text); ok {
		return c.promised(r, stdout)
	}
	e, err := ledger.ParseEvidence(text)
	if err == nil {
		err = e.Check(ledger.Trusted{Key: c.Key, Fingerprint: c.Fingerprint, SealRoot: c.Seal})
	}
	if err != nil {
		return fmt.Errorf("不成立 / does not hold: %w", err)
	}
	fmt.Fprintf(stdout, "成立 / holds: %s 第 %d 轮 / round %d, %d 条记录 / records\n", e.Ballot, e.Round, e.Round, e.Size)
	if e.Leaf != "" {
		fmt.Fprintf(stdout, "  这张选票是其中第 %d 条 / this vote is number %d of them\n", e.Index+1, e.Index+1)
	}
	if e.Promise != "" {
		fmt.Fprintln(stdout, "  投票时的签名承诺已兑现 / what was promised when the vote was cast is kept")
	}
	for _, known := range []struct{ what, value string }{
		{"公钥 / key", c.Key}, {"截止指纹 / fingerprint at the close", c.Fingerprint}, {"成绩指纹 / fingerprint of the result", c.Seal},
	} {
		if known.value == "" {
			fmt.Fprintf(stdout, "  未比对 / not compared: %s\n", known.what)
		}
	}
	return nil
}

// isRecord reports whether there is a record at the place, and not a proof.
func isRecord(at string) bool {
	if info, err := os.Stat(at); err == nil && info.IsDir() || strings.HasPrefix(at, "postgres://") || strings.HasPrefix(at, "postgresql://") {
		return true
	}
	f, err := os.Open(at)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, len(sqliteHead))
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == sqliteHead
}

const sqliteHead = "SQLite format 3\x00"

// backupCommand copies a record beside a node that may be at work on it.
type backupCommand struct {
	File     string `arg:"" help:"备份写到哪个新文件 / the new file to write"`
	Data     string `default:"./data" env:"HECAI_DATA" placeholder:"DIR" help:"数据目录 / folder of the record (${default})"`
	Database string `env:"HECAI_DATABASE" placeholder:"URL" help:"postgres://… 的记录请用 pg_dump / a record in PostgreSQL is copied with pg_dump"`
}

func (c backupCommand) run(ctx context.Context, stdout io.Writer) error {
	if c.Database != "" {
		return fault.New(fault.Invalid, "config.flag", "PostgreSQL 的记录用它自己的工具备份：pg_dump --format=custom --file=%[1]s；恢复用 pg_restore；核对用 hecai verify postgres://… / a record in PostgreSQL is copied by its own tools: pg_dump --format=custom --file=%[1]s, and put back by pg_restore; check it with hecai verify postgres://…", c.File)
	}
	db, err := store.Inspect(ctx, c.Data)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Backup(ctx, c.File); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "已备份并核对 / copied and checked: %s\n  恢复：停下服务，以它作数据目录里的 hecai.db / to restore: stop the server and make it hecai.db of the data folder\n", c.File)
	return nil
}

// refusal is the code in what the server answers when it gives no proof, which is
// easily kept for one.
func refusal(text []byte) string {
	var answer struct {
		Error struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	_ = json.Unmarshal(text, &answer) // what isn't JSON is no refusal
	return answer.Error.Code
}

// receipt reads a receipt as a phone keeps it: it has a promise and is no
// evidence yet.
func receipt(text []byte) (ledger.Evidence, bool) {
	var r ledger.Evidence
	err := json.Unmarshal(text, &r)
	return r, err == nil && r.Form == "" && r.Leaf != "" && r.Promise != ""
}

// promised checks a receipt by itself, which shows what the house owes.
func (c verifyCommand) promised(r ledger.Evidence, stdout io.Writer) error {
	if c.Key == "" {
		return fault.New(fault.Invalid, "config.flag", "核对回执要用 --key 给出公钥 / a receipt is checked with the key: --key")
	}
	if r.Record == "" {
		return errors.New("不成立：回执里没有它的记录 / does not hold: the receipt lacks its record")
	}
	if err := r.CheckPromised(c.Key); err != nil {
		return fmt.Errorf("不成立 / does not hold: %w", err)
	}
	fmt.Fprintf(stdout, "成立 / holds: 票箱签名承诺过 %s 的这条记录会出现 / the house has promised that this record of %s will appear\n", r.Ballot, r.Ballot)
	fmt.Fprintln(stdout, "  它是否在票箱里，请用结果公开后下载的凭证核对 / whether it is in the log is shown by the proof, once the result is public")
	return nil
}
