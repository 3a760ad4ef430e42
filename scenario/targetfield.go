package scenario

import (
	"crypto/tls"
	"net/netip"

	"github.com/goccy/go-yaml/ast"
)

func (d *decoder) target(path string, n ast.Node, t *Target) {
	if text, ok := scalar(n); ok {
		d.fail(path, n, "did you mean target: {url: "+unveil(text)+"}?", "wants keys with values")
		return
	}
	d.mapping(path, n, d.targetFields(t, d.unlessURLs(n)))
}

// targetFields are the keys of a target. required is why it can't do without
// url; "": it can.
func (d *decoder) targetFields(t *Target, required string) []field {
	return []field{
		{name: "url", set: func(p string, n ast.Node) { t.URL = d.url(p, n) }, required: required},
		{name: "urls", set: func(p string, n ast.Node) { d.urls(p, n, t) }},
		{name: "practice", set: func(p string, n ast.Node) { d.practice(p, n, t) }},
		{name: "host", set: d.string(&t.Host)},
		{name: "headers", set: func(p string, n ast.Node) { d.headers(p, n, t) }},
		{name: "subprotocols", set: func(p string, n ast.Node) { d.subprotocols(p, n, t) }},
		{name: "subprotocol_required", set: d.bool(&t.SubprotocolRequired)},
		{name: "extensions", set: d.texts(&t.Extensions)},
		{name: "connect_to", set: d.string(&t.ConnectTo)},
		{name: "source_addresses", set: func(p string, n ast.Node) { d.sources(p, n, t) }},
		{name: "family", set: digit(d, &t.Family, 4, 6)},
		{name: "proxy", set: func(p string, n ast.Node) { d.proxy(p, n, t) }},
		{name: "proxy_protocol", set: digit(d, &t.ProxyProtocol, 1, 2)},
		{name: "tls", set: func(p string, n ast.Node) { d.tls(p, n, &t.TLS) }},
	}
}

// unlessURLs is why a target can't do without url: it has no urls.
func (d *decoder) unlessURLs(n ast.Node) string {
	if m, ok := n.(*ast.MappingNode); ok {
		for _, kv := range m.Values {
			if kv.Key.GetToken().Value == "urls" {
				return ""
			}
		}
	}
	return "write url: ws://host:port/path, or url: practice"
}

func (d *decoder) url(path string, n ast.Node) string {
	text, from, ok := d.maybeEmpty(path, n)
	if ok && text == "" {
		d.fail(path, n, wantsURL, "the value is empty")
	}
	for _, v := range from {
		d.vault.keepURL(v, text)
	}
	d.vault.keepParameters(text)
	return text
}

// urls reads a list of URLs, each as a text or with its weight.
func (d *decoder) urls(path string, n ast.Node, t *Target) {
	items := d.items(path, n)
	if len(items) == 0 && !d.bad[path] {
		d.fail(path, n, "", "lists no URL")
	}
	for _, e := range items {
		u := WeightedURL{Weight: 1}
		if _, plain := scalar(e.value); plain {
			u.URL = d.url(e.path+".url", e.value)
		} else {
			weight := int64(1)
			d.mapping(e.path, e.value, []field{
				{name: "url", set: func(p string, n ast.Node) { u.URL = d.url(p, n) }, required: wantsURL},
				{name: "weight", set: d.count(&weight)},
			})
			u.Weight = int(min(weight, maxWeight+1))
		}
		t.URLs = append(t.URLs, u)
	}
}

// proxy hides the whole value in the source if there is a password in it.
func (d *decoder) proxy(path string, n ast.Node, t *Target) {
	text, from, _ := d.maybeEmpty(path, n)
	d.vault.keep(from...)
	t.Proxy = text
	if d.vault.keepUser(text) {
		d.vault.nodes = append(d.vault.nodes, n)
	}
}

func (d *decoder) tls(path string, n ast.Node, t *TLS) {
	pem := func(name *string, content *[]byte) setter {
		return func(p string, n ast.Node) { *name, *content, _ = d.file(p, n) }
	}
	d.mapping(path, n, []field{
		{name: "ca", set: pem(&t.CAFile, &t.CA)},
		{name: "cert", set: pem(&t.CertFile, &t.Cert)},
		{name: "key", set: pem(&t.KeyFile, &t.Key)},
		{name: "server_name", set: d.string(&t.ServerName)},
		{name: "insecure", set: d.bool(&t.Insecure)},
		{name: "resumption", set: d.bool(&t.Resumption)},
		{name: "min_version", set: parsed(d, &t.MinVersion, parseVersion)},
		{name: "max_version", set: parsed(d, &t.MaxVersion, parseVersion)},
		{name: "curves", set: func(p string, n ast.Node) {
			for _, e := range d.items(p, n) {
				var id tls.CurveID
				parsed(d, &id, parseCurve)(e.path, e.value)
				t.Curves = append(t.Curves, id)
			}
		}},
		{name: "alpn", set: func(p string, n ast.Node) {
			t.ALPN = []string{}
			d.texts(&t.ALPN)(p, n)
		}},
	})
}

func (d *decoder) headers(path string, n ast.Node, t *Target) {
	for _, e := range d.entries(path, n) {
		value, from, ok := d.maybeEmpty(e.path, e.value)
		if !ok {
			continue
		}
		d.vault.keep(from...)
		if isSecret(e.key) {
			d.vault.keepCredentials(value)
			d.vault.nodes = append(d.vault.nodes, e.value)
		}
		t.Headers = append(t.Headers, Header{e.key, value})
	}
}

func (d *decoder) subprotocols(path string, n ast.Node, t *Target) {
	for _, e := range d.items(path, n) {
		text, from, ok := d.maybeEmpty(e.path, e.value)
		d.vault.keep(from...)
		if ok && text == "" {
			d.fail(e.path, e.value, "", "the value is empty")
		}
		t.Subprotocols = append(t.Subprotocols, text)
	}
}

// texts is the setter of a list of texts, none of them empty nor secret.
func (d *decoder) texts(into *[]string) setter {
	return func(path string, n ast.Node) {
		for _, e := range d.items(path, n) {
			var text string
			d.string(&text)(e.path, e.value)
			*into = append(*into, text)
		}
	}
}

func (d *decoder) sources(path string, n ast.Node, t *Target) {
	for _, e := range d.items(path, n) {
		var a netip.Addr
		parsed(d, &a, func(text string) (netip.Addr, error) {
			addr, err := netip.ParseAddr(text)
			if err != nil {
				return addr, badValue("write an address such as 127.0.0.2", "%q is no IP address", text)
			}
			return addr, nil
		})(e.path, e.value)
		t.SourceAddresses = append(t.SourceAddresses, a)
	}
}

// practice reads the practice server's settings; what they are is for
// Options.Practice to say. Faults come as one setting each.
func (d *decoder) practice(path string, n ast.Node, t *Target) {
	for _, e := range d.entries(path, n) {
		if e.key != "faults" {
			d.setting(e, e.key, "", t)
			continue
		}
		for _, f := range d.entries(e.path, e.value) {
			d.setting(f, "fault", f.key+"=", t)
		}
	}
}

func (d *decoder) setting(e entry, key, prefix string, t *Target) {
	text, ok := d.text(e.path, e.value)
	if !ok {
		return
	}
	if d.o.Practice != nil {
		if err := d.o.Practice(key, prefix+text); err != nil {
			d.failValue(e.path, e.value, err)
			return
		}
	}
	t.Practice = append(t.Practice, Setting{key, prefix + text})
}
