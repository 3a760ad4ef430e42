package plot

import "testing"

func TestShapesDiffer(t *testing.T) {
	names, outlines := map[string]bool{}, map[string]bool{}
	for s := range numShapes {
		names[s.String()], outlines[s.Outline()] = true, true
	}
	if len(names) != int(numShapes) || len(outlines) != int(numShapes) || names[""] || outlines[""] {
		t.Errorf("%d names and %d outlines of %d shapes", len(names), len(outlines), numShapes)
	}
}
