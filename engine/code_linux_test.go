package engine

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestCleanSpans(t *testing.T) {
	const file = "/opt/stampede"
	mapping := func(header, anonymous string) string {
		return header + "\nSize:                 64 kB\nPrivate_Dirty:         0 kB\nAnonymous: " + anonymous + " kB\nVmFlags: rd ex mr\n"
	}
	text := mapping("00400000-00500000 r-xp 00000000 fe:00 7                     /opt/stampede", "0") +
		mapping("00500000-00580000 r--p 00100000 fe:00 7                     /opt/stampede", "0") +
		mapping("00580000-00590000 r--p 00180000 fe:00 7                     /opt/stampede", "12") + // relocated, then made read-only
		mapping("00590000-005a0000 rw-p 00190000 fe:00 7                     /opt/stampede", "0") +
		mapping("7f0000000000-7f0000010000 r-xp 00000000 fe:00 8             /usr/lib/libc.so.6", "0") +
		mapping("c000000000-c000400000 rw-p 00000000 00:00 0", "0") +
		mapping("zz-yy r-xp 00000000 fe:00 7                                 /opt/stampede", "0")
	want := []span{{0x400000, 0x500000}, {0x500000, 0x580000}}
	if got := cleanSpans(text, file); !slices.Equal(got, want) {
		t.Errorf("clean: %x, want %x", got, want)
	}
}

// TestDropCodeLetsGoOfPages looks at the resident part of the program's own
// code before and after.
func TestDropCodeLetsGoOfPages(t *testing.T) {
	before := residentCode(t)
	dropCode()
	if after := residentCode(t); after >= before {
		t.Errorf("%d KB of code are resident, %d before", after, before)
	}
}

// residentCode is how much of the program's file is in memory, in KB.
func residentCode(t *testing.T) (kb int) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	own := false
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if !strings.HasSuffix(f[0], ":") {
			own = f[len(f)-1] == program
		} else if own && f[0] == "Rss:" {
			n, err := strconv.Atoi(f[1])
			if err != nil {
				t.Fatal(err)
			}
			kb += n
		}
	}
	return kb
}
