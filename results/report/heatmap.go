package report

import (
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"time"

	"stampede/results"
	"stampede/results/report/plot"
)

// heatLevels is how many shades a heat map has.
const heatLevels = 6

// heatFigure draws how many handshakes took how long when: modes, as of
// connects whose SYN was sent again after 1 s, show as bands.
func heatFigure(v view) *plot.Figure {
	c := v.course
	y := latencyOf(c.columns)
	tall, cells := heatCells(c, v.most(maxHeatCells))
	shades := shadesOf(cells)
	f := &plot.Figure{
		ID: "heat", Title: "Where handshakes fall", Height: 280, X: c.axis(), Y: y.axis("handshake"),
		Caption: "Population: all " + several(v.Arrivals, "arrival") + ", by the " + c.each() + " they were due in and how long they took, in cells " + tallText(tall) + "; a cell's shade is its count.",
		Legend:  shades.legend(), Table: heatTable(c),
	}
	paths := make([]plot.Path, heatLevels)
	var lost plot.Path
	for i := range c.columns {
		from, to := c.across(i)
		for _, run := range shades.runs(cells[i]) {
			paths[shades.of(run.Count)].Box(from, to, y.at(run.From), y.at(run.To))
		}
		if c.columns[i].unestablished() > 0 {
			lost.Box(from, to, 0.93, 0.99)
		}
	}
	for level := range paths {
		if !paths[level].Empty() {
			f.Marks = append(f.Marks, plot.Mark{Class: heatClass(level), Path: paths[level].String()})
		}
	}
	if !lost.Empty() {
		f.Marks = append(f.Marks, plot.Mark{Class: "never", Path: lost.String(), Title: "not established"})
		f.Legend = append(f.Legend, plot.Key{Class: "never", Text: "some were not established"})
	}
	f.Summary = heatSummary(f.Table)
	return f
}

// maxHeatCells bounds the cells that are drawn, at some 25 bytes each.
const maxHeatCells = 6000

// heatCells are the cells of each column, and how many parts of a doubling one
// is tall: as few as it takes to keep to most of them.
func heatCells(c course, most int) (tall int, cells [][]results.Bucket) {
	for tall = 1; ; tall *= 2 {
		n := 0
		cells = cells[:0]
		for i := range c.columns {
			column := taller(c.columns[i].handshakes, tall)
			cells, n = append(cells, column), n+len(column)
		}
		if n <= most || tall >= 64*eighths {
			return tall, cells
		}
	}
}

// eighths are the parts that a step of the timeline counts of a doubling.
const eighths = 8

func tallText(tall int) string {
	switch {
	case tall == 1:
		return "at most 12.5 % wide"
	case tall < eighths:
		return fmt.Sprintf("of %d to a doubling", eighths/tall)
	case tall == eighths:
		return "of a doubling"
	}
	return fmt.Sprintf("of %d doublings", tall/eighths)
}

// taller puts buckets into cells that are so many eighths of a doubling tall.
func taller(list []results.Bucket, tall int) (cells []results.Bucket) {
	if tall == 1 {
		return list
	}
	for _, b := range list {
		b.From = cellStart(b.From, tall)
		if n := len(cells); n > 0 && cells[n-1].From == b.From {
			cells[n-1].To, cells[n-1].Count = b.To, cells[n-1].Count+b.Count
			continue
		}
		cells = append(cells, b)
	}
	return cells
}

func heatClass(level int) string { return "heat heat-" + strconv.Itoa(level+1) }

// shades are the most that a cell of each level counts.
type shades [heatLevels]int64

// shadesOf divides the range of counts into equal factors.
func shadesOf(cells [][]results.Bucket) (s shades) {
	var most int64 = 1
	for _, column := range cells {
		for _, b := range column {
			most = max(most, b.Count)
		}
	}
	for level := range s {
		s[level] = int64(math.Ceil(math.Pow(float64(most), float64(level+1)/heatLevels) - 1e-6))
	}
	return s
}

func (s shades) of(n int64) int {
	level, _ := slices.BinarySearch(s[:], n)
	return min(level, heatLevels-1)
}

// runs puts buckets together that lie side by side and have one shade, the
// first's count standing for all.
func (s shades) runs(list []results.Bucket) (runs []results.Bucket) {
	for _, b := range list {
		if n := len(runs); n > 0 && runs[n-1].To == b.From && s.of(runs[n-1].Count) == s.of(b.Count) {
			runs[n-1].To = b.To
			continue
		}
		runs = append(runs, b)
	}
	return runs
}

func (s shades) legend() (keys []plot.Key) {
	var below int64
	for _, most := range s {
		if most <= below {
			continue
		}
		text := results.FormatCount(below+1) + " – " + results.FormatCount(most)
		if below+1 == most {
			text = results.FormatCount(most)
		}
		keys = append(keys, plot.Key{Class: heatClass(s.of(most)), Text: text})
		below = most
	}
	return keys
}

// heatColumns is how many parts of the run the heat map's table has.
const heatColumns = 8

// heatTable puts columns and cells together until a person can read them.
func heatTable(c course) *plot.Table {
	t := &plot.Table{Caption: "Data: where handshakes fall", Head: []string{"handshake"}}
	n := min(len(c.columns), heatColumns)
	counts := map[time.Duration][]int64{} // by half a doubling's start
	for part := range n {
		first, end := part*len(c.columns)/n, (part+1)*len(c.columns)/n
		t.Head = append(t.Head, "from "+c.when(first))
		for i := first; i < end; i++ {
			for _, b := range c.columns[i].handshakes {
				row := cellStart(b.From, eighths/2)
				if counts[row] == nil {
					counts[row] = make([]int64, n)
				}
				counts[row][part] += b.Count
			}
		}
	}
	for _, row := range slices.Sorted(maps.Keys(counts)) {
		cells := []string{"from " + duration(row)}
		for _, k := range counts[row] {
			cells = append(cells, results.FormatCount(k))
		}
		t.Add(cells...)
	}
	return t
}

// cellStart is the start of the cell that d lies in, where cells are so many
// eighths of a doubling tall, a power of two. The first doubling begins at 1 ns.
func cellStart(d time.Duration, tall int) time.Duration {
	doublings := max(bits.Len64(uint64(max(d, 1)))-1, 0)
	if tall >= eighths {
		return 1 << (doublings - doublings%(tall/eighths))
	}
	start := time.Duration(1) << doublings
	height := max(start/eighths*time.Duration(tall), 1)
	return start + (d-start)/height*height
}

func heatSummary(t *plot.Table) string {
	if len(t.Rows) == 0 {
		return "Nothing was established."
	}
	return "Handshakes reach " + t.Rows[0].Cells[0] + " up to the row " + t.Rows[len(t.Rows)-1].Cells[0] + "."
}
