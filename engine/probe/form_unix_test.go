//go:build unix

package probe

import (
	"os/exec"
	"testing"
)

// TestShellQuoting has a shell read what was quoted.
func TestShellQuoting(t *testing.T) {
	for _, text := range []string{"", "plain", "it's", "$HOME", "a b", "`x`", `\`, "ümlaut", "-n", "a\tb", "!1", "*", `"`, "~", "#x"} {
		out, err := exec.Command("sh", "-c", "printf %s "+shellQuoted(text)).Output()
		if err != nil || string(out) != text {
			t.Errorf("%q became %q: %v", text, out, err)
		}
	}
}
