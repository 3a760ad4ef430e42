package practice

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// longest bounds every delay, whatever a law's tail or a header asks for.
const longest = 24 * time.Hour

type lawKind uint8

const (
	constant lawKind = iota
	exponential
	lognormal
	twoPoint
	linear
	fromHeader
)

// Law is how long the upstream takes to answer a handshake. Laws are
// comparable; the zero value answers at once. Make others with ParseLaw.
type Law struct {
	kind lawKind
	a, b time.Duration // the parameters, in the order they are written
	x    float64       // lognormal: sigma; two-point mix: share of b
}

// lawForms is what ParseLaw accepts.
const lawForms = "a duration (20ms), exponential(MEAN), lognormal(MEDIAN, SIGMA), mix(FAST, SLOW, SHARE%), linear(STEP) or header"

// ParseLaw reads a law as it is written in scenarios and flags:
//
//	20ms                    every handshake takes 20 ms
//	exponential(20ms)       exponential with that mean
//	lognormal(20ms, 0.5)    log-normal with that median and sigma
//	mix(10ms, 200ms, 1.5%)  1.5 % take 200 ms, the others 10 ms
//	linear(1ms)             the n-th upgrade request, from 1, takes n × 1 ms
//	header                  what the request's X-Practice-Delay says, as 20ms
//
// No delay exceeds 24 hours. The error is a *SettingError.
func ParseLaw(text string) (Law, error) {
	l, ok := parseLaw(strings.TrimSpace(text))
	if !ok {
		return Law{}, &SettingError{Key: "service", Value: text, Want: lawForms}
	}
	return l, nil
}

func parseLaw(text string) (Law, bool) {
	if text == "header" {
		return Law{kind: fromHeader}, true
	}
	name, rest, ok := strings.Cut(text, "(")
	if !ok {
		d, ok := parseDelay(text)
		return Law{a: d}, ok
	}
	inner, ok := strings.CutSuffix(rest, ")")
	if !ok {
		return Law{}, false
	}
	return lawOf(strings.TrimSpace(name), strings.Split(inner, ","))
}

// lawOf builds the law of that name from its arguments.
func lawOf(name string, args []string) (Law, bool) {
	for i := range args {
		args[i] = strings.TrimSpace(args[i])
	}
	a, ok := parseDelay(args[0])
	if !ok {
		return Law{}, false
	}
	switch {
	case name == "exponential" && len(args) == 1:
		return Law{kind: exponential, a: a}, true
	case name == "linear" && len(args) == 1:
		return Law{kind: linear, a: a}, true
	case name == "lognormal" && len(args) == 2:
		sigma, err := strconv.ParseFloat(args[1], 64)
		return Law{kind: lognormal, a: a, x: sigma}, err == nil && sigma >= 0 && sigma <= 10
	case name == "mix" && len(args) == 3:
		b, okSlow := parseDelay(args[1])
		share, okShare := parseShare(args[2])
		return Law{kind: twoPoint, a: a, b: b, x: share}, okSlow && okShare
	}
	return Law{}, false
}

// parseDelay reads a duration from 0 to longest.
func parseDelay(text string) (time.Duration, bool) {
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0 && d <= longest
}

// parseShare reads a percentage such as 1.5% as a fraction of one.
func parseShare(text string) (float64, bool) {
	number, ok := strings.CutSuffix(text, "%")
	if !ok {
		return 0, false
	}
	percent, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	return percent / 100, err == nil && percent >= 0 && percent <= 100
}

// formatShare is the inverse of parseShare.
func formatShare(share float64) string {
	// Ten digits are more than anybody writes and hide that 0.015 × 100
	// is not quite 1.5.
	return strconv.FormatFloat(share*100, 'g', 10, 64) + "%"
}

// String returns the law as ParseLaw reads it.
func (l Law) String() string {
	switch l.kind {
	case exponential:
		return fmt.Sprintf("exponential(%v)", l.a)
	case lognormal:
		return fmt.Sprintf("lognormal(%v, %v)", l.a, l.x)
	case twoPoint:
		return fmt.Sprintf("mix(%v, %v, %s)", l.a, l.b, formatShare(l.x))
	case linear:
		return fmt.Sprintf("linear(%v)", l.a)
	case fromHeader:
		return "header"
	}
	return l.a.String()
}

// delay is how long handshake n takes, where u is its draw and asked the
// delay its header asks for. Each random law is its quantile function at u:
// −mean·ln(1−u) for the exponential, median·exp(σ·Φ⁻¹(u)) with Φ⁻¹(u) =
// √2·erf⁻¹(2u−1) for the log-normal.
func (l Law) delay(n int64, u float64, asked time.Duration) time.Duration {
	switch l.kind {
	case exponential:
		return scale(l.a, -math.Log1p(-u))
	case lognormal:
		return scale(l.a, math.Exp(l.x*math.Sqrt2*math.Erfinv(2*u-1)))
	case twoPoint:
		if u >= 1-l.x {
			return l.b
		}
		return l.a
	case linear:
		return scale(l.a, float64(n))
	case fromHeader:
		return asked
	}
	return l.a
}

// scale returns d × factor, at most longest.
func scale(d time.Duration, factor float64) time.Duration {
	product := float64(d) * factor
	if product >= float64(longest) {
		return longest
	}
	return time.Duration(math.Round(product))
}
