package handshake

import (
	"strings"
	"testing"
)

func TestUpgradeAndConnection(t *testing.T) {
	const missingUpgrade, badUpgrade = "protocol_error:missing_upgrade", "protocol_error:bad_upgrade"
	const missingConnection, badConnection = "protocol_error:missing_connection", "protocol_error:bad_connection"
	tests := []struct {
		name, upgrade, connection, want string
		warnings                        Warning
		detail                          string
	}{
		{"plain", "Upgrade: websocket\r\n", "Connection: Upgrade\r\n", "ok", 0, ""},
		{"any case", "uPGRADE: WebSocket\r\n", "CONNECTION: UPGRADE\r\n", "ok", 0, ""},
		{"empty elements", "Upgrade: ,, websocket ,\r\n", "Connection: ,\t,upgrade,\r\n", "ok", 0, ""},
		{"folded", "Upgrade:\r\n websocket\r\n", "Connection: keep-alive,\r\n\tUpgrade\r\n", "ok", ObsFold, ""},
		{"several lines", goodUpgrade, "Connection: keep-alive\r\nConnection: Upgrade\r\nConnection: x\r\n", "ok", 0, ""},
		{"twice in connection", goodUpgrade, "Connection: Upgrade, upgrade\r\nConnection: Upgrade\r\n", "ok", 0, ""},
		{"close beside it", goodUpgrade, "Connection: close, Upgrade\r\n", "ok", 0, ""},
		{"upgrade twice", goodUpgrade + "Upgrade: WebSocket\r\n", goodConnection, "ok", DuplicateUpgrade, ""},
		{"upgrade twice in a line", "Upgrade: websocket, websocket\r\n", goodConnection, "ok", DuplicateUpgrade, ""},
		{"upgrade twice, once empty", goodUpgrade + "Upgrade:\r\n", goodConnection, "ok", 0, ""},
		{"no upgrade", "", goodConnection, missingUpgrade, 0, "missing Upgrade ("},
		{"neither", "", "", missingUpgrade, 0, "missing Upgrade, Connection ("},
		{"empty upgrade", "Upgrade: \r\n", goodConnection, badUpgrade, 0, `Upgrade ""`},
		{"another protocol", "Upgrade: h2c\r\n", goodConnection, badUpgrade, 0, `"h2c"`},
		{"two protocols", "Upgrade: h2c\r\nUpgrade: websocket\r\n", goodConnection, badUpgrade, 0, `"h2c", "websocket"`},
		{"with a version", "Upgrade: websocket/13\r\n", goodConnection, badUpgrade, 0, `"websocket/13"`},
		{"longer", "Upgrade: websockets\r\n", goodConnection, badUpgrade, 0, ""},
		{"quoted upgrade", "Upgrade: \"websocket\"\r\n", goodConnection, badUpgrade, 0, `"\"websocket\""`},
		{"kelvin sign", "Upgrade: websoc\u212aet\r\n", goodConnection, badUpgrade, 0, ""},
		{"folded apart", "Upgrade: web\r\n socket\r\n", goodConnection, badUpgrade, ObsFold, ""},
		{"no connection", goodUpgrade, "", missingConnection, 0, "missing Connection ("},
		{"empty connection", goodUpgrade, "Connection: ,\r\n", badConnection, 0, `","`},
		{"substring", goodUpgrade, "Connection: no-upgrade, upgraded\r\n", badConnection, 0, ""},
		{"parted by blanks", goodUpgrade, "Connection: keep-alive Upgrade\r\n", badConnection, 0, ""},
		{"parted by semicolons", goodUpgrade, "Connection: keep-alive;Upgrade\r\n", badConnection, 0, ""},
		{"inside quotes", goodUpgrade, "Connection: \"a, upgrade, b\"\r\n", badConnection, 0, ""},
		{"behind an escaped quote", goodUpgrade, "Connection: \"a\\\", upgrade, b\"\r\n", badConnection, 0, ""},
		{"in an open quote", goodUpgrade, "Connection: \"a, upgrade\r\n", badConnection, 0, ""},
		{"behind a closed quote", goodUpgrade, "Connection: \"a,b\", upgrade\r\n", "ok", 0, ""},
		{"every fault", "Upgrade: h2c\r\n", "", badUpgrade, 0, `Upgrade "h2c": want "websocket" alone; missing Connection`},
	}
	for _, tt := range tests {
		reply := goodStatus + tt.upgrade + tt.connection + goodAccept() + "\r\n"
		verdictTest{tt.name, reply, tt.want, tt.warnings, tt.detail}.run(t, nil)
	}
}

func TestAccept(t *testing.T) {
	const bad = "protocol_error:bad_accept"
	right := strings.TrimSuffix(strings.TrimPrefix(goodAccept(), "Sec-WebSocket-Accept: "), "\r\n")
	tests := []struct {
		name, lines, want string
		warnings          Warning
		detail            string
	}{
		{"right", goodAccept(), "ok", 0, ""},
		{"lower-case name", strings.ToLower("Sec-WebSocket-Accept") + ":" + right + "\r\n", "ok", 0, ""},
		{"blanks", "Sec-WebSocket-Accept:\t " + right + " \t\r\n", "ok", 0, ""},
		{"folded", "Sec-WebSocket-Accept:\r\n \r\n " + right + "\r\n \r\n", "ok", ObsFold, ""},
		{"missing", "", "protocol_error:missing_accept", 0, "missing Sec-WebSocket-Accept"},
		{"empty", "Sec-WebSocket-Accept:\r\n", bad, 0, `""`},
		{"other case", "Sec-WebSocket-Accept: " + strings.ToLower(right) + "\r\n", bad, 0, right},
		{"without padding", "Sec-WebSocket-Accept: " + right[:27] + "\r\n", bad, 0, right[:27] + `"`},
		{"more padding", "Sec-WebSocket-Accept: " + right + "=\r\n", bad, 0, right + "="},
		{"the key itself", "Sec-WebSocket-Accept: " + string(testKey[:]) + "\r\n", bad, 0, string(testKey[:])},
		{"quoted", "Sec-WebSocket-Accept: \"" + right + "\"\r\n", bad, 0, `"\"`},
		{"folded in the middle", "Sec-WebSocket-Accept: " + right[:9] + "\r\n " + right[9:] + "\r\n", bad, ObsFold, ""},
		{"twice", goodAccept() + goodAccept(), bad, 0, "once"},
		{"twice, once wrong", "Sec-WebSocket-Accept: x\r\n" + goodAccept(), bad, 0, `"x", "`},
	}
	for _, tt := range tests {
		reply := goodStatus + goodUpgrade + goodConnection + tt.lines + "\r\n"
		verdictTest{tt.name, reply, tt.want, tt.warnings, tt.detail}.run(t, nil)
	}
}

func TestSubprotocol(t *testing.T) {
	const bad = "protocol_error:bad_subprotocol"
	tests := []struct {
		name     string
		offer    []string
		line     string
		want     string
		warnings Warning
		index    int
	}{
		{"none offered, none selected", nil, "", "ok", 0, -1},
		{"none offered, one selected", nil, "Sec-WebSocket-Protocol: chat\r\n", bad, 0, -1},
		{"none offered, empty", nil, "Sec-WebSocket-Protocol:\r\n", bad, 0, -1},
		{"first", []string{"chat", "mqtt"}, "Sec-WebSocket-Protocol: chat\r\n", "ok", 0, 0},
		{"second", []string{"chat", "mqtt"}, "sec-websocket-protocol:mqtt \r\n", "ok", 0, 1},
		{"none selected", []string{"chat"}, "", "ok", NoSubprotocol, -1},
		{"another", []string{"chat"}, "Sec-WebSocket-Protocol: mqtt\r\n", bad, 0, -1},
		{"other case", []string{"chat"}, "Sec-WebSocket-Protocol: Chat\r\n", bad, 0, -1},
		{"empty", []string{"chat"}, "Sec-WebSocket-Protocol:\r\n", bad, 0, -1},
		{"list", []string{"chat", "mqtt"}, "Sec-WebSocket-Protocol: chat, mqtt\r\n", bad, 0, -1},
		{"twice", []string{"chat"}, "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n", bad, 0, 0},
	}
	for _, tt := range tests {
		r := requestOffering(t, tt.offer...)
		verdictTest{name: tt.name, reply: replyWith(tt.line), want: tt.want, warnings: tt.warnings}.run(t, r)
		if got := read(r, []byte(replyWith(tt.line))).verdict.Subprotocol; got != tt.index {
			t.Errorf("%s: index %d, want %d", tt.name, got, tt.index)
		}
	}
}

func TestOrderOfFaults(t *testing.T) {
	lines := []struct{ line, want string }{
		{"Upgrade: h2c\r\n", "bad_upgrade"},
		{"Connection: close\r\n", "bad_connection"},
		{"Sec-WebSocket-Accept: x\r\n", "bad_accept"},
		{"Sec-WebSocket-Protocol: x\r\n", "bad_subprotocol"},
		{"Sec-WebSocket-Extensions: x\r\n", "bad_extension"},
	}
	good := []string{goodUpgrade, goodConnection, goodAccept()}
	for i, first := range lines {
		reply := goodStatus
		for j := len(lines) - 1; j >= i; j-- {
			reply += lines[j].line
		}
		reply += strings.Join(good[:min(i, len(good))], "") + "\r\n"
		verdictTest{name: first.want, reply: reply, want: "protocol_error:" + first.want, detail: lines[len(lines)-1].line[:10]}.run(t, nil)
	}
}
