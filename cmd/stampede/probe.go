package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"stampede/engine"
	"stampede/engine/handshake"
	"stampede/engine/probe"
	"stampede/scenario"
)

func probeCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "probe",
		Usage:     "make one handshake and explain it step by step",
		UsageText: "stampede probe URL [flags]\n\n   stampede probe wss://staging.example.test/socket -H 'Origin: https://app.example.test'\n   stampede probe ws+unix:/run/app.sock:/socket --ready-send ping --ready-expect pong\n   stampede probe practice",
		Description: "Makes one handshake, whatever the address: it asks no question. A plain TCP connection to each\n" +
			"other address of the name is opened and closed; --versions, and a 401 or 403, bring a few handshakes more.\n" +
			"Exit codes: 0 a valid 101, and the answer where one is waited for; 1 anything else; 2 a mistake in the command,\n" +
			"nothing was sent.",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "header", Aliases: []string{"H"}, Usage: "a header field, as 'Origin: https://app.example.test'; Host replaces the URL's"},
			&cli.StringSliceFlag{Name: "subprotocol", Usage: "offer this subprotocol"},
			&cli.StringFlag{Name: "connect-to", Usage: "dial this host:port; Host and server name stay"},
			&cli.StringFlag{Name: "proxy", Usage: "ask this proxy to connect, as http://host:port, or environment"},
			&cli.StringFlag{Name: "ready-send", Usage: "after the 101 send this text and wait for a text frame"},
			&cli.StringFlag{Name: "ready-expect", Usage: "after the 101 wait for a text frame with this in it"},
			&cli.StringFlag{Name: "ready-within", Usage: "how long to wait for it, as 2s (default: 5s)"},
			&cli.BoolFlag{Name: "ipv4", Aliases: []string{"4"}, Usage: "use IPv4 addresses only"},
			&cli.BoolFlag{Name: "ipv6", Aliases: []string{"6"}, Usage: "use IPv6 addresses only"},
			&cli.StringFlag{Name: "timeout", Usage: "for everything together, as 70s (default: 10s)"},
			&cli.StringFlag{Name: "ca", TakesFile: true, Usage: "trust the authorities in this PEM file, and no others"},
			&cli.StringFlag{Name: "cert", TakesFile: true, Usage: "the client's certificate, a PEM file, with --key"},
			&cli.StringFlag{Name: "key", TakesFile: true, Usage: "the key of --cert, a PEM file"},
			&cli.StringFlag{Name: "server-name", Usage: "name for SNI and the certificate; Host's by default"},
			&cli.BoolFlag{Name: "insecure", Aliases: []string{"k"}, Usage: "go on with a certificate that can't be verified"},
			&cli.BoolFlag{Name: "versions", Usage: "also ask for other values of Sec-WebSocket-Version"},
			&cli.BoolFlag{Name: "curl", Usage: "also print the same request as a curl command"},
			&cli.BoolFlag{Name: "show-secrets", Usage: "mask nothing: Authorization, Cookie and the like are printed"},
			&cli.StringFlag{Name: "har", TakesFile: true, Usage: "write an HTTP Archive (HAR 1.2) to this file, for a browser's network tab", Action: canWrite("har")},
			&cli.StringFlag{Name: "output", Usage: "text, or json: one document on standard output and nothing else there", Value: "text"},
		},
		Action: func(c *cli.Context) error { return runProbe(c, s) },
	}
}

func runProbe(c *cli.Context, s streams) error {
	if c.NArg() != 1 {
		return fmt.Errorf("want one URL, got %d arguments; see stampede probe --help", c.NArg())
	}
	output := c.String("output")
	if output != "text" && output != "json" {
		return fmt.Errorf("--output %q: want text or json", output)
	}
	o, err := probeOptions(c)
	if err != nil {
		return err
	}
	noteIgnoredProxy(s, o.Proxy, o.URL)
	ctx, release := stopOnSignal(c.Context, s.err)
	defer release()
	if c.Args().First() == scenario.Practice {
		child, err := startPractice(nil)
		if err != nil {
			return err
		}
		defer child.stop()
		o.URL = "ws://" + child.address + "/"
	}
	p, err := probe.Run(ctx, o)
	if err != nil {
		return err
	}
	if c.Bool("curl") {
		p.Curl, err = probe.Curl(o, probe.CurlFiles{CA: c.String("ca"), Certificate: c.String("cert"), Key: c.String("key")})
		if err != nil {
			return err
		}
	}
	return tellProbe(c, s, p)
}

// tellProbe writes a probe everywhere it was asked for.
func tellProbe(c *cli.Context, s streams, p *probe.Probe) error {
	write := p.Write
	if c.String("output") == "json" {
		write = p.WriteJSON
	}
	err := write(s.out)
	if err != nil {
		err = fmt.Errorf("printing the probe: %w", err)
	}
	if err := errors.Join(err, writeHAR(c.String("har"), p)); err != nil {
		return &exitError{exitFail, err}
	}
	if !p.Established() {
		return exit(exitFail)
	}
	return nil
}

// writeHAR writes the archive for its owner alone: heads may tell more than
// is meant for others.
func writeHAR(path string, p *probe.Probe) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("writing the archive: %w", err)
	}
	if err := errors.Join(p.WriteHAR(f), f.Close()); err != nil {
		return fmt.Errorf("writing the archive: %w", err)
	}
	return nil
}

// probeOptions reads the flags; the error tells the first fault.
func probeOptions(c *cli.Context) (probe.Options, error) {
	f := flagParser{c: c}
	o := probe.Options{
		URL: c.Args().First(), Subprotocols: c.StringSlice("subprotocol"), ConnectTo: c.String("connect-to"),
		Timeout: f.nonZero("timeout"), Versions: c.Bool("versions"), ShowSecrets: c.Bool("show-secrets"),
		ServerName: c.String("server-name"), Insecure: c.Bool("insecure"),
	}
	switch four, six := c.Bool("ipv4"), c.Bool("ipv6"); {
	case four && six:
		return o, errors.New("-4 and -6 exclude each other; leave both out for both kinds")
	case four:
		o.Family = probe.IPv4
	case six:
		o.Family = probe.IPv6
	}
	for _, h := range c.StringSlice("header") {
		name, value, ok := strings.Cut(h, ":")
		if !ok {
			f.refuse("header", "want 'Name: value'") // and what is there may be a secret
		}
		o.Headers = append(o.Headers, handshake.Header{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
	}
	if f.err != nil {
		return o, f.err
	}
	if err := readWay(c, &o); err != nil {
		return o, err
	}
	return o, readTrust(c, &o)
}

// readWay reads a URL that is none of ws:// and wss://, and the flags that mean
// the same for a run: what is wrong with them a scenario says.
func readWay(c *cli.Context, o *probe.Options) error {
	f := flagParser{c: c}
	target := scenario.Target{URL: "ws://localhost/", Proxy: c.String("proxy")}
	socket, path, ok := scenario.SplitUnixURL(o.URL)
	if ok {
		target.URL, target.ConnectTo = o.URL, o.ConnectTo
		o.URL, o.Socket = "ws://localhost"+path, socket
	}
	sc := scenario.Scenario{Target: target, Load: []scenario.Shape{{Kind: scenario.KindBurst, Count: 1}},
		Ready: scenario.Ready{Send: c.String("ready-send"), Expect: c.String("ready-expect"), Within: f.nonZero("ready-within")}}
	if f.err != nil {
		return f.err
	}
	if err := sc.Validate(); err != nil {
		return err
	}
	o.Ready = probe.Ready{Send: sc.Ready.Send, Expect: sc.Ready.Expect, Within: sc.Ready.Within}
	if o.Proxy = target.Proxy; o.Proxy == scenario.ProxyFromEnvironment {
		o.Proxy = engine.ProxyInEnvironment(o.URL)
	}
	return nil
}

// readTrust reads the files of --ca, --cert and --key.
func readTrust(c *cli.Context, o *probe.Options) error {
	if path := c.String("ca"); path != "" {
		pem, err := readFile(path)
		if err != nil {
			return fmt.Errorf("--ca: %w", err)
		}
		if o.Roots = x509.NewCertPool(); !o.Roots.AppendCertsFromPEM(pem) {
			return fmt.Errorf("--ca %s: no certificate in PEM form in it", path)
		}
	}
	cert, key := c.String("cert"), c.String("key")
	if cert == "" && key == "" {
		return nil
	}
	if cert == "" || key == "" {
		return errors.New("--cert and --key go together")
	}
	chain, err := readFile(cert)
	if err != nil {
		return fmt.Errorf("--cert: %w", err)
	}
	private, err := readFile(key)
	if err != nil {
		return fmt.Errorf("--key: %w", err)
	}
	pair, err := tls.X509KeyPair(chain, private)
	if err != nil {
		return fmt.Errorf("--cert and --key: %w", err)
	}
	o.Certificate = &pair
	return nil
}
