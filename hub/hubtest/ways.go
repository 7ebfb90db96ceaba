package hubtest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// StartSentinel starts a server, its replica and a Sentinel that watches them, and
// returns the server and the address of the whole.
func StartSentinel(t testing.TB) (master *Redis, url string) {
	t.Helper()
	master = StartRedis(t)
	host, port, _ := net.SplitHostPort(master.Addr)
	replica := StartRedis(t, "--replicaof", host, port, "--repl-diskless-sync-delay", "0")
	Until(t, "the replica follows", func() bool {
		answer, err := replica.ask("ROLE")
		return err == nil && answer == "*5" && strings.Contains(replica.Info(t, "replication"), "master_link_status:up")
	})
	at := FreeAddr(t)
	_, own, _ := net.SplitHostPort(at)
	dir := t.TempDir()
	conf := filepath.Join(dir, "sentinel.conf")
	text := fmt.Sprintf("bind 127.0.0.1\nport %s\ndir %s\nsentinel monitor show %s %s 1\nsentinel down-after-milliseconds show 500\nsentinel failover-timeout show 2000\n",
		own, dir, host, port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &Redis{Addr: at, path: master.path, dir: dir, args: []string{conf, "--sentinel"}}
	s.Start(t)
	t.Cleanup(s.stop)
	Until(t, "the sentinel knows the replica", func() bool {
		return strings.Contains(s.Info(t, "sentinel"), "status=ok,address="+master.Addr+",slaves=1")
	})
	return master, "redis://" + at + "?master_name=show"
}

// StartCluster starts three servers that share the keys, and returns the address of
// the whole.
func StartCluster(t testing.TB) (url string) {
	t.Helper()
	var all []*Redis
	for i, slots := range []string{"0 5460", "5461 10922", "10923 16383"} {
		_, bus, _ := net.SplitHostPort(FreeAddr(t))
		r := StartRedis(t, "--cluster-enabled", "yes", "--cluster-port", bus)
		r.Ask(t, "CLUSTER ADDSLOTSRANGE "+slots)
		r.Ask(t, fmt.Sprint("CLUSTER SET-CONFIG-EPOCH ", i+1))
		if i > 0 {
			_, port, _ := net.SplitHostPort(r.Addr)
			all[0].Ask(t, "CLUSTER MEET 127.0.0.1 "+port+" "+bus)
		}
		all = append(all, r)
	}
	for _, r := range all {
		Until(t, "the cluster is whole", func() bool {
			return strings.Contains(r.text(t, "CLUSTER INFO"), "cluster_state:ok") && strings.Contains(r.text(t, "CLUSTER INFO"), "cluster_known_nodes:3")
		})
	}
	return "redis://" + all[0].Addr + "?addr=" + all[1].Addr
}

// Info is what a server says of itself.
func (r *Redis) Info(t testing.TB, section string) string { return r.text(t, "INFO "+section) }

// text asks what is answered by several lines.
func (r *Redis) text(t testing.TB, command string) string {
	t.Helper()
	c, err := net.Dial("tcp", r.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(Patience))
	fmt.Fprintf(c, "%s\r\n", command)
	answer := bufio.NewReader(c)
	var n int
	if _, err := fmt.Fscanf(answer, "$%d\r\n", &n); err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	all := make([]byte, n)
	if _, err := io.ReadFull(answer, all); err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return string(all)
}
