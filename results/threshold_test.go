package results

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestParseThreshold(t *testing.T) {
	quantile := func(m Metric, hundredth int, op Op, d time.Duration) Threshold {
		return Threshold{Statistic: Quantile, Metric: m, Hundredth: hundredth, Op: op, Duration: d}
	}
	rate := func(s Selector, op Op, percent float64) Threshold {
		return Threshold{Statistic: Rate, Outcome: s, Op: op, Percent: percent}
	}
	tests := []struct {
		text, canonical string
		want            Threshold
	}{
		{"handshake p99 < 250ms", "handshake p99 < 250ms", quantile(MetricHandshake, 9900, Less, 250*time.Millisecond)},
		{" handshake  p99<250 ms ", "handshake p99 < 250ms", quantile(MetricHandshake, 9900, Less, 250*time.Millisecond)},
		{"Handshake P99.90 ≤ 1.5s", "handshake p99.9 <= 1.5s", quantile(MetricHandshake, 9990, AtMost, 1500*time.Millisecond)},
		{"read_lag p99.99 <= 2ms", "read_lag p99.99 <= 2ms", quantile(MetricReadLag, 9999, AtMost, 2*time.Millisecond)},
		{"connect p50 < 800us", "connect p50 < 800µs", quantile(MetricConnect, 5000, Less, 800*time.Microsecond)},
		{"tls p97.5 > 1m", "tls p97.5 > 1m", quantile(MetricTLS, 9750, More, time.Minute)},
		{"service max < 2s", "service max < 2s", Threshold{Statistic: Max, Metric: MetricService, Duration: 2 * time.Second}},
		{"upgrade mean <= 90s", "upgrade mean <= 1m30s", Threshold{Statistic: Mean, Metric: MetricUpgrade, Op: AtMost, Duration: 90 * time.Second}},
		{"504 rate < 0.1%", "504 rate < 0.1%", rate(Selector{Kind: Status, Status: 504}, Less, 0.1)},
		{"5xx rate<=.07 %", "5xx rate <= 0.07%", rate(Selector{Kind: Status, Class: 5}, AtMost, 0.07)},
		{"error rate < 1%", "error rate < 1%", rate(Selector{}, Less, 1)},
		{"established rate >= 99.9%", "established rate >= 99.9%", rate(Selector{Kind: Established}, AtLeast, 99.9)},
		{"status rate < 1%", "status rate < 1%", rate(Selector{Kind: Status}, Less, 1)},
		{"tls handshake_failure rate < 1%", "tls handshake_failure rate < 1%", rate(Selector{Kind: TLS, Reason: "handshake_failure"}, Less, 1)},
		{"protocol bad_accept rate <= 0%", "protocol bad_accept rate <= 0%", rate(Selector{Kind: Protocol, Reason: BadAccept}, AtMost, 0)},
		{"timeout connect count <= 3", "timeout connect count <= 3",
			Threshold{Statistic: Count, Outcome: Selector{Kind: Timeout, Phase: PhaseConnect}, Op: AtMost, Number: 3}},
		{"closed ready rate < 1%", "closed ready rate < 1%", rate(Selector{Kind: Closed, Phase: PhaseReady}, Less, 1)},
		{"closed 1008 rate < 1%", "closed 1008 rate < 1%", rate(Selector{Kind: Closed, Reason: "1008"}, Less, 1)},
		{"protocol bad_frame rate < 1%", "protocol bad_frame rate < 1%", rate(Selector{Kind: Protocol, Reason: BadFrame}, Less, 1)},
		{"refused rate < 1%", "refused rate < 1%", rate(Selector{Kind: Refused}, Less, 1)},
		{"local count<=0", "local count <= 0", Threshold{Statistic: Count, Outcome: Selector{Kind: Local}, Op: AtMost}},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			got, err := ParseThreshold(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if got.String() != test.canonical {
				t.Errorf("canonical %q, want %q", got, test.canonical)
			}
			if again, err := ParseThreshold(got.String()); err != nil || again != got {
				t.Errorf("read back as %+v, %v", again, err)
			}
		})
	}
}

func TestParseThresholdRefuses(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", "no comparison"},
		{"handshake p99", "no comparison"},
		{"handshake p99 == 250ms", `unknown comparison "=="`},
		{"handshake p99 =< 250ms", `unknown comparison "=<"`},
		{"p99 < 250ms", "handshake p99 < 250ms"},
		{"handshak p99 < 250ms", `did you mean "handshake"`},
		{"latency p99 < 250ms", `unknown metric "latency"; accepted: handshake`},
		{"handshake p99 < 250", "needs a unit: write 250ms or 250s"},
		{"handshake p99 < -1s", "above zero"},
		{"handshake p99 < 0s", "above zero"},
		{"handshake p99 < 3m", "beyond 2m"},
		{"handshake p99 < fast", "is no duration"},
		{"handshake p100 < 1s", "p50 to p99.99"},
		{"handshake p99.999 < 1s", "at most two decimals"},
		{"handshake p40 < 1s", "p50 to p99.99"},
		{"handshake maxx < 1s", `did you mean "max"`},
		{"504 rat < 1%", `did you mean "rate"`},
		{"504 rate < 0.001", "percentage as 0.1%"},
		{"504 rate < 101%", "from 0% to 100%"},
		{"504 rate < 1e-3%", "from 0% to 100%"},
		{"504 rate < nan%", "from 0% to 100%"},
		{"504 rate < 0%", "no rate is < 0%"},
		{"504 rate <= 100%", "asks for nothing"},
		{"101 rate > 1%", "named established"},
		{"50 rate > 1%", "three digits"},
		{"timeot rate < 1%", `did you mean "timeout"`},
		{"invalid rate < 1%", "unknown outcome"},
		{"timeout conect rate < 1%", `did you mean "connect"`},
		{"protocol bad_acept rate < 1%", `did you mean "bad_accept"`},
		{"504 upgrade rate < 1%", "can't be narrowed"},
		{"refused connect rate < 1%", "can't be narrowed"},
		{"unreachable upgrade rate < 1%", "can't be narrowed"},
		{"timeout resolve rate < 1%", "accepted: connect, tls, upgrade, ready"},
		{"timeout 1008 rate < 1%", "unknown phase"},
		{"closed 999 rate < 1%", "unknown phase"},
		{"103 rate < 1%", "a final reply follows it"},
		{"timeout connect tls rate < 1%", "too many words"},
		{"timeout count < 1.5", "whole number"},
		{"timeout count < -1", "whole number"},
		{"timeout count < 0", "no count is < 0"},
		{"p(99)<250ms", "did you mean handshake p99 < 250ms?"},
		{"http_req_duration avg < 1s", "did you mean handshake mean < 1s?"},
		{"median latency < 1s", "unknown figure"},
		{"latency median < 1s", "did you mean handshake p50 < 1s?"},
		{"http_req_failed < 1%", "did you mean error rate < 1%?"},
		{"success rate >= 99%", "did you mean established rate >= 99%?"},
		{"504 < 3", "did you mean 504 count < 3?"},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			got, err := ParseThreshold(test.text)
			var te *ThresholdError
			if !errors.As(err, &te) {
				t.Fatalf("got %+v, error %v; want a *ThresholdError", got, err)
			}
			if te.Text != test.text || !strings.Contains(te.Msg, test.want) {
				t.Errorf("error %q does not say %q", err, test.want)
			}
		})
	}
}

func FuzzParseThreshold(f *testing.F) {
	for _, s := range []string{"handshake p99 < 250ms", "504 rate < 0.1%", "timeout connect count <= 3", "tls max>=1h", "5xx rate<0.%", "p99<"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseThreshold(text)
		if err != nil {
			return
		}
		again, err := ParseThreshold(got.String())
		if err != nil || again != got {
			t.Errorf("%q became %q, read back as %+v, %v", text, got, again, err)
		}
	})
}
