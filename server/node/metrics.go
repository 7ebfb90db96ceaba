package node

import (
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// gauge is one figure that is read when it is asked for. Nothing on the path of
// a vote or a packet counts for Prometheus; the parts keep their own counters.
type gauge struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func() float64
}

type gauges []gauge

func (g gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, m := range g {
		ch <- m.desc
	}
}

func (g gauges) Collect(ch chan<- prometheus.Metric) {
	for _, m := range g {
		ch <- prometheus.MustNewConstMetric(m.desc, m.kind, m.read())
	}
}

// metrics serves the node's figures on their own registry. None of them depends
// on an unrevealed result: they count papers and sockets, never by entry.
func (n *Node) metrics() http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("hecai_"+name, help, nil, nil)
	}
	reg.MustRegister(gauges{
		{desc("vote_queue_length", "Votes waiting for the writer."), prometheus.GaugeValue, func() float64 { return float64(n.box.Stats().Queue) }},
		{desc("vote_ack_p50_seconds", "Median time from arrival to acknowledgement of the last votes."), prometheus.GaugeValue, func() float64 { return n.box.Stats().P50.Seconds() }},
		{desc("vote_ack_p99_seconds", "99th percentile of the same."), prometheus.GaugeValue, func() float64 { return n.box.Stats().P99.Seconds() }},
		{desc("sockets", "Open WebSockets."), prometheus.GaugeValue, func() float64 { return float64(n.hub.Count()) }},
		{desc("documents_waiting", "Topics with listeners that have changed and are not sent yet."), prometheus.GaugeValue, func() float64 { return float64(n.hub.Behind()) }},
		{desc("viewers", "WHEP viewers."), prometheus.GaugeValue, func() float64 { return float64(n.media.Stats().Viewers) }},
		{desc("publishers", "Live cameras."), prometheus.GaugeValue, func() float64 { return float64(n.relay.Stats().Publishers) }},
		{desc("stream_lost_packets_total", "Packets of pictures and sound that a slow sink lost: viewers of one core, or a recorder."), prometheus.CounterValue, func() float64 { return float64(n.relay.Stats().Dropped) }},
		{desc("goroutines_total", "Goroutines of the process."), prometheus.GaugeValue, func() float64 { return float64(runtime.NumGoroutine()) }},
	})
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
}
