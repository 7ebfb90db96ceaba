package redisbus_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hecai/fault"
	"hecai/hub"
	"hecai/hub/hubtest"
	"hecai/hub/redisbus"
)

// at opens a bus at an address.
func at(t *testing.T, address string) *redisbus.Bus {
	t.Helper()
	b, err := redisbus.New(t.Context(), redisbus.Config{URL: address, Prefix: "p"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// together is two nodes, and how to say something on one and to wait for it on the
// other.
type together struct {
	one, two *hubtest.Rig
	n        int
}

func (p *together) say(t *testing.T) {
	t.Helper()
	p.n++
	v := p.one.Put("stage/a", map[string]any{"n": p.n})
	hubtest.Until(t, "it is told at home", func() bool { return p.one.Version("stage/a") == v })
}

func (p *together) hears(t *testing.T) time.Duration {
	t.Helper()
	began := time.Now()
	hubtest.Until(t, fmt.Sprintf("document %d on the other node", p.n), func() bool {
		return p.two.Version("stage/a") == p.one.Version("stage/a")
	})
	return time.Since(began)
}

func pairAt(t *testing.T, one, two string) *together {
	t.Helper()
	p := &together{one: hubtest.Start(t, hub.Config{Broker: at(t, one)}), two: hubtest.Start(t, hub.Config{Broker: at(t, two)})}
	p.say(t)
	p.hears(t)
	return p
}

// TestPasswordAndTLS: all of it in the address.
func TestPasswordAndTLS(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t)
	secure := hubtest.FreeAddr(t)
	_, port, _ := net.SplitHostPort(secure)
	r := hubtest.StartRedis(t, "--tls-port", port, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no")
	r.Ask(t, "ACL SETUSER node on >s3cret ~* &* +@all")
	r.Ask(t, "ACL SETUSER default off")
	pairAt(t, "redis://node:s3cret@"+r.Addr, "rediss://node:s3cret@"+secure+"/0?skip_verify=true")
	_, err := redisbus.New(t.Context(), redisbus.Config{URL: "rediss://node:s3cret@" + secure})
	if fault.CodeOf(err) != "store.unreachable" || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("a certificate of nobody: %v", err)
	}
}

// certificate makes one that nobody has signed.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "redis"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// TestSentinelMovesTheBus: the server is killed, its replica takes over, and the
// nodes hear one another again by themselves.
func TestSentinelMovesTheBus(t *testing.T) {
	t.Parallel()
	master, address := hubtest.StartSentinel(t)
	p := pairAt(t, address, address)
	master.Kill(t)
	p.say(t)
	t.Logf("heard again %v after the server was killed", p.hears(t))
	p.say(t)
	p.hears(t)
}

func TestCluster(t *testing.T) {
	t.Parallel()
	address := hubtest.StartCluster(t)
	p := pairAt(t, address, address)
	for range 20 {
		p.say(t)
		p.hears(t)
	}
	late := hubtest.Start(t, hub.Config{Broker: at(t, address)})
	hubtest.Until(t, "a late node is filled", func() bool { return late.Version("stage/a") == p.one.Version("stage/a") })
}

// TestASilentSubscriptionIsNoticed: the connections die without a word, as behind a
// firewall that forgot them. Nobody is told, and still the node hears again.
func TestASilentSubscriptionIsNoticed(t *testing.T) {
	t.Parallel()
	r := hubtest.StartRedis(t)
	wire := hubtest.NewWire(t, r.Addr)
	p := pairAt(t, r.URL(), "redis://"+wire.Addr)
	for range 2 {
		wire.Hush()
		p.say(t)
		took := p.hears(t)
		t.Logf("heard again after %v", took)
		if took > 40*time.Second { // 3 to 4 s on a machine that has time
			t.Errorf("a dead subscription was noticed after %v", took)
		}
	}
}

// TestAPartedNodeIsCurrentAfterwards: what was said while a node was cut off from
// Redis is there when it is back, and nobody has to say anything for it.
func TestAPartedNodeIsCurrentAfterwards(t *testing.T) {
	t.Parallel()
	r := hubtest.StartRedis(t)
	wire := hubtest.NewWire(t, r.Addr)
	var log spoken
	b, err := redisbus.New(t.Context(), redisbus.Config{URL: "redis://" + wire.Addr, Prefix: "p", Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	p := &together{one: hubtest.Start(t, hub.Config{Broker: at(t, r.URL())}), two: hubtest.Start(t, hub.Config{Broker: b})}
	p.say(t)
	p.hears(t)
	wire.Part()
	p.say(t)
	v := p.two.Put("stage/b", map[string]any{"n": 1})
	hubtest.Until(t, "it says that it is alone", func() bool { return !b.Up() && log.says("redis is lost") })
	p.say(t)
	wire.Mend()
	t.Logf("current %v after the wire was mended", p.hears(t))
	hubtest.Until(t, "and the other hears it", func() bool { return p.one.Version("stage/b") == v })
}

// TestAddresses: what cannot be is refused with the flag's name and no password.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"http://x", "redis://:s3cret@h:1/x/y", "redis://:s3cret@h:1?master_name=m&nonsense=1", "redis://:s3cret@h:1?addr=h", "redis://:s3cret@h:port", "redis://:s3cret@[",
	} {
		_, err := redisbus.New(t.Context(), redisbus.Config{URL: address})
		if fault.CodeOf(err) != "config.flag" || strings.Contains(err.Error(), url.QueryEscape("s3cret")) {
			t.Errorf("%s: %v", address, err)
		}
	}
}
