package scenario

import (
	"fmt"
	"math"
	"math/bits"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Rate is how often arrivals come, in millionths of an arrival an hour, so
// that 12000/min, 0.5/s and 3/h are whole numbers and counts come out exact.
// Build one as 200 * PerSecond. The zero value sends nothing.
type Rate int64

// The units of a rate.
const (
	PerHour   Rate = 1e6
	PerMinute      = 60 * PerHour
	PerSecond      = 60 * PerMinute
)

// maxRate bounds what ParseRate reads; whole computations in the schedule
// stay within 128 bits below it.
const maxRate = 1e9 * PerSecond

// PerSecond returns the rate in arrivals a second.
func (r Rate) PerSecond() float64 { return float64(r) / float64(PerSecond) }

// RateFor returns the least rate that brings n arrivals in over, which is
// exactly n of them: a unit of a rate is far less than one. What no rate brings
// gives the largest.
func RateFor(n int64, over time.Duration) Rate {
	if n <= 0 || over <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(n), arrival)
	if hi >= uint64(over) {
		return maxRate
	}
	r, rest := bits.Div64(hi, lo, uint64(over))
	if rest > 0 {
		r++
	}
	return Rate(min(r, uint64(maxRate)))
}

// String spells the rate so that ParseRate reads it back, in the largest unit
// that needs no more than three decimals, or else an hour with six.
func (r Rate) String() string {
	if r < 0 {
		return "-" + (-r).String()
	}
	for _, u := range []struct {
		size Rate
		name string
	}{{PerSecond, "/s"}, {PerMinute, "/min"}} {
		if r%(u.size/1000) == 0 && (r == 0 || r >= u.size/1000) {
			return decimal(int64(r/(u.size/1000)), 3) + u.name
		}
	}
	return decimal(int64(r), 6) + "/h"
}

// decimal spells n·10^-places without trailing zeros.
func decimal(n int64, places int) string {
	s := fmt.Sprintf("%0*d", places+1, n)
	whole, frac := s[:len(s)-places], strings.TrimRight(s[len(s)-places:], "0")
	if frac == "" {
		return whole
	}
	return whole + "." + frac
}

// valueError says what is wrong with a value and what was probably meant.
type valueError struct{ Msg, Hint string }

func (e *valueError) Error() string { return joinHint(e.Msg, e.Hint) }

func joinHint(msg, hint string) string {
	if hint == "" {
		return msg
	}
	return msg + "; " + hint
}

func badValue(hint, format string, args ...any) error {
	return &valueError{Msg: fmt.Sprintf(format, args...), Hint: hint}
}

const (
	durationForm = "a duration is written like 30s, 1m30s or 500ms"
	rateForm     = "a rate is written like 200/s, 12000/min or 3/h"
	countForm    = "a count is written in digits only, like 3000"
)

var (
	plainNumber = regexp.MustCompile(`^(0|[1-9][0-9]*)(\.[0-9]+)?$`)
	colonTime   = regexp.MustCompile(`^[0-9]+(:[0-9]+)+(\.[0-9]+)?$`)
	notFinite   = regexp.MustCompile(`(?i)^[-+]?\.?(nan|inf|infinity)\b`)
	zeroLed     = regexp.MustCompile(`^[-+]?0[0-9]`)
	blankInside = regexp.MustCompile(`^[0-9.]+\s+/?\s*[a-zµ]+$`)
	partForm    = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)([a-zµμ]*)`)
	scaled      = regexp.MustCompile(`^([1-9][0-9]{0,8})([kKmM])$`)
	exponent    = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?[eE]\+?[0-9]{1,2}$`)
	grouped     = regexp.MustCompile(`^[0-9]{1,3}([,_'][0-9]{3})+$`)
)

// commonFaults finds what no kind of value may be: empty, not finite,
// negative, signed, or led by a zero that may mean octal.
func commonFaults(text, form string) error {
	switch {
	case text == "":
		return badValue(form, "the value is empty")
	case notFinite.MatchString(text):
		return badValue(form, "%q is not a finite number", text)
	case text[0] == '-':
		return badValue("", "%q is below 0", text)
	case text[0] == '+':
		return badValue("leave out the plus sign", "%q has a sign", text)
	case zeroLed.MatchString(text):
		return badValue("did you mean "+strings.TrimLeft(text, "0")+"?", "%q has a leading zero", text)
	}
	return nil
}

// ParseDuration reads a duration such as 30s, 1m30s, 1.5h or 500ms. A bare
// number, a colon time, a sign, a leading zero and a blank are refused; the
// error says what was probably meant. Zero needs a unit, too: 0s.
func ParseDuration(text string) (time.Duration, error) {
	if colonTime.MatchString(text) {
		return 0, badValue("did you mean "+fromColons(text)+"?", "%q is a colon time", text)
	}
	if err := commonFaults(text, durationForm); err != nil {
		return 0, err
	}
	switch {
	case plainNumber.MatchString(text):
		return 0, badValue("did you mean "+text+"s?", "%q has no unit", text)
	case blankInside.MatchString(text):
		return 0, badValue("did you mean "+strings.Join(strings.Fields(text), "")+"?", "%q has a blank in it", text)
	}
	return sumParts(text)
}

var durationUnits = map[string]time.Duration{"ns": 1, "us": time.Microsecond, "µs": time.Microsecond, "μs": time.Microsecond,
	"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour}

// nearUnits are units people write, and the unit that they mean.
var nearUnits = map[string]string{"min": "m", "mins": "m", "minute": "m", "minutes": "m", "sec": "s", "secs": "s", "second": "s", "seconds": "s",
	"msec": "ms", "hr": "h", "hrs": "h", "hour": "h", "hours": "h"}

func sumParts(text string) (time.Duration, error) {
	rest := text
	last := time.Duration(math.MaxInt64)
	for rest != "" {
		part := partForm.FindStringSubmatch(rest)
		if part == nil {
			return 0, badValue(durationForm, "%q is not a duration", text)
		}
		unit, ok := durationUnits[part[2]]
		switch {
		case part[2] == "":
			return 0, badValue("did you mean "+text+"s?", "%q lacks a unit at its end", text)
		case !ok && nearUnits[part[2]] != "":
			return 0, badValue("did you mean "+part[1]+nearUnits[part[2]]+"?", "%q has an unknown unit %q", text, part[2])
		case !ok:
			return 0, badValue(durationForm, "%q has an unknown unit %q", text, part[2])
		case unit >= last:
			return 0, badValue(durationForm, "%q has its units out of order", text)
		}
		last, rest = unit, rest[len(part[0]):]
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, badValue("", "%q is too large", text)
	}
	return d, nil
}

// fromColons spells 1:30 as 1m30s and 12:00:00 as 12h0m0s.
func fromColons(text string) string {
	parts := strings.Split(text, ":")
	if len(parts) > 3 {
		return "1h2m3s"
	}
	var b strings.Builder
	for i, unit := range []string{"h", "m", "s"}[3-len(parts):] {
		trimmed := strings.TrimLeft(parts[i], "0")
		if trimmed == "" || trimmed[0] == '.' {
			trimmed = "0" + trimmed
		}
		b.WriteString(trimmed + unit)
	}
	return b.String()
}

// ParseRate reads a rate such as 200/s, 0.5/s, 12000/min or 3/h, exactly or
// not at all: as many decimals as come to whole millionths of an arrival an
// hour. Zero is a rate; a bare number is refused.
func ParseRate(text string) (Rate, error) {
	if err := commonFaults(text, rateForm); err != nil {
		return 0, err
	}
	number, unit, slashed := strings.Cut(text, "/")
	size := map[string]Rate{"s": PerSecond, "min": PerMinute, "h": PerHour}[unit]
	switch {
	case !slashed && plainNumber.MatchString(text):
		return 0, badValue("did you mean "+text+"/s?", "%q has no unit", text)
	case !plainNumber.MatchString(number):
		return 0, badNumber(number, text, rateForm, unit)
	case size == 0 && rateUnits[unit] != "":
		return 0, badValue("did you mean "+number+"/"+rateUnits[unit]+"?", "%q has an unknown unit %q", text, unit)
	case size == 0:
		return 0, badValue(rateForm, "%q has an unknown unit %q", text, unit)
	}
	return scaleRate(number, size, text)
}

// rateUnits are units people write behind the slash, and the unit that they
// mean.
var rateUnits = map[string]string{"m": "min", "mins": "min", "minute": "min", "minutes": "min", "sec": "s", "second": "s", "seconds": "s",
	"hr": "h", "hour": "h", "hours": "h"}

func scaleRate(number string, size Rate, text string) (Rate, error) {
	whole, frac, _ := strings.Cut(number, ".")
	frac = strings.TrimRight(frac, "0")
	if len(frac) > 9 {
		return 0, badValue("use at most nine decimals", "%q is finer than a rate can be", text)
	}
	digits, err := strconv.ParseUint(whole+frac, 10, 64)
	if err != nil {
		return 0, badValue("the most is "+maxRate.String(), "%q is too large", text)
	}
	hi, lo := bits.Mul64(digits, uint64(size))
	scale := uint64(math.Pow10(len(frac)))
	if hi >= scale {
		return 0, badValue("the most is "+maxRate.String(), "%q is too large", text)
	}
	r, rem := bits.Div64(hi, lo, scale)
	switch {
	case r > uint64(maxRate):
		return 0, badValue("the most is "+maxRate.String(), "%q is too large", text)
	case rem != 0:
		return 0, badValue("use fewer decimals", "%q is finer than a rate can be", text)
	}
	return Rate(r), nil
}

// ParseCount reads a count of handshakes: decimal digits only. 10k, 1,000,
// 1_000 and 1e3 are refused with the digits that were meant.
func ParseCount(text string) (int64, error) {
	if err := commonFaults(text, countForm); err != nil {
		return 0, err
	}
	if !plainNumber.MatchString(text) || strings.Contains(text, ".") {
		return 0, badNumber(text, text, countForm, "")
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, badValue("", "%q is too large", text)
	}
	return n, nil
}

// badNumber is the error for a number in a spelling that is not ours; it
// offers the same number in digits where it can tell which that is.
func badNumber(number, text, form, unit string) error {
	meant := inDigits(number)
	if meant == "" {
		return badValue(form, "%q is not understood", text)
	}
	if form == rateForm {
		if unit == "" {
			unit = "s"
		}
		meant += "/" + unit
	}
	return badValue("did you mean "+meant+"?", "%q is not written in plain digits", text)
}

func inDigits(number string) string {
	if m := scaled.FindStringSubmatch(number); m != nil {
		return m[1] + map[string]string{"k": "000", "m": "000000"}[strings.ToLower(m[2])]
	}
	if grouped.MatchString(number) {
		return strings.NewReplacer(",", "", "_", "", "'", "").Replace(number)
	}
	if exponent.MatchString(number) {
		if f, err := strconv.ParseFloat(number, 64); err == nil && f == math.Trunc(f) && f < 1e15 {
			return strconv.FormatFloat(f, 'f', 0, 64)
		}
	}
	return ""
}
