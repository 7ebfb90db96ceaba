// Package redisbus is the hub's broker over Redis: pub/sub carries what nodes
// tell each other, and one hash keeps the newest document of every state topic,
// so that a node that joins, or a Redis that came back empty, is filled again.
// Redis is never the record: it may be deleted in the middle of a show, or be
// absent at its start, and after it is back every node sends its own documents
// anew within two seconds. What is heard counts only when it carries the mark of
// the nodes' common key. A Bus is safe for concurrent use.
package redisbus

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"hecai/fault"
	"hecai/hub"
)

// refresh is how often a node sends its documents again, whether or not
// anything was lost: it bounds how long a lost message or a lost Redis shows.
const refresh = time.Second

const (
	keep    = time.Minute     // that Redis keeps documents after the last node is gone
	patient = 3 * time.Second // of one attempt to reach Redis
	atOnce  = 256             // messages in one round trip
)

// Config of a Bus.
type Config struct {
	URL    string // see reach
	Prefix string // of the channel and the hash, so that records can share a Redis
	Key    []byte // marks what the nodes say; all of a record have the same
	Log    *slog.Logger
}

// Bus is a node's place on the bus.
type Bus struct {
	cfg    Config
	rdb    redis.UniversalClient
	node   string
	out    chan hub.Message // bounded; a full one drops, and the refresh mends it
	up     atomic.Bool      // Redis took what was said last
	filled atomic.Bool      // the documents of the others were read since we hear them

	mu   sync.Mutex
	mine map[string]hub.Message // guarded by mu; newest document of topics this node publishes
}

// What goes over the wire is the node's name, the mark, and a hub.Message as
// JSON. The mark proves that a node of ours said it: whoever can write to Redis
// could put words on every screen else.
const (
	nameSize = 36 // a UUID in text
	headSize = nameSize + sha256.Size
)

func (b *Bus) mark(node string, message []byte) []byte {
	h := hmac.New(sha256.New, b.cfg.Key)
	h.Write([]byte(node))
	h.Write(message)
	return h.Sum(nil)
}

func (b *Bus) seal(m hub.Message) ([]byte, error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return slices.Concat([]byte(b.node), b.mark(b.node, raw), raw), nil
}

// open returns what another node said; false for our own words and for what no
// node of ours said.
func (b *Bus) open(raw string) (m hub.Message, ok bool) {
	if strings.HasPrefix(raw, b.node) {
		return m, false
	}
	if len(raw) < headSize || !hmac.Equal([]byte(raw[nameSize:headSize]), b.mark(raw[:nameSize], []byte(raw[headSize:]))) {
		b.cfg.Log.Warn("redis: a message without our mark was dropped", "channel", b.channel())
		return m, false
	}
	return m, json.Unmarshal([]byte(raw[headSize:]), &m) == nil
}

// New connects. A Redis that answers and refuses, by password or certificate, is
// an error; one that does not answer is not: the node runs alone until it does.
func New(ctx context.Context, cfg Config) (*Bus, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	hush.Do(func() { redis.SetLogger(silent{}) })
	rdb, at, err := reach(cfg.URL)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	err = rdb.Ping(ctx).Err()
	switch {
	case refused(err):
		rdb.Close()
		return nil, fault.Wrap(fault.Invalid, "store.unreachable", err, "redis at %s", at)
	case err != nil:
		hint := "it joins the other nodes when redis answers"
		if strings.HasPrefix(cfg.URL, "rediss:") {
			hint += "; is that port a TLS port?"
		}
		cfg.Log.Warn("redis does not answer; the node runs alone", "addr", at, "err", err, "hint", hint)
	}
	b := &Bus{cfg: cfg, rdb: rdb, node: uuid.NewString(), out: make(chan hub.Message, 4096), mine: map[string]hub.Message{}}
	b.up.Store(err == nil)
	return b, nil
}

// refused reports whether Redis, or what is at its address, answered with a no.
func refused(err error) bool {
	var answer redis.Error
	var plain tls.RecordHeaderError
	var cert *tls.CertificateVerificationError
	return errors.As(err, &answer) || errors.As(err, &plain) || errors.As(err, &cert)
}

// Up reports whether Redis took what the node said last.
func (b *Bus) Up() bool { return b.up.Load() }

// Heard reports whether what the other nodes say arrives here, and this node has
// read what it may have missed.
func (b *Bus) Heard() bool { return b.Up() && b.filled.Load() }

// Once reports whether no node has asked for the name yet, within its life.
func (b *Bus) Once(ctx context.Context, name string, life time.Duration) (bool, error) {
	if !b.Up() {
		return false, errAway
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	first, err := b.rdb.SetNX(ctx, "{"+b.cfg.Prefix+"}:once:"+name, 1, life).Result()
	if err != nil {
		return false, errors.Join(errAway, err)
	}
	return first, nil
}

var errAway = errors.New("redis does not answer")

// The Redis client writes to stderr of its own accord, beside the one line that
// a failed start may say. What matters of it comes back as an error. Its logger
// is a global that must be set before the first client.
var hush sync.Once

type silent struct{}

// Printf implements redis's logger.
func (silent) Printf(context.Context, string, ...any) {}

// Close ends the connection.
func (b *Bus) Close() error { return b.rdb.Close() }

// Both keys are in one slot of a Cluster, so that one round trip reaches both.
func (b *Bus) channel() string { return "{" + b.cfg.Prefix + "}:bus" }
func (b *Bus) state() string   { return "{" + b.cfg.Prefix + "}:state" }

// Publish implements hub.Broker.
func (b *Bus) Publish(m hub.Message) {
	if m.Doc != nil {
		b.mu.Lock()
		b.mine[m.Topic] = m
		b.mu.Unlock()
	}
	select {
	case b.out <- m:
	default: // the refresh sends documents again
	}
}

// Run implements hub.Broker.
func (b *Bus) Run(ctx context.Context, deliver func(hub.Message)) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { b.send(ctx, deliver) })
	for ctx.Err() == nil {
		err := b.listen(ctx, deliver)
		b.filled.Store(false)
		if ctx.Err() != nil {
			return nil
		}
		b.cfg.Log.Debug("redis: subscribing again", "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(listenAgain):
		}
	}
	return nil
}

// A subscription whose connection died without a word looks like a quiet one, and
// go-redis, which pings it, does not wait for the answer. So we ask it each second
// that it is quiet, and give it up when nothing has come for a while.
const (
	quiet       = time.Second
	silence     = 3 * time.Second
	listenAgain = 250 * time.Millisecond
)

var errSilent = errors.New("the subscription is silent")

// listen delivers what others say, until the subscription is lost.
func (b *Bus) listen(ctx context.Context, deliver func(hub.Message)) error {
	sub := b.rdb.Subscribe(ctx, b.channel())
	defer sub.Close()
	defer context.AfterFunc(ctx, func() { sub.Close() })()
	for heard := time.Now(); ; {
		m, err := sub.ReceiveTimeout(ctx, quiet)
		var slow net.Error
		switch {
		case err == nil:
			heard = time.Now()
		case !errors.As(err, &slow) || !slow.Timeout():
			return err
		case time.Since(heard) > silence:
			return errSilent
		default:
			if err := sub.Ping(ctx); err != nil {
				return err
			}
		}
		if raw, ok := m.(*redis.Message); ok {
			if m, ok := b.open(raw.Payload); ok {
				b.hear(m)
				deliver(m)
			}
		}
		if _, begun := m.(*redis.Subscription); begun {
			b.filled.Store(false) // what was said before is not heard
		}
	}
}

// hear lets go of a document of ours when another node has a newer one: it is the
// one to send it again.
func (b *Bus) hear(m hub.Message) {
	if m.Doc == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if own, ok := b.mine[m.Topic]; ok && own.Version.Compare(m.Version) < 0 {
		delete(b.mine, m.Topic)
	}
}

// fill delivers the newest documents of other nodes, and reports whether they
// could be read.
func (b *Bus) fill(ctx context.Context, deliver func(hub.Message)) bool {
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	docs, err := b.rdb.HGetAll(ctx, b.state()).Result()
	if err != nil {
		return false
	}
	for _, raw := range docs {
		if m, ok := b.open(raw); ok {
			b.hear(m)
			deliver(m)
		}
	}
	return true
}

// send publishes what is queued, and everything of ours again each second. It
// fills the node when it has joined, at the start or anew.
func (b *Bus) send(ctx context.Context, deliver func(hub.Message)) {
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	b.filled.Store(b.Up() && b.fill(ctx, deliver))
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-b.out:
			said := []hub.Message{m}
			for len(said) < atOnce && len(b.out) > 0 {
				said = append(said, <-b.out)
			}
			if b.Up() { // else the refresh sends what still counts
				b.put(ctx, said)
			}
		case <-tick.C:
			if !b.try(ctx) {
				b.filled.Store(false)
				continue
			}
			if !b.up.Swap(true) {
				b.cfg.Log.Info("redis answers; the node has joined the others")
				b.filled.Store(false)
			}
			if !b.filled.Swap(true) && !b.fill(ctx, deliver) {
				b.filled.Store(false)
			}
			for said := range slices.Chunk(b.Documents(), atOnce) {
				if b.Up() {
					b.put(ctx, said)
				}
			}
		}
	}
}

// Documents are the newest that this node publishes.
func (b *Bus) Documents() []hub.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Values(b.mine))
}

// try reports whether Redis answers.
func (b *Bus) try(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	err := b.rdb.Ping(ctx).Err()
	b.lost(ctx, err)
	return err == nil
}

// lost notes, and says once, that Redis does not answer.
func (b *Bus) lost(ctx context.Context, err error) {
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) && b.up.Swap(false) {
		b.cfg.Log.Warn("redis is lost; the node goes on alone", "err", err)
	}
}

// put says messages in their order, in one round trip.
func (b *Bus) put(ctx context.Context, said []hub.Message) {
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	pipe := b.rdb.Pipeline()
	for _, m := range said {
		raw, err := b.seal(m)
		if err != nil {
			continue
		}
		if m.Doc != nil {
			pipe.HSet(ctx, b.state(), m.Topic, raw)
		}
		pipe.Publish(ctx, b.channel(), raw)
	}
	pipe.Expire(ctx, b.state(), keep)
	_, err := pipe.Exec(ctx)
	b.lost(ctx, err)
}
