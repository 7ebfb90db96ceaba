package e2e

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"hecai/hub/hubtest"
	"hecai/needtest"
)

// composed is what the test knows of a compose file.
type composed struct {
	Services map[string]struct {
		Image   string
		Command []string
		Ports   []string
		Volumes []string
	}
	Volumes  map[string]any
	Networks map[string]struct {
		IPAM struct{ Config []struct{ Subnet string } }
	}
}

func readDeploy(t *testing.T) (c composed, raw string) {
	t.Helper()
	body, err := os.ReadFile("../docs/deploy/compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(body, &c); err != nil {
		t.Fatal(err)
	}
	return c, string(body)
}

func flagOf(command []string, name string) string {
	for _, arg := range command {
		if v, ok := strings.CutPrefix(arg, "--"+name+"="); ok {
			return v
		}
	}
	return ""
}

// TestDeployIsWhole: what docs/deploy names is there, images are of one version, the
// media port of each node is the same outside, and the page tells of each part.
func TestDeployIsWhole(t *testing.T) {
	t.Parallel()
	c, raw := readDeploy(t)
	env, err := os.ReadFile("../docs/deploy/example.env")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`\$\{(\w+)\}`).FindAllStringSubmatch(raw, -1) {
		if !strings.Contains(string(env), "\n"+m[1]+"=") {
			t.Errorf("example.env has no %s", m[1])
		}
	}
	page, err := os.ReadFile("../docs/deploy/README.md")
	if err != nil {
		t.Fatal(err)
	}
	fixed := regexp.MustCompile(`^[a-z]+:(\d+\.\d+(\.\d+)?|local)$`)
	for name, s := range c.Services {
		if n := strings.Count(string(page), "`"+name+"`"); n < 2 {
			t.Errorf("the page tells of %s %d times, want it in both languages", name, n)
		}
		if !fixed.MatchString(s.Image) {
			t.Errorf("the image of %s is %q, of no fixed version", name, s.Image)
		}
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if strings.HasPrefix(from, ".") {
				if _, err := os.Stat(filepath.Join("../docs/deploy", from)); err != nil {
					t.Error(err)
				}
			} else if _, ok := c.Volumes[from]; !ok {
				t.Errorf("%s has the volume %s, which is none", name, from)
			}
		}
		if port := strings.TrimPrefix(flagOf(s.Command, "media"), ":"); port != "" {
			if want := []string{port + ":" + port + "/udp", port + ":" + port + "/tcp"}; !slices.Equal(s.Ports, want) {
				t.Errorf("%s has the ports %q, want %q", name, s.Ports, want)
			}
			if at := flagOf(s.Command, "node-url"); at != "http://"+name+":8080" {
				t.Errorf("%s is reached at %s", name, at)
			}
			if net := c.Networks["inside"].IPAM.Config[0].Subnet; flagOf(s.Command, "proxies") != net {
				t.Errorf("%s trusts %s, the proxy is in %s", name, flagOf(s.Command, "proxies"), net)
			}
		}
	}
}

// TestDeployRuns starts what docs/deploy has, on this machine: both nodes with their
// flags, Redis with its own, and the proxy with its configuration. Only addresses are
// others.
func TestDeployRuns(t *testing.T) {
	t.Parallel()
	caddy := needtest.Program(t, "caddy")
	c, _ := readDeploy(t)
	redis := hubtest.StartRedis(t, c.Services["redis"].Command[1:]...)
	base, err := url.Parse(hecaiDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	site := fmt.Sprintf("http://127.0.0.1:%d", freePort(t))
	port := map[string]int{"node-a": freePort(t), "node-b": freePort(t)}
	here := []string{"postgres:5432", base.Host, "redis:6379", redis.Addr, c.Networks["inside"].IPAM.Config[0].Subnet, "127.0.0.1",
		"${PUBLIC_URL}", site, "${MEDIA_PUBLIC}", "127.0.0.1", "${POSTGRES_PASSWORD}", "示例"}
	for name, p := range port {
		here = append(here, name+":8080", fmt.Sprintf("127.0.0.1:%d", p))
	}
	for _, p := range []string{"8189", "8190"} {
		here = append(here, "--media=:"+p, fmt.Sprintf("--media=127.0.0.1:%d", freePort(t)))
	}
	local := strings.NewReplacer(here...)
	nodes := map[string]*Node{}
	for _, name := range []string{"node-a", "node-b"} { // as depends_on has it
		n := &Node{t: t, url: fmt.Sprintf("http://127.0.0.1:%d", port[name])}
		n.args = []string{"--data", t.TempDir(), "--listen", fmt.Sprintf("127.0.0.1:%d", port[name])} // of the image, and the default
		for _, arg := range c.Services[name].Command {
			n.args = append(n.args, local.Replace(arg))
		}
		t.Cleanup(n.Kill)
		n.Start()
		nodes[name] = n
	}

	conf, err := os.ReadFile("../docs/deploy/Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "Caddyfile")
	if err := os.WriteFile(file, []byte(local.Replace(string(conf))), 0o600); err != nil {
		t.Fatal(err)
	}
	proxy := &Node{t: t, url: site, args: []string{"run", "--adapter", "caddyfile", "--config", file}, run: func(args []string) *exec.Cmd {
		cmd := exec.Command(caddy, args...)
		cmd.Env = append(os.Environ(), "PUBLIC_URL="+site, "HOME="+t.TempDir())
		return cmd
	}}
	t.Cleanup(func() {
		proxy.Kill()
		if t.Failed() {
			t.Log(proxy.Output())
		}
	})
	proxy.Start()

	// All of it is done at the site: the proxy sends each request and socket to
	// whichever node is next.
	nodes["node-a"].url = site
	org := nodes["node-a"].organiser()
	org.patient = true
	ids := importEntries(org, 3)
	org.Do("POST", "/v1/admin/ballots", object{"id": "crash", "title": "示例选票", "session": "final", "entries": ids,
		"visibility": "live", "quota": object{"window": "ballot", "max": 1}}, nil)
	org.Do("POST", "/v1/admin/ballots/crash/open", object{"seconds": 0}, nil)
	want := map[string]int64{}
	for i := range 4 {
		phone := newClient(t, site)
		phone.Do("POST", "/v1/device", object{}, nil)
		ws := phone.join("audience", "stage/final", "ballot/crash")
		phone.Do("POST", "/v1/votes", object{"ballot": "crash", "rev": 1, "choice": ids[i%3 : i%3+1]}, nil)
		want[ids[i%3]]++
		text := fmt.Sprint("示例", i)
		org.Do("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": text}, nil)
		hubtest.Until(t, "a phone at the site sees the show and the board", func() bool {
			show, _ := ws.Doc("stage/final")
			board, _ := ws.Doc("ballot/crash")
			return noticeOf(show) == text && shows(board, want)
		})
	}
	nodes["node-b"].Kill()
	for range 4 { // what goes to the dead node is asked of the other
		org.try("GET", "/v1/me", nil, nil)
	}
	org.try("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": "示例之后"}, nil)
	checkCountSoon(t, 0, org, want)
}

// hecaiDatabase is a database of the name and the owner that the deployment has.
func hecaiDatabase(t *testing.T) string {
	t.Helper()
	address := startPostgres(t).Database(t)
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range []string{`CREATE ROLE hecai LOGIN`, `CREATE DATABASE hecai OWNER hecai`} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	return address
}
