// Command server is Hecai: one program that carries a live contest, from its
// online vote to its award ceremony. `go run ./server` serves; `go run ./server
// demo` shows a whole contest night on sample data. It only reads flags and
// wires; package app holds what runs, in which order it starts and stops.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"hecai/fault"
	"hecai/server/app"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // it ran, and then failed
	exitUsage  = 2 // it could not start: a flag, a port, a folder, a database
)

// flags are the settings of both commands. Each has an environment variable.
type flags struct {
	Listen    string `default:":8080" env:"HECAI_LISTEN" placeholder:"HOST:PORT" help:"监听地址 / HTTP address (${default})"`
	Data      string `env:"HECAI_DATA" placeholder:"DIR" help:"数据目录 / folder of the record (./data; demo: a fresh temporary one)"`
	Database  string `env:"HECAI_DATABASE" placeholder:"URL" help:"postgres://…；留空为数据目录中的 SQLite / empty: SQLite in the data folder"`
	Redis     string `env:"HECAI_REDIS" placeholder:"URL" help:"redis://…；留空为进程内 / empty: in-process"`
	Media     string `default:":8189" env:"HECAI_MEDIA" placeholder:"HOST:PORT" help:"媒体端口（UDP 与 ICE-TCP 同号） / the one port of all media, UDP and ICE-TCP (${default})"`
	PublicURL string `name:"public-url" env:"HECAI_PUBLIC_URL" placeholder:"URL" help:"观众访问地址 / where phones reach this server"`
	Contest   string `env:"HECAI_CONTEST" placeholder:"FILE" help:"首次启动时载入的赛事方案 / plan file for the first start"`
	Proxies   string `env:"HECAI_PROXIES" placeholder:"NETS" help:"可信反向代理 / trusted reverse proxies, comma-separated"`
	LogFormat string `default:"text" enum:"text,json" env:"HECAI_LOG_FORMAT" help:"text | json"`
}

type cli struct {
	Serve serveCommand `cmd:"" default:"withargs" help:"运行服务（默认） / run the server (default)"`
	Demo  demoCommand  `cmd:"" help:"用示例数据演一整晚 / a whole contest night on sample data"`
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
	if parsed.Command() == "demo" {
		return finish(stderr, c.Demo.run(ctx, stdout, stderr))
	}
	return finish(stderr, c.Serve.run(ctx, stdout, stderr))
}

func finish(stderr io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(stderr, "hecai:", err)
	if app.CannotStart(err) || fault.CodeOf(err) == "config.flag" {
		return exitUsage
	}
	return exitFailed
}

// interrupted returns a context that the first Ctrl-C or SIGTERM ends; a second
// one quits at once.
func interrupted(stderr io.Writer) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
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

func (f flags) config(stderr io.Writer) app.Config {
	var h slog.Handler = slog.NewTextHandler(stderr, nil)
	if f.LogFormat == "json" {
		h = slog.NewJSONHandler(stderr, nil)
	}
	return app.Config{
		Listen: f.Listen, Data: f.Data, Database: f.Database, Redis: f.Redis, Media: f.Media,
		PublicURL: f.PublicURL, Contest: f.Contest, Proxies: f.Proxies, Log: slog.New(h),
	}
}

func (c serveCommand) run(ctx context.Context, stdout, stderr io.Writer) error {
	return app.Serve(ctx, c.config(stderr), stdout)
}

func (c demoCommand) run(ctx context.Context, stdout, stderr io.Writer) error {
	return app.Demo(ctx, c.config(stderr), app.DemoConfig{Play: c.Play, Phones: c.Phones}, stdout)
}
