package results

import "testing"

func TestFormatCount(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1,000", 36887: "36,887", 1234567: "1,234,567", -1: "-1", -999: "-999", -1000: "-1,000",
	} {
		if got := FormatCount(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
