package probe

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"stampede/results"
)

// page is a refusal with an HTML body, as programs send it.
func page(head, body string) string { return "HTTP/1.1 " + head + "\r\n\r\n" + body }

const (
	haproxyPage = "<html><body><h1>504 Gateway Time-out</h1>\nThe server didn't respond in time.\n</body></html>\n"
	apachePage  = "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>502 Proxy Error</title>\n"
	nginxPage   = "<html>\r\n<center><h1>400 Bad Request</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n"
)

// TestRefusals holds the hints, and what they must say, for replies of the
// programs people run.
func TestRefusals(t *testing.T) {
	wide := Options{Headers: header("Cookie", strings.Repeat("x", 9000))}
	tests := []struct {
		name  string
		o     Options
		reply string
		wait  time.Duration
		want  string   // hint ids
		says  []string // in the first hint
	}{
		{"426 behind nginx", Options{}, page("426 Upgrade Required\r\nServer: nginx", ""), 0, "no_upgrade", []string{"nginx (judging by Server: nginx)", "proxy_http_version 1.1"}},
		{"426 behind Apache", Options{}, page("426 Upgrade Required\r\nServer: Apache/2.4.71 (Debian)", ""), 0, "no_upgrade", []string{"mod_proxy_wstunnel"}},
		{"426 with another version", Options{}, page("426 Upgrade Required\r\nSec-WebSocket-Version: 7, 8", ""), 0, "version", []string{"names 7, 8", "--versions"}},
		{"400 from gorilla", Options{}, page("400 Bad Request\r\nServer: nginx\r\nSec-Websocket-Version: 13", "Bad Request\nwebsocket: the client is not using the websocket protocol: 'upgrade' token not found in 'Connection' header"), 0, "no_upgrade", []string{"proxy_set_header Upgrade"}},
		{"400 for plain HTTP at Go's TLS port", Options{}, "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n", 0, "tls_port", []string{"wss://example.test/ws"}},
		{"400 at Apache's TLS port", Options{}, page("400 Bad Request", apachePage+"Reason: You're speaking plain HTTP to an SSL-enabled server port."), 0, "tls_port", nil},
		{"400 at Tomcat's TLS port", Options{}, page("400 ", "Bad Request\r\nThis combination of host and port requires TLS.\r\n"), 0, "tls_port", nil},
		{"400 for large cookies at nginx", Options{}, page("400 Bad Request\r\nServer: nginx", "<center>Request Header Or Cookie Too Large</center>"), 0, "header_too_large", []string{"large_client_header_buffers"}},
		{"400 for a large head at HAProxy", wide, page("400 Bad request", "<html><body><h1>400 Bad request</h1>\nYour browser sent an invalid request.\n</body></html>\n"), 0, "header_too_large", []string{"HAProxy", "bytes were sent"}},
		{"400 without a client certificate", Options{}, page("400 Bad Request\r\nServer: nginx", "<center>No required SSL certificate was sent</center>"), 0, "client_certificate", []string{"--cert"}},
		{"400 from the wrong replica", Options{}, page("400 Bad Request", `{"code":1,"message":"Session ID unknown"}`), 0, "session_unknown", []string{"sticky"}},
		{"400 from nginx, no more", Options{}, page("400 Bad Request", nginxPage), 0, "bad_request", []string{"proxy_http_version"}},
		{"401 names its scheme", Options{}, page("401 Unauthorized\r\nWWW-Authenticate: Bearer", ""), 0, "unauthorized", []string{"asks for Bearer", "no Origin was sent"}},
		{"403 names the Origin", Options{Headers: header("Origin", "https://a.test")}, page("403 Forbidden", ""), 0, "forbidden", []string{"Origin: https://a.test was sent"}},
		{"403 of a gorilla server", Options{}, page("403 Forbidden\r\nSec-Websocket-Version: 13", "Forbidden"), 0, "origin", []string{"Host: example.test"}},
		{"403 of Envoy", Options{}, page("403 Forbidden\r\nserver: envoy\r\ncontent-length: 0", ""), 0, "envoy_no_upgrade", []string{"upgrade_configs", "not a matter of permissions"}},
		{"403 of Istio", Options{}, page("403 Forbidden\r\nserver: istio-envoy\r\ncontent-length: 0", ""), 0, "envoy_no_upgrade", nil},
		{"403 of a bot check", Options{}, page("403 Forbidden\r\nServer: cloudflare\r\nCF-Mitigated: challenge", "<title>Just a moment...</title>"), 0, "challenge", []string{"Cloudflare"}},
		{"404 shows what was asked", Options{}, page("404 Not Found", ""), 0, "not_found", []string{"GET /ws with Host: example.test"}},
		{"404 of the ingress", Options{}, page("404 Not Found", "default backend - 404"), 0, "ingress_no_rule", nil},
		{"405", Options{}, page("405 Method Not Allowed", ""), 0, "method", nil},
		{"407", Options{}, page("407 Proxy Authentication Required", ""), 0, "proxy_auth", nil},
		{"414", Options{}, page("414 URI Too Long", ""), 0, "url_too_long", nil},
		{"421 names both", Options{URL: "wss://a.test/", ServerName: "b.test"}, page("421 Misdirected Request", ""), 0, "misdirected", []string{"Host is a.test", "b.test"}},
		{"429", Options{}, page("429 Too Many Requests\r\nRetry-After: 7", ""), 0, "rate_limited", []string{"after 7"}},
		{"200 of a page", Options{}, page("200 OK\r\nServer: Apache", "<html>"), 0, "not_upgraded", []string{"ProxyPass"}},
		{"200 of Caddy without body", Options{}, page("200 OK\r\nServer: Caddy\r\nContent-Length: 0", ""), 0, "not_upgraded", []string{"without Upgrade and Connection"}},
		{"200 of Socket.IO", Options{}, page("200 OK", `0{"sid":"x","upgrades":["websocket"]}`), 0, "polling", []string{"transport=websocket"}},
		{"200 of another program", Options{}, page("200 OK\r\nServer: Apache", "SSH-2.0-OpenSSH_9.2p1"), 0, "not_upgraded", nil},
		{"500", Options{}, page("500 Internal Server Error", "boom"), 0, "application_error", nil},
		{"502 of Apache", Options{}, page("502 Proxy Error", apachePage), 0, "bad_gateway", []string{"Apache httpd (judging by the body)", "--connect-to"}},
		{"503 at once", Options{}, page("503 Service Unavailable", "no healthy upstream"), time.Millisecond, "no_backend", []string{"Envoy", "knew at once"}},
		{"503 after retries", Options{}, page("503 Service Unavailable", "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n"), 3010 * time.Millisecond, "no_backend", []string{"HAProxy", "a round age", "deadline of 3 s"}},
		{"503 by nginx itself", Options{}, page("503 Service Temporarily Unavailable\r\nServer: nginx", ""), time.Millisecond, "rate_limited", []string{"limit_conn"}},
		{"504 at 60 s", Options{}, page("504 Gateway Time-out\r\nServer: nginx", ""), 60010 * time.Millisecond, "gateway_timeout", []string{"60.0 s", "a round age", "proxy_read_timeout", "not stampede's"}},
		{"504 at 30 s", Options{}, page("504 Gateway Timeout", ""), 30050 * time.Millisecond, "gateway_timeout", []string{"Heroku"}},
		{"504 at 15 s", Options{}, page("504 Gateway Timeout", "upstream request timeout"), 15 * time.Second, "gateway_timeout", []string{"Envoy's route timeout"}},
		{"504 at once", Options{}, page("504 Gateway Time-out\r\nServer: awselb/2.0", ""), 3 * time.Millisecond, "gateway_timeout_at_once", []string{"Amazon ELB", "3.00 ms", "too soon"}},
		{"504 at no round age", Options{}, page("504 Gateway Time-out", haproxyPage), 7300 * time.Millisecond, "gateway_timeout", []string{"HAProxy", "7.30 s"}},
		{"504 at 1 s", Options{}, page("504 Gateway Time-out", haproxyPage), 1002 * time.Millisecond, "gateway_timeout", []string{"a deadline of 1 s"}},
		{"505", Options{}, page("505 HTTP Version Not Supported", ""), 0, "no_upgrade", []string{"HTTP/1.0"}},
		{"521", Options{}, page("521 \r\nServer: cloudflare", ""), 0, "cloudflare_origin", []string{"refuses connections"}},
		{"511", Options{}, page("511 Network Authentication Required", ""), 0, "captive_portal", nil},
		{"503 of a circuit breaker", Options{}, page("503 Service Unavailable", "upstream connect error or disconnect/reset before headers. reset reason: overflow"), 0, "envoy_reset", []string{"circuit breaker", "max_connections"}},
		{"503 of a connect", Options{}, page("503 Service Unavailable", "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote connection failure, transport failure reason: delayed connect error: Connection refused"), 0, "envoy_reset", []string{"could not connect", "Connection refused"}},
		{"503 of a reason nobody knows", Options{}, page("503 Service Unavailable", "upstream connect error or disconnect/reset before headers. reset reason: new words"), 0, "envoy_reset", []string{"failed it", "new words"}},
		{"426 for TLS", Options{}, page("426 Upgrade Required\r\nServer: kong/3.4\r\nUpgrade: TLS/1.2, HTTP/1.1", `{"message":"Please use HTTPS protocol"}`), 0, "tls_required", []string{"Kong", "over TLS only", "wss://example.test/ws"}},
		{"426 for TLS, over TLS", Options{URL: "wss://example.test/ws"}, page("426 Upgrade Required\r\nUpgrade: TLS/1.2", ""), 0, "other_upgrade_required", []string{"TLS/1.2"}},
		{"426 that names websocket", Options{}, page("426 Upgrade Required\r\nUpgrade: WebSocket", ""), 0, "no_upgrade", nil},
		{"464 of a balancer", Options{}, page("464 \r\nServer: awselb/2.0", ""), 0, "elb", []string{"HTTP1"}},
		{"464 of anybody", Options{}, page("464 ", ""), 0, "refused_by_server", nil},
		{"403 of API Gateway", Options{}, page("403 Forbidden\r\nx-amzn-ErrorType: MissingAuthenticationTokenException", `{"message":"Missing Authentication Token"}`), 0, "api_gateway", []string{"ends in its stage", "MissingAuthenticationTokenException"}},
		{"404 of Action Cable", Options{}, page("404 Not Found\r\nContent-Type: text/plain; charset=utf-8", "Page not found"), 0, "action_cable", []string{"allowed_request_origins", "no Origin was sent"}},
		{"404 of a page that says the same", Options{}, page("404 Not Found\r\nContent-Type: text/html", "Page not found"), 0, "not_found", nil},
		{"401 of two schemes", Options{}, page("401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM", ""), 0, "unauthorized", []string{"asks for Negotiate, NTLM", "takes several requests"}},
		{"401 of a token that is out of date", Options{}, page("401 Unauthorized\r\nWWW-Authenticate: Bearer error=\"invalid_token\"", ""), 0, "unauthorized", []string{"invalid_token", "-H 'Authorization: …'"}},
		{"400 of gorilla without a version", Options{}, page("400 Bad Request\r\nSec-Websocket-Version: 13", "Bad Request\nwebsocket: unsupported version: 13 not found in 'Sec-Websocket-Version' header"), 0, "version_lost", []string{"drops or changes"}},
		{"400 of ws without a version", Options{}, page("400 Bad Request\r\nSec-WebSocket-Version: 13, 8", "Missing or invalid Sec-WebSocket-Version header"), 0, "version_lost", nil},
		{"400 of actix without Connection", Options{}, page("400 No Connection upgrade", ""), 0, "no_upgrade", []string{"No Connection upgrade"}},
		{"400 of aiohttp without Connection", Options{}, page("400 Bad Request", "No CONNECTION upgrade hdr: keep-alive"), 0, "no_upgrade", nil},
		{"403 of Socket.IO", Options{}, page("403 Forbidden", `{"code":4,"message":"Forbidden"}`), 0, "engineio_forbidden", []string{"no Origin was sent"}},
		{"500 of a tarpit", Options{}, page("500 Internal Server Error", "<html><body><h1>500 Internal Server Error</h1>\nAn internal server error occurred.\n</body></html>\n"), 1003 * time.Millisecond, "tarpit", []string{"a round age: a deadline of 1 s", "timeout tarpit"}},
		{"429 of HAProxy", Options{}, page("429 Too Many Requests", "<html><body><h1>429 Too Many Requests</h1>\nYou have sent too many requests in a given amount of time.\n</body></html>\n"), 0, "rate_limited", []string{"HAProxy"}},
		{"200 of a handshake", Options{}, page("200 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x", ""), 0, "status_lost", []string{"with the status 200", "http_response_code(101)"}},
		{"a 101 behind a refusal", Options{}, page("400 Bad Request\r\nConnection: close", "HTTP/1.1 101 Switching Protocols\r\n"), 0, "two_answers", []string{"noServer"}},
		{"403 of Envoy's upstream", Options{}, page("403 Forbidden\r\nserver: envoy\r\nx-envoy-upstream-service-time: 3\r\ncontent-length: 0", ""), 0, "forbidden", nil},
		{"404 of Envoy itself", Options{}, page("404 Not Found\r\nserver: envoy", ""), 0, "envoy_no_route", []string{"GET /ws with Host: example.test", "strip_any_host_port"}},
		{"404 of Envoy's upstream", Options{}, page("404 Not Found\r\nserver: envoy\r\nx-envoy-upstream-service-time: 3", ""), 0, "not_found", nil},
		{"403 of hypercorn", Options{}, page("403 \r\nserver: hypercorn-h11\r\ncontent-length: 0", ""), 0, "asgi_closed", []string{"No Origin was sent", "GET /ws"}},
		{"403 with a length and a character set", Options{}, page("403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 0", ""), 0, "forbidden", nil},
		{"404 of Starlette", Options{}, page("404 Not Found\r\nserver: uvicorn", "Not Found"), 0, "asgi_plain", []string{"uvicorn[standard]"}},
		{"404 of Starlette's own words", Options{}, page("404 Not Found\r\nserver: uvicorn", "no such room"), 0, "not_found", []string{"no such room"}},
		{"404 of Django's debug page", Options{}, page("404 Not Found", "<h1>Page not found</h1><p>Using the URLconf defined in <code>site.urls</code>"), 0, "django_plain", []string{"INSTALLED_APPS"}},
		{"404 of Phoenix", Options{}, page("404 Not Found\r\nServer: Cowboy", "no route found for GET /socket (MyAppWeb.Router)"), 0, "phoenix_path", []string{"/socket/websocket"}},
		{"403 of Spring", Options{Headers: header("Origin", "https://a.test")}, page("403 ", "Invalid CORS request"), 0, "origin", []string{"Origin: https://a.test was sent", "forward-headers-strategy"}},
		{"403 of Rails", Options{}, page("403 Forbidden", "Blocked hosts: example.test"), 0, "bad_host", []string{"Host: example.test"}},
		{"400 for another subprotocol", Options{Subprotocols: []string{"ocpp2.0"}}, page("400 Bad Request", `{"error":"unsupported subprotocol"}`), 0, "subprotocol_wanted", []string{`["ocpp2.0"] were offered`}},
		{"403 for a late client certificate", Options{URL: "wss://example.test/ws"}, page("403 Forbidden\r\nServer: Apache", "Reason: Cannot perform Post-Handshake Authentication."), 0, "client_certificate", nil},
		{"495", Options{URL: "wss://example.test/ws"}, page("495 SSL Certificate Error", ""), 0, "client_certificate", nil},
		{"497", Options{}, page("497 HTTP Request Sent to HTTPS Port", ""), 0, "tls_port", []string{"wss://example.test/ws"}},
		{"an error of Cloudflare nobody knows", Options{}, page("403 Forbidden\r\nServer: cloudflare", "error code: 1999"), 0, "cloudflare_code", []string{"error 1999"}},
		{"an error of Cloudflare, from another", Options{}, page("403 Forbidden", "error code: 1020"), 0, "forbidden", nil},
		{"a close code behind Cloudflare", Options{}, page("500 Internal Server Error\r\nServer: cloudflare", "closed with error 1006"), 0, "application_error", nil},
		{"a challenge of Vercel", Options{}, page("429 Too Many Requests\r\nServer: Vercel\r\nX-Vercel-Mitigated: challenge", ""), 0, "challenge", nil},
		{"503 of IIS", Options{}, page("503 Service Unavailable\r\nServer: Microsoft-IIS/10.0", "The service is unavailable."), 0, "iis_disabled", []string{"switched off"}},
		{"503 of Windows", Options{}, page("503 Service Unavailable\r\nServer: Microsoft-HTTPAPI/2.0", "<h2>Service Unavailable</h2>"), 0, "iis_pool", nil},
		{"a stopped app", Options{}, page("403 Site Disabled", "<h1>Error 403 - This web app is stopped.</h1>"), 0, "app_stopped", nil},
		{"426 behind lighttpd", Options{}, page("426 Upgrade Required\r\nServer: lighttpd/1.4.69", ""), 0, "no_upgrade", []string{"lighttpd (judging by Server: lighttpd/1.4.69)", "proxy.header"}},
		{"418", Options{}, page("418 I'm a teapot", ""), 0, "refused_by_server", []string{"418 in place of 101"}},
		{"700", Options{}, page("700 Odd", ""), 0, "refused_by_server odd_head", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.o.URL == "" {
				test.o.URL = "ws://example.test/ws"
			}
			checkHints(t, replayed(t, test.o, []byte(test.reply), test.wait, io.EOF), test.want, test.says)
		})
	}
}

// checkHints compares the hints' ids, and looks for texts in the first.
func checkHints(t *testing.T, p *Probe, want string, says []string) {
	t.Helper()
	if got := hintIDs(p); got != want {
		t.Fatalf("%s: hints %q, want %q", p.Outcome.Name(), got, want)
	}
	for _, text := range says {
		if h := p.Hints[0]; !strings.Contains(h.Means+" "+h.Do, text) {
			t.Errorf("hint %+v lacks %q", h, text)
		}
	}
}

func TestRedirects(t *testing.T) {
	tests := []struct{ name, url, location, hint, target string }{
		{"to https", "ws://a.test/s?q=1", "https://a.test/s?q=1", "redirect", "wss://a.test/s?q=1"},
		{"to http", "wss://a.test/s", "http://a.test/s", "redirect", "ws://a.test/s"},
		{"default port left out", "ws://a.test/s", "https://a.test:443/s", "redirect", "wss://a.test/s"},
		{"relative", "wss://a.test/s", "s/", "redirect", "wss://a.test/s/"},
		{"without scheme", "wss://a.test/s", "//b.test/x", "redirect", "wss://b.test/x"},
		{"to wss", "ws://a.test/", "wss://b.test:8443/ws", "redirect", "wss://b.test:8443/ws"},
		{"IPv6", "ws://a.test/", "https://[2001:db8::1]/", "redirect", "wss://[2001:db8::1]/"},
		{"fragment and name left out", "ws://a.test/", "https://u:p@a.test/#x", "redirect", "wss://a.test/"},
		{"upper case", "ws://a.test/", "HTTPS://a.test/", "redirect", "wss://a.test/"},
		{"login", "ws://a.test/", "/login?next=/", "login_redirect", "ws://a.test/login?next=/"},
		{"the same again", "wss://a.test/s", "https://a.test/s", "redirect_loop", "wss://a.test/s"},
		{"nowhere", "ws://a.test/", "", "redirect_nowhere", ""},
		{"login on another host", "wss://app.test/s", "https://auth.app.test/?rd=x", "login_redirect", "wss://auth.app.test/?rd=x"},
		{"a login of its own host", "wss://auth.app.test/s", "https://auth.app.test/t", "redirect", "wss://auth.app.test/t"},
		{"portal of a network", "ws://a.test/s", "http://portal.hotel.test/", "captive_portal", "ws://portal.hotel.test/"},
		{"portal over TLS, which no network can do", "wss://a.test/s", "https://portal.a.test/", "redirect", "wss://portal.a.test/"},
		{"no web address", "ws://a.test/", "mailto:a@b.test", "redirect_nowhere", ""},
		{"garbage", "ws://a.test/", "http://%zz/", "redirect_nowhere", ""},
		{"the same again with a cookie", "ws://a.test/s", "/s\r\nSet-Cookie: check=1", "cookie_challenge", "ws://a.test/s"},
		{"the same again with a balancer's cookie", "wss://a.test/s", "/s\r\nSet-Cookie: AWSALB=1", "redirect_loop sticky", "wss://a.test/s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := replayed(t, Options{URL: test.url}, []byte("HTTP/1.1 302 Found\r\nLocation: "+test.location+"\r\n\r\n"), 0, io.EOF)
			if got := redirectTarget(p); got != test.target || hintIDs(p) != test.hint {
				t.Errorf("target %q, hints %q; want %q, %q", got, hintIDs(p), test.target, test.hint)
			}
		})
	}
}

func TestEndsWithoutReply(t *testing.T) {
	const plain, tls = "ws://example.test/ws", "wss://example.test/ws"
	tests := []struct {
		name, url, got string
		wait           time.Duration
		end            error
		want           string
	}{
		{"closed at once", plain, "", time.Millisecond, io.EOF, "closed_empty"},
		{"closed at a gateway's deadline", plain, "", 2004 * time.Millisecond, io.EOF, "closed_at_deadline"},
		{"closed in the head", plain, "HTTP/1.1 101 Swi", 0, io.EOF, "cut_head"},
		{"silent", plain, "", 10 * time.Second, os.ErrDeadlineExceeded, "no_reply"},
		{"stalled", plain, "HTTP/1.1 101 Swi", 10 * time.Second, os.ErrDeadlineExceeded, "stalled_head"},
		{"HTTP/2 over TLS", tls, "\x00\x00\x12\x04\x00\x00\x00\x00\x00", 0, io.EOF, "h2_frames"},
		{"TLS in TLS", tls, "\x15\x03\x03\x00\x02\x02\x46", 0, io.EOF, "tls_behind_tls"},
		{"TLS to clear text", plain, "\x15\x03\x03\x00\x02\x02\x46", 0, io.EOF, "tls_port"},
		{"frames", plain, "\x81\x05hello", 0, io.EOF, "frames_without_handshake"},
		{"echo", plain, "GET /ws HTTP/1.1\r\n", 0, io.EOF, "echo"},
		{"endless head", plain, "HTTP/1.1 200 OK\r\n" + strings.Repeat("X-A: b\r\n", 1500), 0, io.EOF, "head_too_large"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			checkHints(t, replayed(t, Options{URL: test.url}, []byte(test.got), test.wait, test.end), test.want, nil)
		})
	}
}

func TestRoundAge(t *testing.T) {
	tests := []struct {
		wait time.Duration
		want time.Duration
		ok   bool
	}{
		{60 * time.Second, 60 * time.Second, true}, {60700 * time.Millisecond, 60 * time.Second, true},
		{61 * time.Second, 0, false}, {59 * time.Second, 0, false}, {time.Second, time.Second, true},
		{1100 * time.Millisecond, time.Second, true}, {1300 * time.Millisecond, 0, false}, {0, 0, false},
		{29050 * time.Millisecond, 29 * time.Second, true}, {30 * time.Second, 30 * time.Second, true},
	}
	for _, test := range tests {
		t.Run(test.wait.String(), func(t *testing.T) {
			if got, _, ok := roundAge(test.wait); got != test.want || ok != test.ok {
				t.Errorf("round age %v %t, want %v %t", got, ok, test.want, test.ok)
			}
		})
	}
}

func TestSymptomsHaveNames(t *testing.T) {
	for _, list := range [][]symptom{refusals, misreplies, tlsFailures, silences, asides} {
		for _, s := range list {
			if s.id == "" || s.seen == nil || s.say == nil || strings.Trim(s.id, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
				t.Errorf("symptom %q is not whole", s.id)
			}
		}
	}
	for k := results.Established; k <= results.Canceled; k++ {
		p := &Probe{Outcome: Outcome{Kind: k}, TLS: &TLS{}, Reply: &Reply{}}
		if got := Diagnose(p); k != results.Established && len(got) == 0 {
			t.Errorf("no hint for a bare %s", k)
		}
	}
}
