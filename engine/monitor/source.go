package monitor

import (
	"fmt"
	"net/url"

	"stampede/scenario"
)

// open makes the source of a monitor; practice is the process id of the
// practice server.
func open(m scenario.Monitor, practice int) source {
	switch m.Kind {
	case scenario.MonitorProcess:
		if m.Name == scenario.Practice {
			return newProcesses(practice, "")
		}
		return newProcesses(m.PID, m.Name)
	case scenario.MonitorPrometheus:
		return newPage(m.URL, func(body []byte) ([]reading, error) { return parseExposition(body, m.Series) })
	case scenario.MonitorNginx:
		return newPage(m.URL, parseStubStatus)
	case scenario.MonitorHAProxy:
		return newPage(m.URL, parseHAProxy)
	case scenario.MonitorApache:
		return newPage(m.URL, parseServerStatus)
	}
	return kernel{}
}

// nameOf names what a monitor looks at. Of a URL it is the host and port: the
// rest may hold secrets.
func nameOf(m scenario.Monitor) string {
	switch {
	case m.Name != "":
		return m.Name
	case m.PID != 0:
		return fmt.Sprintf("process %d", m.PID)
	case m.URL == "":
		return m.Kind.String()
	}
	if u, err := url.Parse(m.URL); err == nil {
		return u.Host
	}
	return m.Kind.String()
}
