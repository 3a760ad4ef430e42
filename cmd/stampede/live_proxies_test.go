//go:build linux

package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"stampede/internal/missing"
)

const proxiesDir = "../../examples/proxies"

// proxyScript ends a proxy by the signal $0 when standard input ends.
// Descriptors 3 and 4 are its listening sockets, for the proxy alone.
const proxyScript = `"$@" & exec 3<&- 4<&-; cat >/dev/null; kill -$0 $!; wait $!`

// proxyKind is a proxy people run, with a configuration of examples/proxies
// or of dir.
type proxyKind struct {
	name    string
	dir     string       // of the file; empty: examples/proxies
	config  string       // the file; its broken twin has .broken before the extension
	command []string     // run in a folder with the configuration, cert.pem and key.pem; CONFIG and the example's ports are filled in
	version string       // the flag that prints it
	stop    string       // the signal that ends it
	inherit *inheritance // nil if it opens its sockets itself
	noTLS   bool         // it ends none
	note    string       // for docs/compatibility.md
	broken  brokenTwin
}

// inheritance is how a proxy is told of listening sockets, descriptors 3 and
// 4, that it shall take over: they have ports of the kernel's choosing, and
// nobody can take those away before it listens.
type inheritance struct {
	env  string   // a variable of the environment, or ""
	name []string // what stands for their addresses in the configuration; nil if the addresses do
}

var (
	nginxSockets   = &inheritance{env: "NGINX=3;4;"} // as nginx hands them to a newer binary
	haproxySockets = &inheritance{name: []string{"fd@3", "fd@4"}}
)

// brokenTwin is how the broken configuration shows.
type brokenTwin struct {
	fault   string // in words, for docs/compatibility.md
	ready   int    // the status of a plain request once the fault is there
	outcome string // of a handshake
	hint    string // the id of the probe's first hint
}

var proxyKinds = []proxyKind{
	{
		name: "nginx", config: "nginx.conf", version: "-v", stop: "QUIT", inherit: nginxSockets,
		command: []string{"nginx", "-p", ".", "-e", "error.log", "-c", "CONFIG"},
		broken:  brokenTwin{"Upgrade and Connection are not passed on", 426, "426", "no_upgrade"},
	},
	{
		name: "HAProxy", config: "haproxy.cfg", version: "-v", stop: "USR1", inherit: haproxySockets,
		command: []string{"haproxy", "-db", "-f", "CONFIG"},
		broken:  brokenTwin{"the health check wants a page and takes the server for dead", 503, "503", "no_backend"},
	},
	{
		name: "HAProxy, layer 4", config: "haproxy-tcp.cfg", version: "-v", stop: "USR1", inherit: haproxySockets,
		command: []string{"haproxy", "-db", "-f", "CONFIG"}, note: "passes bytes, knows no HTTP",
		broken: brokenTwin{"send-proxy to a server that does not expect the PROXY protocol", 400, "400", "bad_request"},
	},
	{
		name: "Apache httpd, mod_proxy_wstunnel", config: "apache-wstunnel.conf", version: "-v", stop: "TERM",
		command: []string{"apache2", "-d", ".", "-f", "CONFIG", "-DFOREGROUND"}, note: "a worker for each open connection",
		broken: brokenTwin{"the general ProxyPass stands before the one for ws", 426, "426", "no_upgrade"},
	},
	{
		name: "Apache httpd, upgrade=websocket", config: "apache-upgrade.conf", version: "-v", stop: "TERM",
		command: []string{"apache2", "-d", ".", "-f", "CONFIG", "-DFOREGROUND"}, note: "a worker for each open connection",
		broken: brokenTwin{"ProxyPass without upgrade=websocket", 426, "426", "no_upgrade"},
	},
	{
		name: "Caddy", config: "caddy.caddyfile", version: "version", stop: "INT",
		command: []string{"caddy", "run", "--config", "CONFIG", "--adapter", "caddyfile"},
		broken:  brokenTwin{"the site has another name than clients ask for", 200, "200", "not_upgraded"},
	},
	{
		name: "Varnish, pipe", config: "varnish.vcl", version: "-V", stop: "TERM", noTLS: true,
		command: []string{"varnishd", "-F", "-j", "none", "-n", "varnish", "-a", "127.0.0.1:8080", "-f", "CONFIG"},
		note:    "a thread for each open connection; ends no TLS",
		broken:  brokenTwin{"upgrades are not handed to vcl_pipe", 426, "426", "no_upgrade"},
	},
}

// liveProxy is a proxy on ports of its own.
type liveProxy struct {
	*child
	dir     string
	address string // host:port, in clear
	secure  string // host:port, with TLS
	cert    *certificate
}

// startProxy starts a proxy with a file of its directory in front of a
// server, and waits until it answers a plain request with the status ready.
func startProxy(t *testing.T, k *proxyKind, config, upstream string, ready int) *liveProxy {
	t.Helper()
	path := findServer(t, k.command[0])
	p := &liveProxy{dir: t.TempDir()}
	p.cert = newCertificate(t, p.dir)
	listen := listenLocally
	if k.inherit == nil {
		listen = listenAside
	}
	sockets := []*net.TCPListener{listen(t), listen(t)}
	p.address, p.secure = sockets[0].Addr().String(), sockets[1].Addr().String()
	filled := p.places(k, upstream)
	p.configure(t, filepath.Join(cmp.Or(k.dir, proxiesDir), config), filled)
	c := p.command(k, path, config, filled)
	if k.inherit == nil {
		sockets = closeAll(sockets) // just before the proxy asks for their ports
	}
	p.child = startWithSockets(t, c, sockets)
	p.awaitReady(t, ready)
	return p
}

// command runs the proxy at path in its folder.
func (p *liveProxy) command(k *proxyKind, path, config string, filled *strings.Replacer) *exec.Cmd {
	args := []string{"-c", proxyScript, k.stop, path}
	for _, a := range k.command[1:] {
		args = append(args, strings.ReplaceAll(filled.Replace(a), "CONFIG", filepath.Join(p.dir, config)))
	}
	c := exec.Command("sh", args...)
	c.Dir = p.dir
	c.Env = append(os.Environ(), "HOME="+p.dir, "XDG_DATA_HOME="+p.dir, "XDG_CONFIG_HOME="+p.dir)
	if k.inherit != nil && k.inherit.env != "" {
		c.Env = append(c.Env, k.inherit.env)
	}
	return c
}

// places fills in an example: its ports, 8080 in clear, 8443 with TLS and
// 9000 of the server, are the only thing the test changes.
func (p *liveProxy) places(k *proxyKind, upstream string) *strings.Replacer {
	var pairs []string
	if k.inherit != nil && k.inherit.name != nil {
		pairs = append(pairs, "127.0.0.1:8080", k.inherit.name[0], "127.0.0.1:8443", k.inherit.name[1])
	}
	for port, address := range map[string]string{"8080": p.address, "8443": p.secure, "9000": upstream} {
		_, actual, _ := net.SplitHostPort(address)
		pairs = append(pairs, port, actual)
	}
	return strings.NewReplacer(pairs...)
}

func (p *liveProxy) configure(t *testing.T, file string, filled *strings.Replacer) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.dir, filepath.Base(file)), []byte(filled.Replace(string(text))), 0o644); err != nil {
		t.Fatal(err)
	}
}

// awaitReady asks for a plain page until the answer is the status ready: the
// proxy is there, and so is what it is to find behind it.
func (p *liveProxy) awaitReady(t *testing.T, ready int) {
	t.Helper()
	p.await(t, func(ctx context.Context) error {
		status, err := plainStatus(ctx, p.address)
		if err == nil && status != ready {
			err = fmt.Errorf("it answers %d, not %d", status, ready)
		}
		return err
	})
}

// awaitSecure waits until the proxy listens where it speaks TLS.
func (p *liveProxy) awaitSecure(t *testing.T) {
	t.Helper()
	p.await(t, func(ctx context.Context) error {
		c, err := new(net.Dialer).DialContext(ctx, "tcp4", p.secure)
		if err == nil {
			err = c.Close()
		}
		return err
	})
}

// await tries until it works. If the proxy is too slow, what it said is told.
func (p *liveProxy) await(t *testing.T, try func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), serverStart)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		err := try(ctx)
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			p.kill()
			p.stop(t)
			log, _ := os.ReadFile(filepath.Join(p.dir, "error.log")) // not every proxy writes one
			t.Fatalf("the proxy is not ready: %v\n%s", err, log)
		}
	}
}

// plainStatus is the status of a page that is asked for in clear.
func plainStatus(ctx context.Context, address string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/", nil)
	if err != nil {
		return 0, err
	}
	client := http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	reply, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	return reply.StatusCode, reply.Body.Close()
}

// findServer is findCommand for what a test can't do without.
func findServer(t *testing.T, name string) string {
	t.Helper()
	path, err := findCommand(name)
	if err != nil {
		missing.Part(t, "%v", err)
	}
	return path
}

// versionOf is the version a program prints.
func versionOf(t *testing.T, name, flag string) string {
	t.Helper()
	out, err := exec.Command(findServer(t, name), flag).CombinedOutput()
	version := regexp.MustCompile(`\d+\.\d+(\.\d+)*`).Find(out)
	if err != nil || version == nil {
		t.Fatalf("%s %s: %v\n%s", name, flag, err, out)
	}
	return string(version)
}
