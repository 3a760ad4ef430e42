package results

import (
	"strconv"
	"strings"
	"time"
)

// CSVHeader is the first line of attempts.csv. Instants are nanoseconds from
// the run's start; a cell is empty where the attempt never got there, and
// handshake_ns, intended to ended, where it was not established. Columns are
// added at the end, never moved.
const CSVHeader = "n,intended_ns,dialed_ns,started_ns,connected_ns,secured_ns,requested_ns,ended_ns,handshake_ns," +
	"outcome,status,phase,reason,burst,address,syn_retransmits,data_retransmits,connect_lag_ns,read_lag_ns,ready_ns,tls_lag_ns\n"

// CSV writes attempts as rows of attempts.csv. The zero value leaves the
// address column empty.
type CSV struct {
	Addresses []string // in the order Attempt.Address counts them
}

// Append appends the row of one attempt, with its line end, and returns the
// longer slice. It allocates nothing when dst has room.
func (c CSV) Append(dst []byte, a *Attempt) []byte {
	dst = strconv.AppendInt(dst, a.N, 10)
	dst = append(dst, ',')
	dst = strconv.AppendInt(dst, int64(a.Intended), 10)
	for _, d := range [...]time.Duration{a.Dialed, a.Started, a.Connected, a.Secured, a.Requested, a.Ended} {
		dst = appendCell(dst, int64(d), d != 0)
	}
	d, ok := a.Handshake()
	dst = appendCell(dst, int64(d), ok)
	dst = append(append(dst, ','), a.Outcome.Kind.String()...)
	dst = appendCell(dst, int64(a.Outcome.Status), a.Outcome.Status != 0)
	dst = append(append(dst, ','), a.Outcome.Phase.String()...)
	dst = appendText(append(dst, ','), string(a.Outcome.Reason))
	dst = appendCell(dst, int64(a.Burst), a.Burst >= 0)
	dst = append(dst, ',')
	if launched, _ := a.launch(); launched && int(a.Address) < len(c.Addresses) {
		dst = appendText(dst, c.Addresses[a.Address])
	}
	dst = appendCell(dst, int64(a.SYNRetransmits), true)
	dst = appendCell(dst, int64(a.DataRetransmits), true)
	dst = appendCell(dst, int64(a.ConnectLag), a.ConnectLag != 0)
	dst = appendCell(dst, int64(a.ReadLag), a.ReadLag != 0)
	dst = appendCell(dst, int64(a.Ready), a.Ready != 0)
	dst = appendCell(dst, int64(a.TLSLag), a.TLSLag != 0)
	return append(dst, '\n')
}

// appendCell appends a comma and the number, or nothing after the comma.
func appendCell(dst []byte, n int64, known bool) []byte {
	dst = append(dst, ',')
	if known {
		dst = strconv.AppendInt(dst, n, 10)
	}
	return dst
}

// appendText quotes as RFC 4180 §2 asks.
func appendText(dst []byte, text string) []byte {
	if !strings.ContainsAny(text, ",\"\r\n") {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	for i := range len(text) {
		if text[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, text[i])
	}
	return append(dst, '"')
}
