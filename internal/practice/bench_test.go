package practice

import (
	"bytes"
	"testing"
	"time"
)

func BenchmarkGatewayAdmit(b *testing.B) {
	g := newGateway(&Config{Capacity: 300, GatewayTimeout: time.Second})
	b.ReportAllocs()
	var now time.Duration
	for b.Loop() {
		now += 30 * time.Microsecond
		g.admit(now, 10*ms)
	}
}

func BenchmarkReadRequest(b *testing.B) {
	text := []byte(head("Origin: https://app.example.test", "User-Agent: benchmark"))
	r := bytes.NewReader(text)
	b.ReportAllocs()
	for b.Loop() {
		r.Reset(text)
		if _, _, err := readRequest(r); err != nil {
			b.Fatal(err)
		}
	}
}
