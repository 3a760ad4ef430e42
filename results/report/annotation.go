package report

import (
	"fmt"
	"io"
	"strings"

	"stampede/results"
)

// Annotations writes what a result was held to and did not keep as GitHub
// Actions' workflow commands: an error for what failed, a warning for what is
// inconclusive, a notice of what has no say. What passed is not mentioned.
func Annotations(w io.Writer, r *results.Result) error {
	for _, i := range checklist(r) {
		level := "warning"
		switch {
		case i.verdict == results.Pass:
			continue
		case i.skipped:
			level = "notice"
		case i.verdict == results.Fail:
			level = "error"
		}
		if _, err := fmt.Fprintf(w, "::%s title=%s::%s\n", level, propertied.Replace(title(r)), annotated.Replace(i.name+": "+i.detail)); err != nil {
			return err
		}
	}
	return nil
}

// What the runner decodes in a command's message, and in a property of it.
var (
	annotated  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertied = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
