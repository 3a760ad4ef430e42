package plot

// Shape is the form of a point, so that it is told apart without colour. The
// zero value is a square, as legends have it.
type Shape uint8

// The shapes.
const (
	Square Shape = iota
	Disc
	Cross
	Diamond // hollow
	Up      // a triangle on its side
	Down    // a triangle on its point
	numShapes
)

// outlines are paths around 0,0 in CSS pixels.
var outlines = [numShapes]string{
	Square:  "M-4.5-4.5h9v9h-9z",
	Disc:    "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z",
	Cross:   "M-4.5-4.5L4.5 4.5M-4.5 4.5L4.5-4.5",
	Diamond: "M0-5.5L5.5 0L0 5.5L-5.5 0z",
	Up:      "M0-5.5L5.5 4.5h-11z",
	Down:    "M0 5.5L5.5-4.5h-11z",
}

var shapeNames = [numShapes]string{"square", "disc", "cross", "diamond", "up", "down"}

// String returns the name of the shape, which is its class too.
func (s Shape) String() string { return shapeNames[min(s, numShapes-1)] }

// Outline returns the shape as SVG's d attribute has it.
func (s Shape) Outline() string { return outlines[min(s, numShapes-1)] }

// Point is a shape at a place of a drawing. It keeps its size while the
// drawing stretches.
type Point struct {
	X, Y  float64
	Shape Shape
	Class string
	Title string // said when pointed at; "" for nothing
}
