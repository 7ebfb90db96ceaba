// Package redisbus is the hub's broker over Redis: pub/sub carries what nodes
// tell each other, and one hash keeps the newest document of every state topic,
// so that a node that joins, or a Redis that came back empty, is filled again.
// Redis is never the record: it may be deleted in the middle of a show, and
// after it is back every node sends its own documents anew within two seconds.
// A Bus is safe for concurrent use.
package redisbus

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"hecai/fault"
	"hecai/hub"
)

// refresh is how often a node sends its documents again, whether or not
// anything was lost: it bounds how long a lost message or a lost Redis shows.
const refresh = time.Second

// Config of a Bus. URL is redis:// or rediss://.
type Config struct {
	URL    string
	Prefix string // of the channel and the hash, so that contests can share a Redis
	Log    *slog.Logger
}

// Bus is a node's place on the bus.
type Bus struct {
	cfg  Config
	rdb  *redis.Client
	node string
	out  chan hub.Message // bounded; a full one drops, and the refresh mends it

	mu   sync.Mutex
	mine map[string]hub.Message // guarded by mu; newest document of topics this node publishes
}

// envelope is what goes over the wire.
type envelope struct {
	Node string `json:"n"`
	hub.Message
}

// New connects; an unreachable Redis is an error now, and only now.
func New(ctx context.Context, cfg Config) (*Bus, error) {
	opt, err := redis.ParseURL(cfg.URL)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, "config.flag", err, "--redis")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	hush.Do(func() { redis.SetLogger(silent{}) })
	rdb := redis.NewClient(opt)
	if err := rdb.Ping(ctx).Err(); err != nil {
		rdb.Close()
		return nil, fault.Wrap(fault.Internal, "store.unreachable", err, "redis at %s", opt.Addr)
	}
	return &Bus{cfg: cfg, rdb: rdb, node: uuid.NewString(), out: make(chan hub.Message, 4096), mine: map[string]hub.Message{}}, nil
}

// The Redis client writes to stderr of its own accord, beside the one line that
// a failed start may say. What matters of it comes back as an error. Its logger
// is a global that must be set before the first client.
var hush sync.Once

type silent struct{}

// Printf implements redis's logger.
func (silent) Printf(context.Context, string, ...any) {}

// Close ends the connection.
func (b *Bus) Close() error { return b.rdb.Close() }

func (b *Bus) channel() string { return b.cfg.Prefix + ":bus" }
func (b *Bus) state() string   { return b.cfg.Prefix + ":state" }

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

// Run implements hub.Broker. go-redis resubscribes by itself after a lost
// connection.
func (b *Bus) Run(ctx context.Context, deliver func(hub.Message)) error {
	sub := b.rdb.Subscribe(ctx, b.channel())
	defer sub.Close()
	b.fill(ctx, deliver)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Add(1)
	go func() { defer wg.Done(); b.send(ctx) }()
	ch := sub.Channel(redis.WithChannelSize(4096))
	for {
		select {
		case <-ctx.Done():
			return nil
		case raw, open := <-ch:
			if !open {
				return nil
			}
			var e envelope
			if json.Unmarshal([]byte(raw.Payload), &e) == nil && e.Node != b.node {
				deliver(e.Message)
			}
		}
	}
}

// fill delivers the newest documents of other nodes.
func (b *Bus) fill(ctx context.Context, deliver func(hub.Message)) {
	docs, err := b.rdb.HGetAll(ctx, b.state()).Result()
	if err != nil {
		b.cfg.Log.Warn("redis state not read", "err", err)
		return
	}
	for _, raw := range docs {
		var e envelope
		if json.Unmarshal([]byte(raw), &e) == nil && e.Node != b.node {
			deliver(e.Message)
		}
	}
}

// send publishes what is queued, and everything of ours again each second.
func (b *Bus) send(ctx context.Context) {
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-b.out:
			b.put(ctx, m)
		case <-tick.C:
			b.mu.Lock()
			again := make([]hub.Message, 0, len(b.mine))
			for _, m := range b.mine {
				again = append(again, m)
			}
			b.mu.Unlock()
			for _, m := range again {
				b.put(ctx, m)
			}
		}
	}
}

func (b *Bus) put(ctx context.Context, m hub.Message) {
	raw, err := json.Marshal(envelope{Node: b.node, Message: m})
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	pipe := b.rdb.Pipeline()
	if m.Doc != nil {
		pipe.HSet(ctx, b.state(), m.Topic, raw)
	}
	pipe.Publish(ctx, b.channel(), raw)
	if _, err := pipe.Exec(ctx); err != nil && ctx.Err() == nil {
		b.cfg.Log.Debug("redis publish", "topic", m.Topic, "version", strconv.FormatInt(m.Version, 10), "err", err)
	}
}
