// Package results is stampede's dictionary and judgement: what an attempt
// was, how it ended, what the run's numbers are and whether they meet the
// thresholds. It is pure: no clock, no sockets, no files.
package results

import "time"

// Attempt is the whole story of one arrival that came due. Instants are
// offsets from the run's start on the monotonic clock; except for Intended,
// zero means the attempt never got there. The engine emits one Attempt for
// every arrival, exactly once.
type Attempt struct {
	N         int64         // number of the arrival in the schedule, from 0
	Intended  time.Duration // when the scenario wanted it to start
	Dialed    time.Duration // just before connect(2)
	Started   time.Duration // Dialed; for release: upgrade the instant the request was released
	Connected time.Duration // TCP established, as seen by this process
	Secured   time.Duration // TLS established; zero for ws://
	Requested time.Duration // upgrade request written
	Ended     time.Duration // outcome known: for Established, the end of the reply's head read
	Ready     time.Duration // the answer a scenario waits for behind the 101 came; zero without such a check

	ConnectLag time.Duration // part of the connect phase spent in this host after the kernel was done; zero if unmeasured
	TLSLag     time.Duration // part of the tls phase before this host had a CPU for its first byte; zero if unmeasured
	ReadLag    time.Duration // time the ending bytes waited in this host before they were read; zero if unmeasured

	Burst   int32   // index among the schedule's bursts, -1 for an arrival outside any
	Address uint16  // index into Result.Target's address list, as dialled last
	Session Session // what TLS agreed on

	SYNRetransmits  uint8 // SYNs sent again, saturating
	DataRetransmits uint8 // data segments sent again during the handshake, saturating

	Outcome Outcome
}

// Handshake is the response time, ended − intended (the open-model latency
// that coordinated omission hides); ok is false, meaning +∞, unless the
// attempt was established.
func (a *Attempt) Handshake() (d time.Duration, ok bool) {
	return a.Ended - a.Intended, a.Outcome.Kind == Established
}

// Known is the instant from which the outcome is known: of an attempt that was
// never launched, when it was intended to be.
func (a *Attempt) Known() time.Duration {
	if known := max(a.Ended, a.Started, a.Dialed); known != 0 {
		return known
	}
	return a.Intended
}

// Service is ended − started; ok is false unless the attempt was established.
func (a *Attempt) Service() (d time.Duration, ok bool) {
	return a.Ended - a.Started, a.Outcome.Kind == Established
}

// StartLag is started − intended, the generator's own late launch; ok is
// false if the attempt was never launched.
func (a *Attempt) StartLag() (d time.Duration, ok bool) {
	return a.Started - a.Intended, a.Started != 0
}

// Connect is the connect phase; ok is false if it did not complete.
func (a *Attempt) Connect() (d time.Duration, ok bool) {
	return a.Connected - a.Dialed, a.Connected != 0
}

// TLS is the tls phase; ok is false if it did not complete or there was none.
func (a *Attempt) TLS() (d time.Duration, ok bool) {
	return a.Secured - a.Connected, a.Secured != 0
}

// Metric returns the attempt's value of one metric; ok is false when it is
// not of the metric's population, or counts there as +∞.
func (a *Attempt) Metric(m Metric) (d time.Duration, ok bool) {
	switch m {
	case MetricHandshake:
		return a.Handshake()
	case MetricService:
		return a.Service()
	case MetricConnect:
		return a.Connect()
	case MetricTLS:
		return a.TLS()
	case MetricUpgrade:
		return a.Upgrade()
	case MetricStartLag:
		return a.StartLag()
	case MetricConnectLag:
		return a.ConnectLag, a.ConnectLag != 0
	case MetricReadLag:
		return a.ReadLag, a.ReadLag != 0
	case MetricTLSLag:
		return a.TLSLag, a.TLSLag != 0
	case MetricReady:
		return a.Ready - a.Ended, a.Ready != 0
	}
	return 0, false
}

// Upgrade is the upgrade phase, from the moment the connection was ready for
// the request (and, with release: upgrade, released) to the end of the head
// of the 101; ok is false unless the attempt was established.
func (a *Attempt) Upgrade() (d time.Duration, ok bool) {
	return a.Ended - max(a.Connected, a.Secured, a.Started), a.Outcome.Kind == Established
}
