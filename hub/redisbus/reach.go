package redisbus

import (
	"errors"
	"net/url"
	"strings"

	"github.com/redis/go-redis/v9"

	"hecai/fault"
)

// reach makes a client of one address, for the three ways in which Redis is run.
// rediss:// in place of redis:// speaks TLS, skip_verify=true with any certificate.
//
//	redis://user:password@host:6379/0                      one server
//	redis://host:26379?master_name=m&addr=host2:26379      Sentinels, of which user and password are then;
//	                                                       username=…&password=… are those of the server
//	redis://user:password@host:6379?addr=host2:6379        a Cluster, which has no database numbers
//
// It also returns where that is, without a password. Nothing is connected yet.
func reach(address string) (client redis.UniversalClient, at string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, "", badAddress(err)
	}
	q := u.Query()
	at = strings.Join(append([]string{u.Host}, q["addr"]...), ",")
	switch {
	case q.Has("master_name"):
		opt, err := redis.ParseFailoverURL(address)
		if err != nil {
			return nil, "", badAddress(err)
		}
		opt.ContextTimeoutEnabled, opt.DialTimeout, opt.DialerRetries, opt.MaxRetries = true, patient, 1, -1
		return redis.NewFailoverClient(opt), at, nil
	case q.Has("addr"):
		opt, err := redis.ParseClusterURL(address)
		if err != nil {
			return nil, "", badAddress(err)
		}
		opt.ContextTimeoutEnabled, opt.DialTimeout, opt.DialerRetries, opt.MaxRetries = true, patient, 1, -1
		return redis.NewClusterClient(opt), at, nil
	}
	opt, err := redis.ParseURL(address)
	if err != nil {
		return nil, "", badAddress(err)
	}
	// Without its context a silent Redis holds a call for many seconds.
	opt.ContextTimeoutEnabled, opt.DialTimeout, opt.DialerRetries, opt.MaxRetries = true, patient, 1, -1
	return redis.NewClient(opt), at, nil
}

// badAddress leaves out the address, which may hold a password.
func badAddress(err error) error {
	if bad := (*url.Error)(nil); errors.As(err, &bad) {
		err = bad.Err
	}
	return fault.Wrap(fault.Invalid, "config.flag", err, "--redis")
}
