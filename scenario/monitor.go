package scenario

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// MonitorKind is what a monitor looks at. The zero value is invalid.
type MonitorKind uint8

// The kinds of monitors.
const (
	MonitorProcess    MonitorKind = 1 + iota // processes of this host
	MonitorPrometheus                        // a page of metrics in the Prometheus text format
	MonitorNginx                             // the page of nginx's stub_status
	MonitorHAProxy                           // HAProxy's statistics as CSV, or its /metrics
	MonitorApache                            // the page of Apache's mod_status for machines, ?auto
	MonitorKernel                            // the kernel's counters of this network namespace
)

var monitorWords = []string{"invalid", "process", "prometheus", "nginx", "haproxy", "apache", "kernel"}

// String returns the word files use.
func (k MonitorKind) String() string { return word(monitorWords, int(k)) }

// Monitor is something beside the load that is looked at once a second.
type Monitor struct {
	Kind   MonitorKind
	PID    int              // of a process; zero: found by Name
	Name   string           // of a process, as the kernel has it (comm); Practice is the practice server
	URL    string           // http:// or https://, of everything that is scraped
	Series []SeriesSelector // of MonitorPrometheus, at least one
}

// SeriesSelector picks series of a page of metrics: those of a name, with all
// of these labels.
type SeriesSelector struct {
	Name   string
	Labels map[string]string // nil: any
}

// String writes the selector as it is parsed, labels in order.
func (s SeriesSelector) String() string {
	if len(s.Labels) == 0 {
		return s.Name
	}
	pairs := make([]string, 0, len(s.Labels))
	for _, k := range slices.Sorted(maps.Keys(s.Labels)) {
		pairs = append(pairs, fmt.Sprintf("%s=%q", k, s.Labels[k]))
	}
	return s.Name + "{" + strings.Join(pairs, ",") + "}"
}

// Names and labels of metrics are those of Prometheus's data model; a label's
// value stands in quotes and has none in it.
var (
	selectorForm = regexp.MustCompile(`^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{(.*)\})?$`)
	labelForm    = regexp.MustCompile(`^\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*"([^"\\]*)"\s*(?:,|$)`)
)

// ParseSeriesSelector reads name or name{label="value",…}.
func ParseSeriesSelector(text string) (SeriesSelector, error) {
	const hint = `write a name, or name{label="value"}`
	parts := selectorForm.FindStringSubmatch(text)
	if parts == nil {
		return SeriesSelector{}, badValue(hint, "%q names no series", text)
	}
	s := SeriesSelector{Name: parts[1]}
	for rest := parts[2]; strings.TrimSpace(rest) != ""; {
		pair := labelForm.FindStringSubmatch(rest)
		if pair == nil {
			return SeriesSelector{}, badValue(hint, "%q has labels that are not understood", text)
		}
		if s.Labels == nil {
			s.Labels = map[string]string{}
		}
		s.Labels[pair[1]] = pair[2]
		rest = rest[len(pair[0]):]
	}
	return s, nil
}

// monitors reads the list of monitors, each a mapping of one key.
func (d *decoder) monitors(path string, n ast.Node, into *[]Monitor) {
	for _, e := range d.items(path, n) {
		var m Monitor
		keys := 0
		if node, ok := e.value.(*ast.MappingNode); ok {
			keys = len(node.Values)
		}
		d.mapping(e.path, e.value, d.monitorFields(&m))
		if keys > 1 && m.Kind != 0 {
			d.fail(e.path, e.value, "write each behind a dash of its own", "is one monitor and has %d keys", keys)
		}
		if keys > 0 && m.Kind == 0 {
			d.bad[e.path] = true // an unknown key was reported
		}
		*into = append(*into, m)
	}
}

func (d *decoder) monitorFields(m *Monitor) []field {
	page := func(k MonitorKind) setter {
		return func(p string, n ast.Node) { m.Kind, m.URL = k, d.monitorURL(p, n) }
	}
	return []field{
		{name: "process", set: func(p string, n ast.Node) { m.Kind = MonitorProcess; d.process(p, n, m) }},
		{name: "prometheus", set: func(p string, n ast.Node) {
			m.Kind = MonitorPrometheus
			d.mapping(p, n, []field{
				{name: "url", set: func(p string, n ast.Node) { m.URL = d.monitorURL(p, n) }, required: "write url: http://host:port/metrics"},
				{name: "series", set: func(p string, n ast.Node) { d.selectors(p, n, &m.Series) }, required: "write series: [name, …]"},
			})
		}},
		{name: "nginx", set: page(MonitorNginx)},
		{name: "haproxy", set: page(MonitorHAProxy)},
		{name: "apache", set: page(MonitorApache)},
		{name: "kernel", set: func(p string, n ast.Node) {
			m.Kind = MonitorKernel
			var on bool
			d.bool(&on)(p, n)
			if !on && !d.bad[p] {
				d.fail(p, n, "leave the monitor out", "is false")
			}
		}},
	}
}

// process reads practice, or a pid or a name.
func (d *decoder) process(path string, n ast.Node, m *Monitor) {
	if _, plain := scalar(n); plain {
		d.string(&m.Name)(path, n)
		if m.Name != Practice && !d.bad[path] {
			d.fail(path, n, fmt.Sprintf("did you mean process: {name: %s}?", m.Name), "wants %s, or pid or name", Practice)
		}
		return
	}
	var pid int64
	d.mapping(path, n, []field{
		{name: "pid", set: d.count(&pid)},
		{name: "name", set: d.string(&m.Name)},
	})
	m.PID = int(min(pid, maxPID+1))
}

func (d *decoder) selectors(path string, n ast.Node, into *[]SeriesSelector) {
	for _, e := range d.items(path, n) {
		var s SeriesSelector
		parsed(d, &s, ParseSeriesSelector)(e.path, e.value)
		*into = append(*into, s)
	}
}

// monitorURL hides what variables gave to the URL's path, and the whole value
// in the source if there is a user in it.
func (d *decoder) monitorURL(path string, n ast.Node) string {
	text := d.url(path, n)
	if d.vault.keepUser(authorityOf(text)) {
		d.vault.nodes = append(d.vault.nodes, n)
	}
	return text
}

// authorityOf is the URL without its path and query, where an @ is no user's.
func authorityOf(text string) string {
	scheme, _, found := strings.Cut(text, "://")
	if !found {
		return ""
	}
	authority, _ := cutAuthority(text)
	return scheme + "://" + authority
}

const (
	maxMonitors = 32
	maxPID      = 1 << 22 // PID_MAX_LIMIT of Linux on 64 bits
)

func (c *checker) monitors(s *Scenario) {
	if len(s.Monitors) > maxMonitors {
		c.add("monitor", "", "%d monitors are more than %d", len(s.Monitors), maxMonitors)
	}
	for i := range s.Monitors {
		path := fmt.Sprintf("monitor[%d]", i)
		switch m := &s.Monitors[i]; m.Kind {
		case MonitorProcess:
			c.process(path+".process", m, s.Target.URL)
		case MonitorKernel:
		case MonitorPrometheus:
			c.page(path+".prometheus.url", m)
			if n := len(m.Series); (n == 0 || n > maxMonitors) && c.sound(path+".prometheus.series") {
				c.add(path+".prometheus.series", "", "lists %d series, and 1 to %d can be looked at", n, maxMonitors)
			}
		case MonitorNginx, MonitorHAProxy, MonitorApache:
			c.page(path+"."+m.Kind.String(), m)
		default:
			c.add(path, "write one of "+strings.Join(monitorWords[1:], ", "), "says not what to look at")
		}
	}
}

func (c *checker) process(path string, m *Monitor, target string) {
	if !c.sound(path, path+".pid", path+".name") {
		return
	}
	switch {
	case m.PID == 0 && m.Name == "":
		c.add(path, "write process: {pid: 4711} or process: {name: nginx}", "has no pid and no name")
	case m.PID != 0 && m.Name != "":
		c.add(path, "", "has pid or name, not both")
	case m.PID < 0 || m.PID > maxPID:
		c.add(path+".pid", "", "%d is not within 1 to %d", m.PID, maxPID)
	case m.Name == Practice && target != Practice:
		c.add(path, "", "the practice server runs only with target url: %s", Practice)
	}
}

// page checks the URL of a monitor.
func (c *checker) page(path string, m *Monitor) {
	if !c.sound(path) {
		return
	}
	u, err := url.Parse(m.URL)
	switch {
	case err != nil:
		c.add(path, "", "is no URL: %v", unwrapURL(err))
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		c.add(path, "write http://host:port/path", "is no http:// or https:// URL")
	case len(m.URL) > maxHeader:
		c.add(path, "", "%d bytes are more than %d", len(m.URL), maxHeader)
	case !goodPort(u.Port(), u.Host):
		c.add(path, "", "the port must be 1 to 65535")
	case m.Kind == MonitorApache && !u.Query().Has("auto"):
		c.add(path, "write …/server-status?auto", "lacks ?auto, without which Apache answers a page for people")
	}
}
