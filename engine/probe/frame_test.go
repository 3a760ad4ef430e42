package probe

import "testing"

func TestFollow(t *testing.T) {
	tests := []struct {
		name, bytes string
		extended    bool
		want        following
	}{
		{"nothing", "", false, following{}},
		{"a text", "\x81\x02hi", false, following{is: isFrames}},
		{"a cut text", "\x81\x7e\x01", false, following{is: isFrames}},
		{"a close", "\x88\x02\x03\xe8", false, following{is: isClose, code: 1000}},
		{"a close with a reason", "\x88\x06\x11\x31late", false, following{is: isClose, code: 4401, reason: "late"}},
		{"a close without a code", "\x88\x00", false, following{is: isClose, code: 1005}},
		{"a close with half a code", "\x88\x01\x03", false, following{is: isBadClose}},
		{"a close with a code of nobody", "\x88\x02\x03\xed", false, following{is: isBadClose, code: 1005}},
		{"a close with the last code", "\x88\x02\x13\x87", false, following{is: isClose, code: 4999}},
		{"a close with a code above", "\x88\x02\x13\x88", false, following{is: isBadClose, code: 5000}},
		{"a text, then a masked one", "\x81\x02hi\x81\x82abcdhi", false, following{is: isMasked}},
		{"a ping too long", "\x89\x7e\x00\x80", false, following{is: isLongControl}},
		{"a ping in fragments", "\x09\x00", false, following{is: isNoFrame}},
		{"a line feed", "\n\x81\x02hi", false, following{is: isNoFrame}},
		{"a cut close", "\x88\x02\x03", false, following{is: isFrames}},
		{"a text, then a close", "\x81\x02hi\x88\x02\x03\xf0", false, following{is: isFramesClose, code: 1008}},
		{"masked", "\x81\x82abcdhi", false, following{is: isMasked}},
		{"compressed", "\xc1\x02hi", false, following{is: isReservedBits}},
		{"compressed as agreed", "\xc1\x02hi", true, following{is: isFrames}},
		{"a reply", "HTTP/1.1 400 Bad Request\r\n\r\n", false, following{is: isHTTP}},
		{"a reply, extended", "HTTP/1.1 400 Bad Request\r\n\r\n", true, following{is: isHTTP}},
		{"a page", "<html>", false, following{is: isNoFrame}},
		{"a line end", "\r\n\x81\x02hi", false, following{is: isNoFrame}},
		{"a length too long", "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff", false, following{is: isMasked}},
		{"a length that is none", "\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", false, following{is: isBadLength}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := follow([]byte(test.bytes), test.extended); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}
