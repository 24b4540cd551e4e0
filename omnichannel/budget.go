package omnichannel

import "time"

// Names of allowances.
const (
	APICalls     = "API calls"
	TopicEvents  = "PushTopic events"
	ChangeEvents = "change events"
)

// Tight and Scarce are the shares of an allowance, in percent, from which on people
// are told; from Scarce on, what can be left out is left out, too.
const (
	Tight  = 70
	Scarce = 85
)

// Allowance is what the org grants of something in a day, and what is used of it.
type Allowance struct {
	Name string `json:"name"`
	Used int    `json:"used"` // by everybody, as far as is known
	Max  int    `json:"max"`  // 0: not known
	Left int    `json:"left"` // 0 where Max is not known
	// PerHour is the present rate of use, Forecast what will have been used at the
	// next midnight (UTC) if it stays so.
	PerHour  int `json:"perHour"`
	Forecast int `json:"forecast"`
	// Level is the highest of Tight and Scarce that Used has reached, or 0.
	Level int `json:"level"`
	// Until is, while it is used up and nothing is asked of the org, when the org is
	// asked again; else zero.
	Until time.Time `json:"until,omitzero"`
}

// Percent returns the share that is used, rounded down; 0 if it is not known.
func (a Allowance) Percent() int { return a.percent(a.Used) }

// ForecastPercent returns the share that will be used at midnight.
func (a Allowance) ForecastPercent() int { return a.percent(a.Forecast) }

func (a Allowance) percent(n int) int {
	if a.Max <= 0 {
		return 0
	}
	return int(int64(n) * 100 / int64(a.Max))
}
