package handshake

import "stampede/results"

// The header fields of a 101 that are judged, in the order their faults count.
const (
	upgradeField = iota
	connectionField
	acceptField
	subprotocolField
	extensionField
	numJudged
	noField = -1
)

var judgedNames = [numJudged]string{"Upgrade", "Connection", "Sec-WebSocket-Accept",
	"Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"}

// missingReasons is what the lack of a required field is called; "" for the
// fields a 101 may do without.
var missingReasons = [numJudged]results.Reason{results.MissingUpgrade, results.MissingConnection, results.MissingAccept}

var badReasons = [numJudged]results.Reason{results.BadUpgrade, results.BadConnection, results.BadAccept,
	results.BadSubprotocol, results.BadExtension}

// answer is what the header fields of a 101 say to what was asked for.
type answer struct {
	key          Key
	accept       [28]byte // the right Sec-WebSocket-Accept
	subprotocols []string // offered
	offers       []extension
	required     bool // a subprotocol must be selected

	subprotocol int // index of the one selected; -1 for none
	body        bool
	tallies     [numJudged]tally
}

// tally counts one judged field, over all its lines.
type tally struct {
	lines int // header lines
	good  int // values or list elements that are as they should be
	wrong int // those that are not, where one spoils the field
}

// read ticks off the fields in a checked head's header lines.
func (a *answer) read(lines []byte) {
	for {
		f, rest, ok := cutField(lines)
		if !ok {
			return
		}
		lines = rest
		if i := judgedField(f.name); i != noField {
			a.tallies[i].lines++
			a.take(i, f.value)
			continue
		}
		a.body = a.body || equalFold(f.name, "content-length") || equalFold(f.name, "transfer-encoding")
	}
}

// judgedField tells which judged field is called name. No two of their names
// have one length, so that name is compared in full with one of them at most.
func judgedField(name []byte) int {
	switch {
	case equalFold(name, "upgrade"):
		return upgradeField
	case equalFold(name, "connection"):
		return connectionField
	case equalFold(name, "sec-websocket-accept"):
		return acceptField
	case equalFold(name, "sec-websocket-protocol"):
		return subprotocolField
	case equalFold(name, "sec-websocket-extensions"):
		return extensionField
	}
	return noField
}

// take tallies one line of the judged field i.
func (a *answer) take(i int, value []byte) {
	switch i {
	case acceptField:
		a.tallies[i].count(string(value) == string(a.accept[:]))
	case subprotocolField:
		a.subprotocol = a.offered(value)
		a.tallies[i].count(a.subprotocol >= 0)
	default:
		a.takeList(i, value)
	}
}

// takeList tallies one line of a judged field that is a list.
func (a *answer) takeList(i int, list []byte) {
	t := &a.tallies[i]
	for {
		var element []byte
		element, list = cutList(list)
		if len(element) == 0 {
			return
		}
		switch i {
		case upgradeField:
			t.count(equalFold(element, "websocket"))
		case connectionField:
			if equalFold(element, "upgrade") {
				t.good++ // and other options are none of ours
			}
		case extensionField:
			t.count(answersAny(element, a.offers))
		}
	}
}

func (t *tally) count(good bool) {
	if good {
		t.good++
	} else {
		t.wrong++
	}
}

// offered returns the index of the subprotocol called name, -1 if none is.
// Case matters (RFC 6455 §4.1, check 6, with §11.3.4).
func (a *answer) offered(name []byte) int {
	for i, s := range a.subprotocols {
		if string(name) == s {
			return i
		}
	}
	return -1
}

// faults returns what is wrong with each judged field; "" for those in order.
func (a *answer) faults() (faults [numJudged]results.Reason) {
	for i := range faults {
		t := a.tallies[i]
		switch single := i == acceptField || i == subprotocolField; {
		case t.lines == 0 && i == subprotocolField && a.required:
			faults[i] = badReasons[i]
		case t.lines == 0:
			faults[i] = missingReasons[i]
		case t.good == 0 || t.wrong > 0 || single && t.lines > 1:
			faults[i] = badReasons[i]
		}
	}
	return faults
}

// warnings returns the oddities of a's fields.
func (a *answer) warnings() (w Warning) {
	if len(a.subprotocols) > 0 && a.tallies[subprotocolField].lines == 0 {
		w |= NoSubprotocol
	}
	if a.tallies[upgradeField].good > 1 {
		w |= DuplicateUpgrade
	}
	if a.body {
		w |= BodyAnnounced
	}
	return w
}
