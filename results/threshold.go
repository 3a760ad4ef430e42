package results

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Statistic is the figure of a run that a threshold limits. The zero value
// limits nothing.
type Statistic uint8

// The statistics: the first three are of a metric, the others of an outcome.
const (
	NoStatistic Statistic = iota
	Quantile              // pN of Threshold.Metric
	Max                   // largest value of Threshold.Metric
	Mean                  // mean of Threshold.Metric
	Rate                  // share of the arrivals that Threshold.Outcome picks
	Count                 // number of the arrivals that Threshold.Outcome picks

	bySearch // the ceiling that a search found: no threshold limits it
)

// Op compares a statistic with its limit. The zero value is <.
type Op uint8

// The comparisons a threshold may ask for.
const (
	Less Op = iota
	AtMost
	More
	AtLeast
)

var opTexts = [...]string{"<", "<=", ">", ">="}

// String returns the comparison as thresholds write it.
func (op Op) String() string {
	if int(op) < len(opTexts) {
		return opTexts[op]
	}
	return "invalid"
}

// Holds reports whether value op limit is true.
func (op Op) Holds(value, limit float64) bool {
	switch op {
	case Less:
		return value < limit
	case AtMost:
		return value <= limit
	case More:
		return value > limit
	case AtLeast:
		return value >= limit
	}
	return false
}

// ceils reports whether op limits from above.
func (op Op) ceils() bool { return op == Less || op == AtMost }

// Threshold is one goal of a run, as "handshake p99 < 250ms". Thresholds are
// comparable. The zero value asks for nothing and is always inconclusive.
type Threshold struct {
	Statistic Statistic
	Metric    Metric   // for Quantile, Max and Mean
	Hundredth int      // for Quantile: N of pN in hundredths of a percent, 9990 for p99.9
	Outcome   Selector // for Rate and Count
	Op        Op

	Duration time.Duration // the limit of Quantile, Max and Mean
	Percent  float64       // the limit of Rate
	Number   int64         // the limit of Count
}

// ThresholdError says why a text is no threshold and what would be.
type ThresholdError struct {
	Text string // as written
	Msg  string // what is wrong and what is accepted
}

func (e *ThresholdError) Error() string {
	return fmt.Sprintf("threshold %q: %s", e.Text, e.Msg)
}

const thresholdForms = "write METRIC pN|max|mean OP DURATION (handshake p99 < 250ms), OUTCOME rate OP PERCENT (504 rate < 0.1%) or OUTCOME count OP N (timeout count <= 3)"

// ParseThreshold reads a goal in one of three forms:
//
//	METRIC pN|max|mean OP DURATION    handshake p99 < 250ms
//	OUTCOME rate OP PERCENT           504 rate < 0.1%
//	OUTCOME count OP N                timeout connect count <= 3
//
// METRIC is a Metric's name; pN runs from p50 to p99.99; OUTCOME is an
// outcome's kind, alone or with a phase, a reason or the code it was closed
// with, a status code, a class as 5xx, or error; OP is <, <=, > or >=. Case and spaces don't matter. Every
// error is a *ThresholdError.
func ParseThreshold(text string) (Threshold, error) {
	t, err := parseThreshold(strings.ToLower(text))
	if err != nil {
		msg := err.Error()
		if meant := meantThreshold(text); meant != "" {
			msg, _, _ = strings.Cut(msg, ", did you mean") // one word near to a part of the text says less
			msg += "; did you mean " + meant + "?"
		}
		return Threshold{}, &ThresholdError{Text: text, Msg: msg}
	}
	return t, nil
}

// otherWords are what other load tools call things, and their names here.
var otherWords = strings.NewReplacer(
	"http_req_duration", "handshake", "ws_connecting", "handshake", "response_time", "handshake", "response time", "handshake", "latency", "handshake", "duration", "handshake",
	"avg", "mean", "average", "mean", "median", "p50", "med", "p50",
	"success", "established", "failures", "error", "failure", "error", "failed", "error", "errors", "error",
	"http_req_", "", "_rate", " rate", "_count", " count", "(", "", ")", "", "==", "<=",
)

// meantThreshold is the threshold that a text nearly is: in another tool's
// words, without the handshake's name, or without the word rate or count. It
// is "" where none is near.
func meantThreshold(text string) string {
	text = otherWords.Replace(strings.ToLower(text))
	left, op, right, err := cutOp(text)
	if err != nil {
		return ""
	}
	left = strings.TrimSpace(left)
	for _, name := range []string{left, "handshake " + left, left + " rate", left + " count"} {
		if t, err := parseThreshold(fmt.Sprintf("%s %s %s", name, op, right)); err == nil {
			return t.String()
		}
	}
	return ""
}

func parseThreshold(text string) (t Threshold, err error) {
	left, op, right, err := cutOp(text)
	if err != nil {
		return t, err
	}
	words := strings.Fields(left)
	if len(words) < 2 {
		return t, fmt.Errorf("left of %s stand a name and what is limited; %s", op, thresholdForms)
	}
	name, figure := words[:len(words)-1], words[len(words)-1]
	t.Op = op
	switch figure {
	case "rate":
		return t.withRate(name, right)
	case "count":
		return t.withCount(name, right)
	}
	return t.withDuration(name, figure, right)
}

// cutOp splits text around its comparison.
func cutOp(text string) (left string, op Op, right string, err error) {
	text = strings.NewReplacer("≤", "<=", "≥", ">=").Replace(text)
	i := strings.IndexAny(text, "<>=")
	if i < 0 {
		return "", 0, "", fmt.Errorf("no comparison; %s", thresholdForms)
	}
	rest := strings.TrimLeft(text[i:], "<>=")
	sign := text[i : len(text)-len(rest)]
	for o, s := range opTexts {
		if s == sign {
			return text[:i], Op(o), strings.TrimSpace(rest), nil
		}
	}
	return "", 0, "", fmt.Errorf("unknown comparison %q; accepted: <, <=, >, >=", sign)
}

func (t Threshold) withRate(name []string, limit string) (_ Threshold, err error) {
	t.Statistic = Rate
	if t.Outcome, err = parseSelector(name); err != nil {
		return t, err
	}
	if t.Percent, err = parsePercent(limit); err != nil {
		return t, err
	}
	switch {
	case t.Percent == 0 && t.Op == Less, t.Percent == 100 && t.Op == More:
		return t, fmt.Errorf("no rate is %s %s", t.Op, formatPercent(t.Percent))
	case t.Percent == 0 && t.Op == AtLeast, t.Percent == 100 && t.Op == AtMost:
		return t, fmt.Errorf("every rate is %s %s, so this asks for nothing", t.Op, formatPercent(t.Percent))
	}
	return t, nil
}

func parsePercent(text string) (float64, error) {
	digits, found := strings.CutSuffix(text, "%")
	if !found {
		return 0, fmt.Errorf("a rate's limit is a percentage as 0.1%%, not %q", text)
	}
	v, ok := parseDecimal(strings.TrimSpace(digits))
	if !ok || v > 100 {
		return 0, fmt.Errorf("%q is no percentage; write a number from 0%% to 100%%", text)
	}
	return v, nil
}

// parseDecimal reads digits with at most one point: no sign, no exponent, no
// hexadecimal and none of the words strconv.ParseFloat knows.
func parseDecimal(text string) (v float64, ok bool) {
	if len(text) > 20 || strings.Trim(text, "0123456789.") != "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil
}

func (t Threshold) withCount(name []string, limit string) (_ Threshold, err error) {
	t.Statistic = Count
	if t.Outcome, err = parseSelector(name); err != nil {
		return t, err
	}
	n, err := strconv.ParseUint(limit, 10, 63)
	if err != nil {
		return t, fmt.Errorf("a count's limit is a whole number as 3, not %q", limit)
	}
	t.Number = int64(n)
	switch {
	case t.Number == 0 && t.Op == Less:
		return t, fmt.Errorf("no count is < 0")
	case t.Number == 0 && t.Op == AtLeast:
		return t, fmt.Errorf("every count is >= 0, so this asks for nothing")
	}
	return t, nil
}

func (t Threshold) withDuration(name []string, figure, limit string) (_ Threshold, err error) {
	if t.Statistic, t.Hundredth, err = parseFigure(figure); err != nil {
		return t, err
	}
	if len(name) != 1 {
		return t, fmt.Errorf("%q is no metric; accepted: %s", strings.Join(name, " "), strings.Join(metricNames[:], ", "))
	}
	m, ok := ParseMetric(name[0])
	if !ok {
		return t, unknownWord("metric", name[0], metricNames[:], strings.Join(metricNames[:], ", "))
	}
	t.Metric = m
	t.Duration, err = parseLimit(limit)
	return t, err
}

// parseFigure reads pN, max or mean.
func parseFigure(word string) (s Statistic, hundredth int, err error) {
	switch word {
	case "max":
		return Max, 0, nil
	case "mean":
		return Mean, 0, nil
	}
	digits, found := strings.CutPrefix(word, "p")
	if _, ok := parseDecimal(digits); !found || !ok {
		return 0, 0, unknownWord("figure", word, []string{"rate", "count", "max", "mean", "p99"}, "pN (p50 to p99.99), max, mean, rate, count")
	}
	hundredth, ok := parseHundredths(digits)
	if !ok || hundredth < 5000 || hundredth > 9999 {
		return 0, 0, fmt.Errorf("%q is out of range; quantiles run from p50 to p99.99 with at most two decimals", word)
	}
	return Quantile, hundredth, nil
}

// parseHundredths reads a decimal of at most two places as a whole number of hundredths.
func parseHundredths(text string) (n int, ok bool) {
	whole, places, _ := strings.Cut(text, ".")
	if len(whole) > 4 || len(places) > 2 {
		return 0, false
	}
	n, err := strconv.Atoi(whole + (places + "00")[:2])
	return n, err == nil
}

func parseLimit(text string) (time.Duration, error) {
	d, err := time.ParseDuration(strings.Join(strings.Fields(text), ""))
	switch _, bare := parseDecimal(text); {
	case bare:
		return 0, fmt.Errorf("%q needs a unit: write %sms or %ss", text, text, text)
	case err != nil:
		return 0, fmt.Errorf("%q is no duration; write one as 250ms, 1.5s or 800us", text)
	case d <= 0:
		return 0, fmt.Errorf("the limit %q must be above zero", text)
	case d > HighestValue:
		return 0, fmt.Errorf("the limit %q is beyond %s, the longest duration told apart", text, formatDuration(HighestValue))
	}
	return d, nil
}

// String returns the canonical text, which ParseThreshold reads back as the same threshold.
func (t Threshold) String() string {
	switch t.Statistic {
	case Quantile, Max, Mean:
		return fmt.Sprintf("%s %s %s %s", t.Metric, t.figure(), t.Op, formatDuration(t.Duration))
	case Rate:
		return fmt.Sprintf("%s rate %s %s", t.Outcome, t.Op, formatPercent(t.Percent))
	case Count:
		return fmt.Sprintf("%s count %s %d", t.Outcome, t.Op, t.Number)
	}
	return ""
}

// figure is the word between the metric and the comparison: p99.9, max or mean.
func (t Threshold) figure() string {
	switch t.Statistic {
	case Max:
		return "max"
	case Mean:
		return "mean"
	}
	return "p" + strconv.FormatFloat(float64(t.Hundredth)/100, 'f', -1, 64)
}

// proportion reports whether t limits a share of the arrivals, so that it can
// be proved; other goals are compared as they are.
func (t Threshold) proportion() bool { return t.Statistic == Quantile || t.Statistic == Rate }

// Allowed is the share that may be on the wrong side of a quantile's or a
// rate's goal: that makes it a proportion. It is 0 for other goals.
func (t Threshold) Allowed() float64 {
	part, whole := 0.0, 10000.0
	switch t.Statistic {
	case Quantile:
		part = whole - float64(t.Hundredth)
	case Rate:
		part, whole = t.Percent, 100
	default:
		return 0
	}
	if !t.Op.ceils() {
		part = whole - part
	}
	return part / whole
}

// MarshalText returns String.
func (t Threshold) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText is ParseThreshold.
func (t *Threshold) UnmarshalText(text []byte) (err error) {
	*t, err = ParseThreshold(string(text))
	return err
}

func formatPercent(p float64) string { return strconv.FormatFloat(p, 'f', -1, 64) + "%" }

// formatDuration is time.Duration's own text without trailing zero parts: 2m, not 2m0s.
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}
