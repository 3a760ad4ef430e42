package monitor

import (
	"errors"
	"fmt"

	"stampede/results"
)

// stubStatus is the page of ngx_http_stub_status_module, whose words have not
// changed since its beginning.
const stubStatus = "Active connections: %d\nserver accepts handled requests\n%d %d %d\nReading: %d Writing: %d Waiting: %d"

// parseStubStatus reads nginx's page. Connections that were accepted and not
// handled ran into a limit of nginx, as a rule worker_connections.
func parseStubStatus(body []byte) ([]reading, error) {
	var active, accepts, handled, requests, receiving, writing, waiting int64
	if _, err := fmt.Sscanf(string(body), stubStatus, &active, &accepts, &handled, &requests, &receiving, &writing, &waiting); err != nil {
		return nil, errors.New("answered no page of stub_status")
	}
	return []reading{
		{name: "active", unit: "connections", kind: results.Gauge, value: float64(active)},
		{name: "reading", unit: "connections", kind: results.Gauge, value: float64(receiving)},
		{name: "writing", unit: "connections", kind: results.Gauge, value: float64(writing)},
		{name: "waiting", unit: "connections", kind: results.Gauge, value: float64(waiting)},
		{name: "accepted", unit: "connections", kind: results.Counter, value: float64(accepts)},
		{name: "dropped", unit: "connections", kind: results.Counter, value: float64(accepts - handled)},
		{name: "requests", unit: "requests", kind: results.Counter, value: float64(requests)},
	}, nil
}
