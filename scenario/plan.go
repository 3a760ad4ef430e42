package scenario

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Plan is what a scenario will do, for people to look at before it runs.
type Plan struct {
	Rows     []PlanRow     // one a shape, in the order of the file
	Arrivals int64         // of all rows
	End      time.Duration // of the last row
	Hold     time.Duration // what established connections stay after that
	Peak     int64         // most arrivals in any second

	schedule *Schedule
}

// PlanRow is one shape of a plan.
type PlanRow struct {
	Kind       ShapeKind
	Start, End time.Duration
	Load       string // its rate or count, as people write it
	Arrivals   int64
	Overlay    bool // it lies over the others
}

// Plan works out what the scenario will do. The scenario must have passed
// Parse or Validate.
func (s *Scenario) Plan() Plan {
	sc := s.Schedule()
	p := Plan{Arrivals: sc.Len(), End: sc.End(), Hold: s.Hold.For, Peak: sc.Peak(time.Second), schedule: sc}
	counts := make(map[int32]int64, len(sc.tracks))
	for _, t := range sc.tracks {
		counts[t.shape] = t.count
	}
	for i, start := range s.starts() {
		shape := &s.Load[i]
		p.Rows = append(p.Rows, PlanRow{Kind: shape.Kind, Start: start, End: start + shape.length(),
			Load: shape.describe(), Arrivals: counts[int32(i)], Overlay: shape.At != nil})
	}
	return p
}

// LoadText is the plan in one line, "burst 400 at once; steady 300/s from 0s to
// 10s": what tells loads apart that no file says.
func (s *Scenario) LoadText() string {
	var parts []string
	for _, r := range s.Plan().Rows {
		text := fmt.Sprintf("%s %s", r.Kind, r.Load)
		if r.End > r.Start {
			text += fmt.Sprintf(" from %s to %s", short(r.Start), short(r.End))
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// describe says in a few words what the shape sends.
func (s *Shape) describe() string {
	text := ""
	switch s.Kind {
	case KindBurst:
		text = s.describeBurst()
	case KindSteady:
		text = s.Rate.String()
	case KindRamp:
		text = fmt.Sprintf("%s → %s", s.From, s.To)
	case KindSteps:
		text = fmt.Sprintf("%s → %s by %s, %s each", s.From, s.To, s.Step, short(s.Each))
	case KindWave:
		text = fmt.Sprintf("%s ~ %s every %s", s.Low, s.High, short(s.Period))
	case KindReplay:
		text = s.File
	}
	if s.Arrivals == Poisson {
		text += ", poisson"
	}
	return text
}

func (s *Shape) describeBurst() string {
	text := strconv.FormatInt(s.Count, 10)
	switch {
	case s.Within > 0:
		text += " within " + short(s.Within)
	case s.Jitter > 0:
		text += " at random within " + short(s.Jitter)
	default:
		text += " at once"
	}
	if s.repeats() > 1 {
		text = fmt.Sprintf("%d × %s, every %s", s.repeats(), text, short(s.Every))
	}
	if s.Release == Upgrade {
		text += ", release upgrade"
	}
	return text
}

// short spells a duration without its zero minutes and seconds.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

const (
	minWidth  = 40
	maxWidth  = 120
	barHeight = 6 // lines of the picture
)

// Write prints the plan: a row a shape, the totals, and a picture of the
// arrivals over time. width is that of the terminal, in columns; below 40 it
// counts as 40, above 120 as 120. With color the picture is coloured by ANSI
// escapes.
func (p Plan) Write(w io.Writer, width int, color bool) error {
	width = min(max(width, minWidth), maxWidth)
	var b strings.Builder
	p.table(&b, width)
	hold := ""
	if p.Hold > 0 {
		hold = fmt.Sprintf(", then connections are held for %s", short(p.Hold))
	}
	fmt.Fprintf(&b, "%d handshakes in %s%s; at most %d in any second\n", p.Arrivals, short(p.End), hold, p.Peak)
	p.picture(&b, width, color)
	_, err := io.WriteString(w, b.String())
	return err
}

func (p Plan) table(b *strings.Builder, width int) {
	const fixed = 8 + 10 + 10 + 11 // the columns beside load
	load := utf8.RuneCountInString("load")
	for _, r := range p.Rows {
		load = max(load, utf8.RuneCountInString(r.Load))
	}
	load = min(load, width-fixed)
	line := func(kind, start, end, what, arrivals string) {
		fmt.Fprintf(b, "%-8s%9s %9s  %s%10s\n", kind, start, end, fit(what, load), arrivals)
	}
	line("shape", "start", "end", "load", "arrivals")
	for _, r := range p.Rows {
		kind := r.Kind.String()
		if r.Overlay {
			kind = "+" + kind
		}
		line(kind, short(r.Start), short(r.End), r.Load, strconv.FormatInt(r.Arrivals, 10))
	}
}

// fit pads or cuts text to n characters.
func fit(text string, n int) string {
	runes := []rune(text)
	if len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return text + strings.Repeat(" ", n-len(runes))
}

// picture draws the arrivals of equal slices of time as bars. A slice with
// any arrival at all shows at least the lowest bar.
func (p Plan) picture(b *strings.Builder, width int, color bool) {
	counts := p.schedule.slices(p.End, width-10)
	most := int64(1)
	for _, n := range counts {
		most = max(most, n)
	}
	on, off := "", ""
	if color {
		on, off = "\x1b[36m", "\x1b[0m"
	}
	for row := barHeight - 1; row >= 0; row-- {
		label := ""
		if row == barHeight-1 {
			label = strconv.FormatInt(most, 10)
		}
		bars := make([]rune, len(counts))
		for i, n := range counts {
			bars[i] = bar(n, most, row)
		}
		fmt.Fprintf(b, "%8s │%s\n", label, on+strings.TrimRight(string(bars), " ")+off)
	}
	fmt.Fprintf(b, "%8s └%s\n", "0", strings.Repeat("─", len(counts)))
	end := short(p.End)
	fmt.Fprintf(b, "%8s  0s%*s\n", "", max(len(counts)-2, 0), end)
	if p.End > 0 {
		fmt.Fprintf(b, "%8s  arrivals in each %s\n", "", (p.End / time.Duration(len(counts))).Round(time.Millisecond))
	}
}

// bar is the character at a row, counted from below, of a bar of n out of
// most.
func bar(n, most int64, row int) rune {
	eighths := int(float64(n)/float64(most)*barHeight*8 + 0.5)
	if n > 0 {
		eighths = max(eighths, 1)
	}
	return []rune(" ▁▂▃▄▅▆▇█")[min(max(eighths-8*row, 0), 8)]
}

// slices counts the arrivals of n equal slices of 0 … end; those at end
// itself belong to the last.
func (sc *Schedule) slices(end time.Duration, n int) []int64 {
	counts := make([]int64, n)
	done := int64(0)
	for i := range counts {
		until := sc.Len()
		if i < n-1 {
			until = sc.before(time.Duration(float64(end) * float64(i+1) / float64(n)))
		}
		if end == 0 {
			until = sc.Len()
		}
		counts[i] = until - done
		done = until
	}
	return counts
}
