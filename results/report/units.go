package report

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"stampede/results"
)

// duration writes d for people: three significant digits in the unit that
// fits, as 340 ns, 13 µs, 1.2 ms and 1.08 s; from two minutes on, minutes and hours.
func duration(d time.Duration) string {
	if d < 0 {
		return "-" + duration(-max(d, -math.MaxInt64)) // the least has no opposite
	}
	switch {
	case d == 0:
		return "0 s"
	case d >= 2*time.Minute:
		return long(d)
	}
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{time.Second, " s"}, {time.Millisecond, " ms"}, {time.Microsecond, " µs"}} {
		// What rounds up to a whole unit is written in that unit.
		if d >= u.unit-u.unit/2000 {
			return significant(float64(d)/float64(u.unit)) + u.name
		}
	}
	return strconv.FormatInt(int64(d), 10) + " ns"
}

// long writes hours, minutes and seconds, without the parts that are zero.
func long(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	var parts []string
	for _, u := range []struct {
		seconds int64
		name    string
	}{{3600, " h"}, {60, " min"}, {1, " s"}} {
		if n := s / u.seconds; n > 0 {
			parts = append(parts, strconv.FormatInt(n, 10)+u.name)
		}
		s %= u.seconds
	}
	return strings.Join(parts, " ")
}

// significant writes three significant digits and no trailing zeros.
func significant(v float64) string {
	places := 2
	switch {
	case v >= 99.95:
		places = 0
	case v >= 9.995:
		places = 1
	}
	return trimZeros(strconv.FormatFloat(v, 'f', places, 64))
}

func trimZeros(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// percent writes a share as a percentage. Only none is 0 % and only all is
// 100 %: in between it takes the digits it needs.
func percent(share float64) string {
	x := 100 * share
	if x <= 0 || x >= 100 {
		return strconv.FormatFloat(x, 'f', 0, 64) + " %"
	}
	for places := 1; places < 8; places++ {
		text := trimZeros(strconv.FormatFloat(x, 'f', places, 64))
		if text != "0" && text != "100" && (x >= 1 || places > 1) {
			return text + " %"
		}
	}
	return strconv.FormatFloat(x, 'g', 2, 64) + " %"
}

// ratio is a of b as a share, 0 of nothing.
func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// several writes a count with its noun.
func several(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return results.FormatCount(n) + " " + noun
}

// escape makes what a server or a file said harmless to a terminal: control
// and format characters and broken UTF-8 become backslash escapes.
func escape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(text[i])|0x100, 16)[1:])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		i += size
	}
	return b.String()
}

// short cuts text to n runes, the last of which then is an ellipsis.
func short(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:max(n-1, 0)]) + "…"
}
