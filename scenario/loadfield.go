package scenario

import (
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"stampede/results"
)

// load reads the list of shapes. An entry is a mapping with one key, the
// kind of the shape.
func (d *decoder) load(path string, n ast.Node, into *[]Shape) {
	items := d.items(path, n)
	if len(items) > maxShapes {
		d.fail(path, n, "", "%d shapes are more than %d", len(items), maxShapes)
		return
	}
	*into = make([]Shape, len(items))
	for i, e := range items {
		d.entry(e, &(*into)[i])
	}
}

func (d *decoder) entry(e entry, s *Shape) {
	kinds := d.entries(e.path, e.value)
	if len(kinds) == 0 {
		if !d.bad[e.path] {
			d.fail(e.path, e.value, "write a shape, such as - burst: {count: 1000}", "the entry is empty")
		}
		return
	}
	first := kinds[0]
	i := slices.Index(kindWords, first.key)
	switch {
	case i < int(KindBurst):
		d.unknownShape(e, first)
	case len(kinds) > 1:
		d.bad[e.path] = true
		d.errorAt(position(kinds[1].keyAt), "put a dash before it, or indent it under "+first.key, "%s: an entry is one shape, and has %s besides %s", e.path, kinds[1].key, first.key)
	default:
		s.Kind = ShapeKind(i)
		d.shape(first, s)
	}
}

func (d *decoder) unknownShape(e, shape entry) {
	hint := "shapes are " + strings.Join(kindWords[KindBurst:], ", ")
	if near := results.Nearest(shape.key, kindWords[KindBurst:]); near != "" {
		hint = "did you mean " + near + "?"
	}
	d.bad[e.path] = true
	d.errorAt(position(shape.keyAt), hint, "%s: unknown shape %s", e.path, shape.key)
}

func (d *decoder) shape(e entry, s *Shape) {
	if s.Kind == KindPause {
		d.duration(&s.For)(e.path, e.value)
		return
	}
	d.mapping(e.path, e.value, append(d.shapeFields(s), field{name: "at", set: d.at0(s)}))
}

// at0 is the setter of at, which is a pointer since 0s is an offset, too.
func (d *decoder) at0(s *Shape) setter {
	return func(path string, n ast.Node) {
		var at time.Duration
		d.duration(&at)(path, n)
		s.At = &at
	}
}

const (
	wantsLevel  = "write every level out, such as 50/s, or 0/s"
	wantsLength = "say how long, such as 30s"
)

func (d *decoder) shapeFields(s *Shape) []field {
	arrivals := field{name: "arrivals", set: oneOf(d, &s.Arrivals, spacingWords)}
	switch s.Kind {
	case KindBurst:
		return []field{
			{name: "count", set: d.count(&s.Count), required: "say how many, such as count: 1000"},
			{name: "within", set: d.duration(&s.Within)},
			{name: "jitter", set: d.duration(&s.Jitter)},
			{name: "repeat", set: d.count(&s.Repeat)},
			{name: "every", set: d.nonZero(&s.Every)},
			{name: "release", set: oneOf(d, &s.Release, releaseWords)},
			arrivals,
		}
	case KindSteady:
		return []field{
			{name: "rate", set: d.rate(&s.Rate), required: wantsLevel},
			{name: "for", set: d.duration(&s.For), required: wantsLength},
			arrivals,
		}
	case KindRamp:
		return []field{
			{name: "from", set: d.rate(&s.From), required: wantsLevel},
			{name: "to", set: d.rate(&s.To), required: wantsLevel},
			{name: "over", set: d.duration(&s.Over), required: wantsLength},
			arrivals,
		}
	case KindSteps:
		return []field{
			{name: "from", set: d.rate(&s.From), required: wantsLevel},
			{name: "to", set: d.rate(&s.To), required: wantsLevel},
			{name: "step", set: d.rate(&s.Step), required: "say how far from level to level, such as 50/s"},
			{name: "each", set: d.duration(&s.Each), required: wantsLength},
			arrivals,
		}
	case KindWave:
		return []field{
			{name: "low", set: d.rate(&s.Low), required: wantsLevel},
			{name: "high", set: d.rate(&s.High), required: wantsLevel},
			{name: "period", set: d.duration(&s.Period), required: wantsLength},
			{name: "for", set: d.duration(&s.For), required: wantsLength},
			arrivals,
		}
	}
	return []field{{name: "file", set: func(p string, n ast.Node) { d.replay(p, n, s) }, required: "name a file of offsets"}}
}
