package plot

import (
	"math"
	"strconv"
)

// Path is the outline of marks, x from left to right and y from bottom to
// top, both from 0 to 1. It is empty and ready at its zero value.
type Path struct {
	text   []byte
	moving bool // the next point begins a line
	drawn  bool
}

// Box adds a rectangle, in the shortest way to write one: a page has thousands.
func (p *Path) Box(x0, x1, y0, y1 float64) {
	x0, x1, y0, y1 = round(x0), round(x1), round(y0), round(y1)
	p.command('M', x0, 1-y0)
	p.command('h', x1-x0)
	p.command('v', y0-y1)
	p.command('h', x0-x1)
	p.text = append(p.text, 'z')
	p.drawn = false
}

// round is to a tenth of a thousandth.
func round(v float64) float64 { return math.Round(v*10000) / 10000 }

// Point continues a line to x, y, or begins one.
func (p *Path) Point(x, y float64) {
	if !p.drawn || p.moving {
		p.command('M', x, 1-y)
	} else {
		p.command('L', x, 1-y)
	}
	p.drawn, p.moving = true, false
}

// Lift ends a line: the next point begins another.
func (p *Path) Lift() { p.moving = true }

// Step adds a level from x0 to x1, and what leads there from the one before.
func (p *Path) Step(x0, x1, y float64) {
	p.Point(x0, y)
	p.Point(x1, y)
}

// Empty reports whether nothing was drawn.
func (p *Path) Empty() bool { return len(p.text) == 0 }

// String returns the path as SVG's d attribute has it, in thousandths.
func (p *Path) String() string { return string(p.text) }

func (p *Path) command(letter byte, places ...float64) {
	p.text = append(p.text, letter)
	for i, v := range places {
		if i > 0 && v >= 0 { // a sign separates too
			p.text = append(p.text, ' ')
		}
		p.text = strconv.AppendFloat(p.text, math.Round(v*10000)/10, 'f', -1, 64)
	}
}
