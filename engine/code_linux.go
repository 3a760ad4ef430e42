package engine

import (
	"os"
	"strconv"
	"strings"
)

// dropCode gives back the pages of the program itself, its code and constants,
// of which only its start had use for many. What runs again is mapped again
// from the page cache.
func dropCode() {
	text, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return
	}
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	for _, s := range cleanSpans(string(text), program) {
		dropPages(s)
	}
}

// span is a range of addresses.
type span struct{ from, to uintptr }

// cleanSpans finds, in the text of smaps (proc_pid_smaps(5)), the mappings of
// file that can't be written and have no page that was: they hold what the
// file holds, and can be read from it anew.
func cleanSpans(smaps, file string) (clean []span) {
	var at span
	for line := range strings.Lines(smaps) {
		f := strings.Fields(line)
		switch {
		case len(f) < 3: // not a line of figures, nor of a mapping
		case strings.HasSuffix(f[0], ":"):
			if f[0] == "Anonymous:" && f[1] == "0" && at.to > 0 {
				clean = append(clean, at)
			}
		case f[1][1] == '-' && strings.HasSuffix(strings.TrimSuffix(line, "\n"), " "+file):
			at = parseSpan(f[0])
		default:
			at = span{}
		}
	}
	return clean
}

// parseSpan reads "from-to" in hexadecimal; what is no such thing is empty.
func parseSpan(text string) span {
	from, to, _ := strings.Cut(text, "-")
	a, err := strconv.ParseUint(from, 16, 64)
	if err != nil {
		return span{}
	}
	b, err := strconv.ParseUint(to, 16, 64)
	if err != nil {
		return span{}
	}
	return span{uintptr(a), uintptr(b)}
}
