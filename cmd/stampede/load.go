package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"stampede/internal/practice"
	"stampede/results"
	"stampede/scenario"
)

// loadFlags stand in for a scenario file when the argument is a URL.
func loadFlags() []cli.Flag {
	const category = "With a URL instead of a scenario file"
	return []cli.Flag{
		&cli.StringFlag{Name: "burst", Usage: "this many handshakes at one instant", Category: category},
		&cli.StringFlag{Name: "rate", Usage: "handshakes a unit of time, as 200/s, with --for", Category: category},
		&cli.StringFlag{Name: "for", Usage: "how long --rate goes on, as 30s", Category: category},
		&cli.StringFlag{Name: "arrivals", Usage: "even or poisson, with --rate", Category: category},
		&cli.StringFlag{Name: "release", Usage: "what a burst holds back: connect or upgrade", Category: category},
		&cli.StringFlag{Name: "hold", Usage: "keep each connection open this long, as 10s", Category: category},
		&cli.StringFlag{Name: "ping-every", Usage: "ping held connections, as 5s", Category: category},
		&cli.StringFlag{Name: "close", Usage: "how connections are closed: clean or reset", Category: category},
		&cli.StringFlag{Name: "timeout", Usage: "from start to established, as 10s", Category: category},
		&cli.StringFlag{Name: "connect-timeout", Usage: "for the TCP connect, as 5s", Category: category},
		&cli.StringFlag{Name: "connect-to", Usage: "dial this host:port; Host stays the URL's", Category: category},
		&cli.StringSliceFlag{Name: "header", Aliases: []string{"H"}, Usage: "a header field, as 'Origin: https://app.example.test'", Category: category},
		&cli.StringSliceFlag{Name: "subprotocol", Usage: "offer this subprotocol", Category: category},
		&cli.StringFlag{Name: "extension", Usage: "offer this extension, as permessage-deflate", Category: category},
		&cli.StringFlag{Name: "host", Usage: "the Host field; the server name of TLS follows it", Category: category},
		&cli.BoolFlag{Name: "ipv4", Aliases: []string{"4"}, Usage: "IPv4 addresses only", Category: category},
		&cli.BoolFlag{Name: "ipv6", Aliases: []string{"6"}, Usage: "IPv6 addresses only", Category: category},
		&cli.StringFlag{Name: "proxy", Usage: "ask this proxy to connect, as http://host:port, or environment", Category: category},
		&cli.StringFlag{Name: "proxy-protocol", Usage: "send the PROXY preamble first: 1 or 2", Category: category},
		&cli.StringFlag{Name: "ready-send", Usage: "after the 101 send this text and wait for a text frame", Category: category},
		&cli.StringFlag{Name: "ready-expect", Usage: "after the 101 wait for a text frame with this in it", Category: category},
		&cli.StringFlag{Name: "ready-within", Usage: "how long to wait for it, as 2s", Category: category},
		&cli.StringFlag{Name: "ca", TakesFile: true, Usage: "trust the certificates in this PEM file", Category: category},
		&cli.BoolFlag{Name: "insecure", Usage: "verify no certificate; the report says so", Category: category},
		&cli.StringFlag{Name: "server-name", Usage: "the name TLS asks for and verifies", Category: category},
		&cli.StringFlag{Name: "cert", TakesFile: true, Usage: "show this client certificate, with --key", Category: category},
		&cli.StringFlag{Name: "key", TakesFile: true, Usage: "private key of --cert", Category: category},
		&cli.BoolFlag{Name: "resumption", Usage: "let TLS sessions be resumed", Category: category},
		&cli.StringFlag{Name: "tls-timeout", Usage: "for the TLS handshake, as 5s", Category: category},
		&cli.StringSliceFlag{Name: "source-address", Usage: "dial from this address; several are used in turn", Category: category},
	}
}

// thresholdFlags are added to whatever thresholds the scenario has.
func thresholdFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "threshold", Usage: "a threshold, as 'handshake p99 < 250ms' or '504 rate < 0.1%'"},
		&cli.BoolFlag{Name: "force", Usage: "lift the caps on counts and rates"},
	}
}

// load makes a valid scenario of a command's argument: a file, or a URL with
// flags. Nothing has been sent when it fails.
func load(c *cli.Context) (*scenario.Scenario, error) {
	if err := wantsOne(c); err != nil {
		return nil, err
	}
	return loadArgument(c, c.Args().First())
}

// wantsOne refuses any number of arguments but one.
func wantsOne(c *cli.Context) error {
	if c.NArg() != 1 {
		return fmt.Errorf("want one scenario file or URL, got %d arguments; see stampede %s --help", c.NArg(), c.Command.Name)
	}
	return nil
}

// loadArgument is load for one argument of several.
func loadArgument(c *cli.Context, arg string) (*scenario.Scenario, error) {
	if searches(c) {
		return loadSearch(c, arg)
	}
	s, err := loadWith(c, arg, loadFlags(), func(s *scenario.Scenario) error {
		shape, err := shapeFromFlags(c)
		s.Load = []scenario.Shape{shape}
		return err
	})
	if err == nil && len(s.Load) == 0 {
		return nil, fmt.Errorf("%s has a search: and no load: of its own; stampede ceiling %[1]s makes the search", arg)
	}
	return s, err
}

// isURL reports whether an argument is a target by itself, and no file.
func isURL(arg string) bool {
	return arg == scenario.Practice || strings.Contains(arg, "://") || strings.HasPrefix(arg, "ws+unix:")
}

// loadWith is loadArgument for a command whose standIns go with a URL only, and that
// finishes the scenario of a URL by complete.
func loadWith(c *cli.Context, arg string, standIns []cli.Flag, complete func(*scenario.Scenario) error) (*scenario.Scenario, error) {
	var s *scenario.Scenario
	var err error
	if isURL(arg) {
		s, err = fromFlags(c, arg, complete)
	} else {
		s, err = fromFile(c, arg, standIns)
	}
	if err != nil {
		return nil, err
	}
	for _, text := range c.StringSlice("threshold") {
		t, err := results.ParseThreshold(text)
		if err != nil {
			return nil, fmt.Errorf("--threshold: %w", err)
		}
		s.Thresholds = append(s.Thresholds, t)
	}
	return s, nil
}

func fromFile(c *cli.Context, path string, standIns []cli.Flag) (*scenario.Scenario, error) {
	data, err := readFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && scenario.MeantURL(path) != "":
		return nil, fmt.Errorf("no scenario file %s; did you mean %s?", path, scenario.MeantURL(path))
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("no scenario file %s; give a file, a ws:// or wss:// URL, or the word practice", path)
	case err != nil:
		return nil, fmt.Errorf("reading scenario: %w", err)
	}
	for _, f := range standIns {
		if name := f.Names()[0]; c.IsSet(name) {
			return nil, fmt.Errorf("--%s goes with a URL; the scenario file %s says it itself", name, path)
		}
	}
	folder := filepath.Dir(path)
	s, err := scenario.Parse(data, scenario.Options{
		File: path,
		Env:  os.LookupEnv,
		ReadFile: func(name string) ([]byte, error) {
			if !filepath.IsAbs(name) {
				name = filepath.Join(folder, name)
			}
			return readFile(name)
		},
		Practice: new(practice.Config).Set,
		Force:    c.Bool("force"),
	})
	if err != nil {
		return nil, err
	}
	if s.Name == "" {
		s.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	return s, nil
}

// readFile reads a scenario, or a file that one or a flag names. Of one that is
// too large, or never ends, it reads just enough for who looks at it to say so.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, scenario.MaxFile+1))
}

func fromFlags(c *cli.Context, url string, complete func(*scenario.Scenario) error) (*scenario.Scenario, error) {
	s := &scenario.Scenario{Name: "run", Force: c.Bool("force"), Target: scenario.Target{URL: url, ConnectTo: c.String("connect-to"), Subprotocols: c.StringSlice("subprotocol")}}
	if err := complete(s); err != nil {
		return nil, err
	}
	f := flagParser{c: c}
	s.Hold.For = f.duration("hold")
	s.Hold.PingEvery = f.nonZero("ping-every")
	s.Timeouts.Total = f.nonZero("timeout")
	s.Timeouts.Connect = f.nonZero("connect-timeout")
	s.Timeouts.TLS = f.nonZero("tls-timeout")
	f.target(&s.Target)
	s.Ready = scenario.Ready{Send: c.String("ready-send"), Expect: c.String("ready-expect"), Within: f.nonZero("ready-within")}
	if f.word("close", "clean", "reset") == "reset" {
		s.Hold.Close = scenario.Reset
	}
	for _, h := range c.StringSlice("header") {
		name, value, ok := strings.Cut(h, ":")
		if !ok {
			f.refuse("header", "want 'Name: value'") // and what is there may be a secret
		}
		s.Target.Headers = append(s.Target.Headers, scenario.Header{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
	}
	for _, a := range c.StringSlice("source-address") {
		address, err := netip.ParseAddr(a)
		if err != nil {
			f.fail("source-address", a, "want an IP address of this host")
		}
		s.Target.SourceAddresses = append(s.Target.SourceAddresses, address)
	}
	if f.err != nil {
		return nil, f.err
	}
	return s, s.Validate()
}

// target reads the flags of who is dialled and how it is secured.
func (f *flagParser) target(t *scenario.Target) {
	t.Host, t.Proxy = f.c.String("host"), f.c.String("proxy")
	if f.c.IsSet("proxy-protocol") {
		t.ProxyProtocol = map[string]uint8{"1": 1, "2": 2}[f.word("proxy-protocol", "1", "2")]
	}
	if e := f.c.String("extension"); e != "" {
		t.Extensions = []string{e}
	}
	switch v4, v6 := f.c.Bool("ipv4"), f.c.Bool("ipv6"); {
	case v4 && v6:
		f.refuse("ipv6", "does not go with --ipv4")
	case v4:
		t.Family = 4
	case v6:
		t.Family = 6
	}
	t.TLS = scenario.TLS{
		CA: f.file("ca"), Cert: f.file("cert"), Key: f.file("key"), ServerName: f.c.String("server-name"),
		Insecure: f.c.Bool("insecure"), Resumption: f.c.Bool("resumption"),
		CAFile: f.c.String("ca"), CertFile: f.c.String("cert"), KeyFile: f.c.String("key"),
	}
}

// file is the content of the file a flag names; nil without the flag.
func (f *flagParser) file(name string) []byte {
	path := f.c.String(name)
	if path == "" {
		return nil
	}
	data, err := readFile(path)
	if err != nil {
		f.fail(name, path, err.Error())
	}
	return data
}

// shapeFromFlags is the burst or the steady rate the flags ask for.
func shapeFromFlags(c *cli.Context) (scenario.Shape, error) {
	f := flagParser{c: c}
	shape := scenario.Shape{}
	switch {
	case c.IsSet("burst") == c.IsSet("rate"):
		return shape, errors.New("with a URL give either --burst COUNT, or --rate RATE with --for DURATION")
	case c.IsSet("burst"):
		shape.Kind, shape.Count = scenario.KindBurst, f.count("burst")
		if f.word("release", "connect", "upgrade") == "upgrade" {
			shape.Release = scenario.Upgrade
		}
		f.refuseBeside("for", "arrivals")
	default:
		if !c.IsSet("for") {
			return shape, errors.New("--rate needs --for: how long, as --for 30s")
		}
		shape.Kind, shape.Rate, shape.For = scenario.KindSteady, f.rate("rate"), f.duration("for")
		if f.word("arrivals", "even", "poisson") == "poisson" {
			shape.Arrivals = scenario.Poisson
		}
		f.refuseBeside("release")
	}
	return shape, f.err
}

// flagParser reads flags in the scenario's units and keeps the first fault.
type flagParser struct {
	c   *cli.Context
	err error
}

func (f *flagParser) fail(name, value, want string) {
	if f.err == nil {
		f.err = fmt.Errorf("--%s %q: %s", name, value, want)
	}
}

// refuse is fail for a flag whose value is not told.
func (f *flagParser) refuse(name, why string) {
	if f.err == nil {
		f.err = fmt.Errorf("--%s: %s", name, why)
	}
}

func (f *flagParser) refuseBeside(names ...string) {
	for _, n := range names {
		if f.c.IsSet(n) {
			f.fail(n, f.c.String(n), "does not go with this load")
		}
	}
}

func (f *flagParser) word(name string, words ...string) string {
	value := f.c.String(name)
	if !f.c.IsSet(name) {
		return words[0]
	}
	for _, w := range words {
		if w == value {
			return w
		}
	}
	f.fail(name, value, "want "+strings.Join(words, " or "))
	return words[0]
}

func parseFlag[T any](f *flagParser, name string, parse func(string) (T, error)) (v T) {
	if !f.c.IsSet(name) {
		return v
	}
	v, err := parse(f.c.String(name))
	if err != nil {
		f.fail(name, f.c.String(name), err.Error())
	}
	return v
}

func (f *flagParser) duration(name string) time.Duration {
	return parseFlag(f, name, scenario.ParseDuration)
}

// nonZero refuses a zero that is written out where leaving the flag out has a
// meaning of its own.
func (f *flagParser) nonZero(name string) time.Duration {
	d := f.duration(name)
	if d == 0 && f.c.IsSet(name) {
		f.fail(name, f.c.String(name), "it must be more than nothing")
	}
	return d
}

func (f *flagParser) rate(name string) scenario.Rate { return parseFlag(f, name, scenario.ParseRate) }
func (f *flagParser) count(name string) int64        { return parseFlag(f, name, scenario.ParseCount) }

// flagName is a practice setting's name as a flag.
func flagName(key string) string { return strings.ReplaceAll(key, "_", "-") }
