package practice

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Key is a setting by name: a scenario's practice settings and the flags of
// the practice command are both made from these.
type Key struct {
	Name    string // as capacity or gateway_timeout
	Usage   string // one line for help
	Default string // what Set would be given for the zero value
}

// SettingError says that a setting can't be what it was set to.
type SettingError struct {
	Key   string // the name given
	Value string // the value given
	Want  string // what is accepted
}

// Error names the setting, its value and what is accepted.
func (e *SettingError) Error() string {
	return fmt.Sprintf("practice: setting %s to %q: want %s", e.Key, e.Value, e.Want)
}

// setting is a Key with what it takes to set it.
type setting struct {
	Key
	want string // what set accepts
	set  func(c *Config, value string) bool
}

const (
	wantCount    = "a whole number from 1, or unlimited"
	wantDuration = "a duration such as 20ms, from 0s to 24h"
)

// settings are all keys, in the order help lists them.
var settings = []setting{
	{Key{"listen", "address to listen on; port 0 lets the kernel choose", "127.0.0.1:0"}, "HOST:PORT",
		func(c *Config, v string) bool { c.Listen = v; return strings.Contains(v, ":") }},
	{Key{"capacity", "handshakes served at once", "unlimited"}, wantCount,
		count(func(c *Config) *int { return &c.Capacity })},
	{Key{"service", "how long one is served: " + lawForms, "0s"}, lawForms, setService},
	{Key{"queue", "places for handshakes that wait for service; 503 beyond", "unlimited"},
		"a whole number from 1, unlimited or none", setQueue},
	{Key{"gateway_timeout", "504 for those who would wait longer for service; 0s: never", "0s"}, wantDuration,
		duration(func(c *Config) *time.Duration { return &c.GatewayTimeout })},
	{Key{"max_open", "connections open at once; 503 beyond", "unlimited"}, wantCount,
		count(func(c *Config) *int { return &c.MaxOpen })},
	{Key{"rate_limit", "429 beyond so many a second, once a burst of so many is used up, as 100/s burst 300", "none"},
		"none, or a rate and a burst such as 100/s burst 300", setRateLimit},
	{Key{"tls", "secure connections with a certificate of its own making: server, or mutual to ask for the client's too", "none"},
		"none, server or mutual", setTLS},
	{Key{"backlog", "length of the kernel's accept queue (Linux only)", "system"}, "a whole number from 1, or system", setBacklog},
	{Key{"accept_after", "wait before the first accept", "0s"}, wantDuration,
		duration(func(c *Config) *time.Duration { return &c.AcceptAfter })},
	{Key{"accept_pause", "wait after each accept", "0s"}, wantDuration,
		duration(func(c *Config) *time.Duration { return &c.AcceptPause })},
	{Key{"freeze", "stand still for the last part of every period, as 200ms/10s", "none"},
		"none, or FOR/EVERY such as 200ms/10s with FOR less than EVERY", setFreeze},
	{Key{"fault", "what goes wrong for a share of the handshakes, as 504=1%, reset=0.5%; adds to faults set before", "none"},
		faultForms, setFaults},
	{Key{"seed", "seed of random delays and faults", "0"}, "a whole number from 0",
		func(c *Config, v string) (ok bool) { c.Seed, ok = parseSeed(v); return ok }},
}

// Keys returns every key Set knows, in the order help should list them.
func Keys() []Key {
	keys := make([]Key, len(settings))
	for i, s := range settings {
		keys[i] = s.Key
	}
	return keys
}

// Set sets what key names to what value says; a flag's dashes pass for
// underscores. On error, a *SettingError that says what is accepted, c is
// left as it was. What only shows in combination, such as shares that add up
// to more than 100 %, is Listen's to refuse.
func (c *Config) Set(key, value string) error {
	name := strings.ReplaceAll(key, "-", "_")
	i := slices.IndexFunc(settings, func(s setting) bool { return s.Name == name })
	if i < 0 {
		return &SettingError{Key: key, Value: value, Want: "one of the keys " + keyNames()}
	}
	changed := *c
	changed.Faults = slices.Clone(c.Faults)
	if !settings[i].set(&changed, strings.TrimSpace(value)) {
		return &SettingError{Key: key, Value: value, Want: settings[i].want}
	}
	*c = changed
	return nil
}

func keyNames() string {
	var names []string
	for _, k := range Keys() {
		names = append(names, k.Name)
	}
	return strings.Join(names, ", ")
}

// parseCount reads a number from 1.
func parseCount(text string) (int, bool) {
	n, err := strconv.ParseInt(text, 10, 32)
	return int(n), err == nil && n >= 1
}

func parseSeed(text string) (uint64, bool) {
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil
}

// count sets a number for which zero means no limit.
func count(field func(*Config) *int) func(*Config, string) bool {
	return func(c *Config, v string) bool {
		n, ok := parseCount(v)
		*field(c) = n
		if v == "unlimited" {
			*field(c), ok = 0, true
		}
		return ok
	}
}

func duration(field func(*Config) *time.Duration) func(*Config, string) bool {
	return func(c *Config, v string) (ok bool) {
		*field(c), ok = parseDelay(v)
		return ok
	}
}

func setService(c *Config, v string) (ok bool) {
	c.Service, ok = parseLaw(v)
	return ok
}

// setQueue refuses 0: one reads it as no limit, the next as no queue.
func setQueue(c *Config, v string) (ok bool) {
	switch v {
	case "unlimited":
		c.Queue = 0
	case "none":
		c.Queue = NoQueue
	default:
		c.Queue, ok = parseCount(v)
		return ok
	}
	return true
}

func setBacklog(c *Config, v string) (ok bool) {
	if v == "system" {
		c.Backlog = 0
		return true
	}
	c.Backlog, ok = parseCount(v)
	return ok
}

func setRateLimit(c *Config, v string) (ok bool) {
	c.RateLimit, ok = parseRateLimit(v)
	return ok || v == "none"
}

func setTLS(c *Config, v string) bool {
	i := slices.Index(tlsModeNames[:], v)
	c.TLS = TLSMode(max(i, 0))
	return i >= 0
}

func setFreeze(c *Config, v string) bool {
	if v == "none" {
		c.Freeze = Freeze{}
		return true
	}
	length, period, _ := strings.Cut(v, "/")
	f, okFor := parseDelay(strings.TrimSpace(length))
	every, okEvery := parseDelay(strings.TrimSpace(period))
	c.Freeze = Freeze{For: f, Every: every}
	return okFor && okEvery && f > 0 && f < every
}

// setFaults adds to the faults; a kind set before gets its new share.
func setFaults(c *Config, v string) bool {
	if v == "none" {
		c.Faults = nil
		return true
	}
	list, ok := parseFaults(v)
	for _, f := range list {
		i := slices.IndexFunc(c.Faults, func(old Fault) bool { return old.Kind == f.Kind })
		if i >= 0 {
			c.Faults[i] = f
		} else {
			c.Faults = append(c.Faults, f)
		}
	}
	return ok
}
