package ops

import (
	"math"
	"strconv"
	"strings"

	"omnibridge/connector"
)

// expositionType is the content type of the Prometheus text format.
const expositionType = "text/plain; version=0.0.4; charset=utf-8"

// exposition writes families in the Prometheus text format.
func exposition(list []family) []byte {
	var b []byte
	for _, f := range list {
		if len(f.samples) == 0 && f.spread == nil {
			continue
		}
		kind := "gauge"
		switch {
		case f.spread != nil:
			kind = "histogram"
		case f.counter:
			kind = "counter"
		}
		b = append(b, "# HELP "+f.name+" "+helpText.Replace(f.help)+"\n# TYPE "+f.name+" "+kind+"\n"...)
		if f.spread != nil {
			b = appendSpread(b, f.name, *f.spread)
		}
		for _, s := range f.samples {
			b = appendSample(b, f.name, s)
		}
	}
	return b
}

// appendSpread writes a histogram, whose buckets are sums up to their bound.
func appendSpread(b []byte, name string, s connector.Spread) []byte {
	sum := uint64(0)
	for i, bound := range append(s.Bounds[:len(s.Bounds):len(s.Bounds)], math.Inf(1)) {
		if i < len(s.Counts) {
			sum += s.Counts[i]
		}
		b = appendSample(b, name+"_bucket", sample{[]label{{"le", number(bound)}}, float64(sum)})
	}
	b = appendSample(b, name+"_sum", sample{value: s.Sum})
	return appendSample(b, name+"_count", sample{value: float64(sum)})
}

func appendSample(b []byte, name string, s sample) []byte {
	b = append(b, name...)
	for i, l := range s.labels {
		b = append(b, "{,"[min(i, 1)])
		b = append(b, l.name+`="`+labelText.Replace(l.value)+`"`...)
	}
	if len(s.labels) > 0 {
		b = append(b, '}')
	}
	return append(b, " "+number(s.value)+"\n"...)
}

var (
	helpText  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	labelText = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
)

func number(v float64) string {
	if math.IsInf(v, 1) {
		return "+Inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
