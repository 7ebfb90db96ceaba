package hub_test

import (
	"testing"

	"hecai/hub"
	"hecai/hub/hubtest"
)

func TestMemoryBroker(t *testing.T) {
	t.Parallel()
	hubtest.TestBroker(t, func(*testing.T) func() hub.Broker {
		first := hub.NewMemoryBroker()
		return func() hub.Broker { return first.Attach() }
	})
}

func TestSources(t *testing.T) {
	t.Parallel()
	hubtest.TestSource(t, func(*testing.T) func() hub.Broker {
		first := hub.NewMemoryBroker()
		return func() hub.Broker { return first.Attach() }
	})
}
