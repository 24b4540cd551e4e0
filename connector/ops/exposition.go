package ops

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// expose answers a scrape with families, in whatever format it asks for.
func expose(w http.ResponseWriter, r *http.Request, list []family) {
	reg := prometheus.NewRegistry()
	reg.MustRegister(snapshot(list))
	promhttp.HandlerFor(reg, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

// snapshot is families as a collector: what they were at one moment.
type snapshot []family

// Describe tells nothing beforehand: what is collected differs with the org.
func (s snapshot) Describe(chan<- *prometheus.Desc) {}

// Collect hands over every value.
func (s snapshot) Collect(to chan<- prometheus.Metric) {
	for _, f := range s {
		if f.spread != nil {
			to <- f.histogram()
		}
		kind := prometheus.GaugeValue
		if f.counter {
			kind = prometheus.CounterValue
		}
		for _, v := range f.samples {
			var names, values []string
			for _, l := range v.labels {
				names, values = append(names, l.name), append(values, l.value)
			}
			to <- prometheus.MustNewConstMetric(prometheus.NewDesc(f.name, f.help, names, nil), kind, v.value, values...)
		}
	}
}

// histogram sums the buckets of a spread up to their bounds, as Prometheus wants
// them.
func (f family) histogram() prometheus.Metric {
	buckets, sum := map[float64]uint64{}, uint64(0)
	for i, n := range f.spread.Counts {
		sum += n
		if i < len(f.spread.Bounds) {
			buckets[f.spread.Bounds[i]] = sum
		}
	}
	return prometheus.MustNewConstHistogram(prometheus.NewDesc(f.name, f.help, nil, nil), sum, f.spread.Sum, buckets)
}
