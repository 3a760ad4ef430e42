package results

// Metric is one measured duration of an attempt. The zero value is
// MetricHandshake, the headline.
type Metric uint8

// The metrics, in the order tables list them. Each is measured in
// nanoseconds over a population of its own.
const (
	MetricHandshake  Metric = iota // ended − intended over all arrivals; not established counts as +∞
	MetricService                  // ended − started, established attempts
	MetricConnect                  // dialed to connected, attempts that connected
	MetricTLS                      // connected to secured, attempts that got through TLS
	MetricUpgrade                  // connected or secured to the end of the 101's head, established attempts
	MetricStartLag                 // started − intended, attempts that were launched
	MetricConnectLag               // Attempt.ConnectLag where it was measured
	MetricReadLag                  // Attempt.ReadLag where it was measured
	MetricReady                    // end of the 101's head to the answer the scenario waits for, established attempts
	MetricTLSLag                   // Attempt.TLSLag where it was measured
	numMetrics
)

// NumMetrics is how many metrics there are, for arrays of them.
const NumMetrics = int(numMetrics)

var metricNames = [numMetrics]string{"handshake", "service", "connect", "tls", "upgrade", "start_lag", "connect_lag", "read_lag", "ready", "tls_lag"}

// String returns the metric's name as files carry it.
func (m Metric) String() string {
	if m < numMetrics {
		return metricNames[m]
	}
	return "invalid"
}

// ParseMetric is the inverse of String; ok is false for an unknown name.
func ParseMetric(name string) (m Metric, ok bool) {
	for i, n := range metricNames {
		if n == name {
			return Metric(i), true
		}
	}
	return 0, false
}

// Metrics returns every metric in table order.
func Metrics() []Metric {
	all := make([]Metric, numMetrics)
	for i := range all {
		all[i] = Metric(i)
	}
	return all
}
