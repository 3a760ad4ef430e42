package report

import (
	"fmt"
	"io"
	"strconv"

	"stampede/results"
)

// CalibrationText writes how finely a host and a target let measures be
// compared: a row a measure, then what to expect of a gate.
func CalibrationText(w io.Writer, list []results.Calibration) error {
	t := &text{}
	table := table{left: map[int]bool{6: true}}
	table.add("measure", "pairs", "spread", "smallest change found", "margin", "pairs it takes", "")
	for _, c := range list {
		needed := none
		if c.PairsNeeded > 0 {
			needed = strconv.Itoa(c.PairsNeeded)
		}
		table.add(c.Metric, strconv.Itoa(c.Pairs), spreadText(c.SD, c.Unit), spreadText(c.SmallestDetectable, c.Unit), spreadText(&c.Margin, c.Unit), needed, escape(c.Note))
	}
	t.lines(table.lines())
	t.line("spread: standard deviation of the differences within a pair; a change is found 4 times of 5")
	for _, c := range list {
		if warning := c.Warning(); warning != "" {
			t.line("warning: %s", warning)
		}
	}
	_, err := io.WriteString(w, t.out.String())
	return err
}

func spreadText(v *float64, u results.Unit) string {
	if v == nil {
		return none
	}
	return fmt.Sprintf("%s%s", significantDigits(100**v), unitText(u))
}
