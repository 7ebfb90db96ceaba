// Command server is Hecai: one program that carries a live contest, from its
// online vote to its award ceremony. `go run ./server` serves; `go run ./server
// demo` shows a whole contest night on sample data. It only reads flags and
// wires; package node holds what runs, in which order it starts and stops.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"hecai/fault"
	"hecai/server/demo"
	"hecai/server/node"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // it ran, and then failed
	exitUsage  = 2 // it could not start: a flag, a port, a folder, a database
)

// flags are the settings of both commands. Each has an environment variable.
type flags struct {
	Listen       string        `default:":8080" env:"HECAI_LISTEN" placeholder:"HOST:PORT" help:"监听地址 / HTTP address (${default})"`
	Data         string        `env:"HECAI_DATA" placeholder:"DIR" help:"数据目录 / folder of the record (./data; demo: a fresh temporary one)"`
	Database     string        `env:"HECAI_DATABASE" placeholder:"URL" help:"postgres://…；留空为数据目录中的 SQLite / empty: SQLite in the data folder"`
	Wait         time.Duration `default:"60s" env:"HECAI_WAIT" placeholder:"TIME" help:"启动时等待 PostgreSQL 多久 / how long a start waits for a PostgreSQL that is away (${default})"`
	Redis        string        `env:"HECAI_REDIS" placeholder:"URL" help:"redis://… 或 rediss://…；Sentinel 加 ?master_name=名，Cluster 加 ?addr=另一台；留空为进程内 / a server, Sentinels with ?master_name=NAME, a Cluster with ?addr=ANOTHER; empty: in-process"`
	Media        string        `default:":8189" env:"HECAI_MEDIA" placeholder:"HOST:PORT" help:"媒体端口（UDP 与 ICE-TCP 同号） / the one port of all media, UDP and ICE-TCP (${default})"`
	MediaPublic  string        `name:"media-public" env:"HECAI_MEDIA_PUBLIC" placeholder:"ADDRS" help:"对外的媒体地址（在 NAT、容器或云主机后），逗号分隔；留空取 --public-url 的地址 / where media reach this server from outside, comma-separated; empty: what --public-url resolves to"`
	Video        string        `default:"h264" env:"HECAI_VIDEO" placeholder:"CODEC" help:"直播画面的编码，h264 或 vp8，整场不变 / codec of all pictures, h264 or vp8 (${default})"`
	NodeURL      string        `name:"node-url" env:"HECAI_NODE_URL" placeholder:"URL" help:"多节点时，其他节点访问本节点的地址；留空取本机地址 / with several nodes, where the others reach this one; empty: this machine's address"`
	PublicURL    string        `name:"public-url" env:"HECAI_PUBLIC_URL" placeholder:"URL" help:"观众访问地址 / where phones reach this server"`
	Contest      []string      `env:"HECAI_CONTEST" placeholder:"FILE" help:"带入记录的赛事方案，可给多次，第一个用短地址；记录中已有的不变 / plan file to bring into the record, may be given several times; the first has the short addresses, and what is in the record stays as it is"`
	Proxies      string        `env:"HECAI_PROXIES" placeholder:"NETS" help:"可信反向代理 / trusted reverse proxies, comma-separated"`
	MetricsToken string        `name:"metrics-token" env:"HECAI_METRICS_TOKEN" placeholder:"TOKEN" help:"/metrics 的令牌；留空则只许本机 / bearer token of /metrics; empty: this machine only"`
	LogFormat    string        `default:"text" enum:"text,json" env:"HECAI_LOG_FORMAT" help:"text | json"`
}

type cli struct {
	Serve serveCommand `cmd:"" default:"withargs" help:"运行服务（默认） / run the server (default)"`
	Demo  demoCommand  `cmd:"" help:"用示例数据演一整晚 / a whole contest night on sample data"`

	Verify verifyCommand `cmd:"" help:"离线核对一份投票凭证，或整份记录 / check a proof of a vote offline, or a whole record"`
	Backup backupCommand `cmd:"" help:"备份记录，不用停下服务 / copy the record, while the server runs"`
}

type serveCommand struct {
	flags
}

type demoCommand struct {
	flags
	Play   bool `help:"自动走完流程单（约三分钟） / run the rundown by itself, about three minutes"`
	Phones int  `default:"200" help:"模拟手机数量 / synthetic phones (${default})"`
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main without the process: it parses, runs and tells the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	var c cli
	code := -1
	parser, err := kong.New(&c, kong.Name("hecai"),
		kong.Description("喝彩 Hecai: 从线上投票到颁奖典礼 / from the online vote to the award ceremony"),
		kong.Writers(stdout, stderr), kong.Exit(func(n int) { code = n }))
	if err != nil {
		fmt.Fprintln(stderr, "hecai:", err)
		return exitUsage
	}
	parsed, err := parser.Parse(args)
	if code >= 0 { // --help
		return code
	}
	if err != nil {
		fmt.Fprintln(stderr, "hecai:", err)
		return exitUsage
	}
	ctx, stop := interrupted(stderr)
	defer stop()
	switch parsed.Command() {
	case "verify <file>":
		return finish(stderr, c.Verify.run(ctx, stdout))
	case "backup <file>":
		return finish(stderr, c.Backup.run(ctx, stdout))
	case "demo":
		return finish(stderr, c.Demo.run(ctx, stdout, stderr))
	}
	return finish(stderr, c.Serve.run(ctx, stdout, stderr))
}

func finish(stderr io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(stderr, "hecai:", strings.TrimPrefix(err.Error(), "config.flag: ")) // which flag it is follows
	if node.CannotStart(err) || fault.CodeOf(err) == "config.flag" {
		return exitUsage
	}
	return exitFailed
}

// interrupted returns a context that the first Ctrl-C or SIGTERM ends, or a
// terminal that closes; a second one quits at once.
func interrupted(stderr io.Writer) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup wants it
		signal.Notify(signals, syscall.SIGHUP)
	}
	done := make(chan struct{})
	go func() {
		select {
		case <-signals:
		case <-done:
			return
		}
		fmt.Fprintln(stderr, "hecai: 正在收尾，再按一次 Ctrl-C 立即退出 / draining; Ctrl-C again quits at once")
		cancel()
		select {
		case <-signals:
			os.Exit(exitFailed)
		case <-done:
		}
	}()
	return ctx, func() { signal.Stop(signals); close(done); cancel() }
}

func (f flags) config(stderr io.Writer) node.Config {
	var h slog.Handler = slog.NewTextHandler(stderr, nil)
	if f.LogFormat == "json" {
		h = slog.NewJSONHandler(stderr, nil)
	}
	return node.Config{
		Listen: f.Listen, Data: f.Data, Database: f.Database, Wait: f.Wait, Redis: f.Redis, Media: f.Media, MediaPublic: f.MediaPublic, Video: f.Video,
		NodeURL: f.NodeURL, PublicURL: f.PublicURL, Contests: f.Contest, Proxies: f.Proxies, MetricsToken: f.MetricsToken, Log: slog.New(h),
	}
}

func (c serveCommand) run(ctx context.Context, stdout, stderr io.Writer) error {
	return node.Serve(ctx, c.config(stderr), stdout)
}

func (c demoCommand) run(ctx context.Context, stdout, stderr io.Writer) error {
	return demo.Run(ctx, c.config(stderr), demo.Config{Play: c.Play, Phones: c.Phones}, stdout)
}
