package handshake

import "testing"

func TestExtension(t *testing.T) {
	const deflateAll = "permessage-deflate; client_max_window_bits"
	const bad = "protocol_error:bad_extension"
	tests := []struct{ name, offer, reply, want string }{
		{"none", deflateAll, "", "ok"},
		{"not offered", "", "permessage-deflate", bad},
		{"not offered, empty", "", " ", bad},
		{"empty", deflateAll, ",", bad},
		{"plain", deflateAll, "permessage-deflate", "ok"},
		{"name is case-sensitive", deflateAll, "Permessage-Deflate", bad},
		{"another", deflateAll, "x-webkit-deflate-frame", bad},
		{"offered and another", deflateAll, "permessage-deflate, mux", bad},
		{"every parameter", deflateAll, "permessage-deflate; server_no_context_takeover;client_no_context_takeover ; server_max_window_bits=10; client_max_window_bits=15", "ok"},
		{"quoted value", deflateAll, `permessage-deflate; client_max_window_bits="9"`, "ok"},
		{"unknown parameter", deflateAll, "permessage-deflate; level=9", bad},
		{"repeated parameter", deflateAll, "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9", bad},
		{"repeated flag", deflateAll, "permessage-deflate; server_no_context_takeover; server_no_context_takeover", bad},
		{"flag with a value", deflateAll, "permessage-deflate; server_no_context_takeover=1", bad},
		{"empty parameter", deflateAll, "permessage-deflate;", bad},
		{"empty value", deflateAll, "permessage-deflate; server_max_window_bits=", bad},
		{"seven bits", deflateAll, "permessage-deflate; server_max_window_bits=7", bad},
		{"sixteen bits", deflateAll, "permessage-deflate; server_max_window_bits=16", bad},
		{"leading zero", deflateAll, "permessage-deflate; server_max_window_bits=09", bad},
		{"client bits without a value", deflateAll, "permessage-deflate; client_max_window_bits", bad},
		{"client bits not offered", "permessage-deflate", "permessage-deflate; client_max_window_bits=10", bad},
		{"client bits above the offer", "permessage-deflate; client_max_window_bits=9", "permessage-deflate; client_max_window_bits=10", bad},
		{"client bits below the offer", "permessage-deflate; client_max_window_bits=11", "permessage-deflate; client_max_window_bits=10", "ok"},
		{"server bits above the offer", "permessage-deflate; server_max_window_bits=9", "permessage-deflate; server_max_window_bits=10", bad},
		{"server bits ignored", "permessage-deflate; server_max_window_bits=9", "permessage-deflate", bad},
		{"takeover ignored", "permessage-deflate; server_no_context_takeover", "permessage-deflate", bad},
		{"second offer", "permessage-deflate; server_max_window_bits=9, permessage-deflate", "permessage-deflate", "ok"},
		{"other extension with parameters", "mux", "mux; max-channels=4", "ok"},
		{"malformed", "mux", "mux; =4", bad},
	}
	for _, tt := range tests {
		r, err := NewRequest(RequestOptions{Host: "example.test", Extensions: tt.offer})
		if err != nil {
			t.Fatal(err)
		}
		lines := "Sec-WebSocket-Extensions: " + tt.reply + "\r\n"
		if tt.reply == "" {
			lines = ""
		}
		verdictTest{name: tt.name, reply: replyWith(lines), want: tt.want}.run(t, r)
	}
	r, err := NewRequest(RequestOptions{Host: "example.test", Extensions: "a, b"})
	if err != nil {
		t.Fatal(err)
	}
	verdictTest{name: "over two lines", reply: replyWith("Sec-WebSocket-Extensions: b\r\nSec-WebSocket-Extensions: a\r\n"), want: "ok"}.run(t, r)
}
