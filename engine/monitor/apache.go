package monitor

import (
	"errors"
	"strconv"
	"strings"

	"stampede/results"
)

// apacheFigures are the lines of mod_status that are read.
var apacheFigures = []struct {
	line    string
	reading reading
}{
	{"BusyWorkers", reading{name: "busy workers", unit: "workers", kind: results.Gauge}},
	{"IdleWorkers", reading{name: "idle workers", unit: "workers", kind: results.Gauge}},
	{"ConnsTotal", reading{name: "connections", unit: "connections", kind: results.Gauge}},
	{"Total Accesses", reading{name: "requests", unit: "requests", kind: results.Counter}},
}

// parseServerStatus reads Apache's server-status?auto, lines of a name and a
// value. It does not tell MaxRequestWorkers, the limit of the busy ones: the
// scoreboard has room for more.
func parseServerStatus(body []byte) ([]reading, error) {
	values := map[string]string{}
	for line := range strings.Lines(string(body)) {
		if name, value, ok := strings.Cut(line, ": "); ok {
			values[name] = strings.TrimSpace(value)
		}
	}
	var list []reading
	for _, f := range apacheFigures {
		v, err := strconv.ParseFloat(values[f.line], 64)
		if err != nil {
			continue // ConnsTotal is there with the event MPM only
		}
		r := f.reading
		r.value = v
		list = append(list, r)
	}
	if len(list) == 0 {
		return nil, errors.New("answered no page of server-status?auto")
	}
	return list, nil
}
