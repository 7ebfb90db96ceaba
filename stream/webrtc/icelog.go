package webrtc

import (
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// iceLog hands what pion has to say to our log at debug level: its warnings
// are about peers on bad networks, which is no news to an operator.
type iceLog struct{ log *slog.Logger }

// NewLogger implements logging.LoggerFactory.
func (l iceLog) NewLogger(scope string) logging.LeveledLogger {
	return iceLog{l.log.With("scope", scope)}
}

func (l iceLog) Trace(string)          {}
func (l iceLog) Tracef(string, ...any) {}
func (l iceLog) Debug(string)          {}
func (l iceLog) Debugf(string, ...any) {}
func (l iceLog) Info(string)           {}
func (l iceLog) Infof(string, ...any)  {}
func (l iceLog) Warn(m string)         { l.log.Debug(m) }
func (l iceLog) Error(m string)        { l.log.Debug(m) }

func (l iceLog) Warnf(f string, a ...any)  { l.log.Debug(fmt.Sprintf(f, a...)) }
func (l iceLog) Errorf(f string, a ...any) { l.log.Debug(fmt.Sprintf(f, a...)) }
