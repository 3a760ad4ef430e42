package practice

import (
	"slices"
	"strconv"
	"strings"
)

// Fault is something that goes wrong for a share of the handshakes that would
// have been upgraded: it takes the place of the 101, at the instant the 101
// was due.
type Fault struct {
	// Kind is a status code from 200 to 999 ("504"), or one of:
	//
	//	reset         RST instead of an answer
	//	close         FIN without a byte
	//	silence       no answer, connection left open
	//	half          half a reply head, then silence
	//	drip          a valid 101, one byte every 50 ms
	//	wrong_accept  a 101 whose Sec-WebSocket-Accept is another key's
	//	garbage       bytes that are not HTTP, then FIN
	//	close_after   a valid 101 and a Close frame (1013) in one write
	Kind  string
	Share float64 // of one: 0.01 is 1 %
}

// The fault kinds that are words.
const (
	faultReset       = "reset"
	faultClose       = "close"
	faultSilence     = "silence"
	faultHalf        = "half"
	faultDrip        = "drip"
	faultWrongAccept = "wrong_accept"
	faultGarbage     = "garbage"
	faultCloseAfter  = "close_after"
)

var faultWords = []string{faultReset, faultClose, faultSilence, faultHalf, faultDrip, faultWrongAccept, faultGarbage, faultCloseAfter}

// faultForms is what setFaults accepts.
var faultForms = "none, or KIND=SHARE% separated by commas (504=1%, reset=0.5%) with KIND a status code from 200 to 999 or one of " +
	strings.Join(faultWords, ", ")

// String returns the fault as settings write it, as 504=1%.
func (f Fault) String() string { return f.Kind + "=" + formatShare(f.Share) }

// status returns the code of a fault that is a status.
func (f Fault) status() (code int, ok bool) {
	code, err := strconv.Atoi(f.Kind)
	return code, err == nil && len(f.Kind) == 3 && code >= 200
}

func (f Fault) known() bool {
	_, ok := f.status()
	return ok || slices.Contains(faultWords, f.Kind)
}

// opens reports whether the peer ends up with an open WebSocket connection
// after the fault; so it does after none.
func (f Fault) opens() bool {
	return f.Kind == "" || f.Kind == faultDrip || f.Kind == faultCloseAfter
}

// parseFaults reads a list such as "504=1%, reset=0.5%".
func parseFaults(text string) ([]Fault, bool) {
	var list []Fault
	for item := range strings.SplitSeq(text, ",") {
		kind, share, ok := strings.Cut(item, "=")
		f := Fault{Kind: strings.TrimSpace(kind)}
		var okShare bool
		f.Share, okShare = parseShare(strings.TrimSpace(share))
		if !ok || !okShare || !f.known() {
			return nil, false
		}
		list = append(list, f)
	}
	return list, true
}

// pick returns the index of the fault that a draw u in (0, 1) falls on when
// each takes its share of the interval in turn, or −1 for none.
func pick(list []Fault, u float64) int {
	for i, f := range list {
		if u < f.Share {
			return i
		}
		u -= f.Share
	}
	return -1
}
