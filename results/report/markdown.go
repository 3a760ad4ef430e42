package report

import (
	"cmp"
	"io"
	"strings"

	"stampede/results"
)

// Markdown writes the summary of a result for a page of CI: the verdict first,
// then what it was held to, how the attempts ended and how long they took, as
// tables of GitHub's dialect. It fits a comment on a pull request whatever the
// result has: long lists and texts are cut and say so. Whatever a server or a
// file said is escaped.
func Markdown(w io.Writer, r *results.Result) error {
	m := &markdown{}
	for m.summarize(r); m.out.Len() > maxComment && m.halved < maxHalvings; m.summarize(r) {
		*m = markdown{halved: m.halved + 1}
	}
	_, err := io.WriteString(w, m.out.String())
	return err
}

// maxComment is how many characters a comment may have on GitHub, taken for
// bytes.
const maxComment = 65_536

// What a summary shows at most of one kind.
const (
	maxSummaryRows  = 60
	maxSummaryCells = 200 // runes of one
)

func (m *markdown) summarize(r *results.Result) {
	m.line("## %s", short(VerdictLine(r), maxPageReason))
	m.line("")
	m.line("%s", cmp.Or(joined(short(escape(r.Name), maxPageNote), short(escape(r.Target.URL), maxSummaryCells), populationText(r)), title(r)))
	m.checks(r)
	compared := r.Compared()
	for _, c := range compared[:min(len(compared), m.most(maxSummaryRows))] {
		if len(r.Comparisons) > 0 {
			m.line("")
			m.line("### A: %s · B: %s", short(escape(c.A), maxPageName), short(escape(c.B), maxPageName))
			m.line("")
		}
		m.effects(c)
	}
	m.loads(r.Ceiling)
	m.outcomes(r)
	m.quantiles(r)
	m.remarks(r)
}

// populationText is how many arrivals or trials the figures are of.
func populationText(r *results.Result) string {
	if r.Ceiling != nil {
		return several(int64(len(r.Ceiling.Trials)), "trial")
	}
	return several(r.Arrivals, "arrival")
}

func joined(parts ...string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, " · ")
}

// markdown is a document being written. line escapes its arguments, not its
// format.
type markdown struct {
	out    strings.Builder
	halved int // how often the bounds of what is shown are halved
}

// most is a bound on how many of something are shown.
func (m *markdown) most(n int) int { return max(n>>m.halved, 1) }

func (m *markdown) line(format string, args ...string) {
	parts := strings.Split(format, "%s")
	for i, p := range parts {
		m.out.WriteString(p)
		if i < len(args) {
			m.out.WriteString(markdownText(args[i]))
		}
	}
	m.out.WriteByte('\n')
}

// special are the characters that can begin anything in GitHub's Markdown but
// a paragraph's text.
const special = "\\`*_{}[]<>()#+-!|~&:@"

// markdownText makes text stand for itself. A mention or a link would else be
// one, and a bar would end a table's cell.
func markdownText(text string) string {
	var b strings.Builder
	for _, r := range escape(text) {
		if strings.ContainsRune(special, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// table writes rows under a head, as many as there is room for; nothing if
// there are none.
func (m *markdown) table(head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	m.line("")
	m.row(head)
	m.line(strings.Repeat("|---", len(head)) + "|")
	shown := rows[:min(len(rows), m.most(maxSummaryRows))]
	for _, r := range shown {
		m.row(r)
	}
	m.rest(len(rows)-len(shown), "row")
}

func (m *markdown) row(cells []string) {
	for i, text := range cells {
		cells[i] = short(text, maxSummaryCells)
	}
	m.line("|"+strings.Repeat(" %s |", len(cells)), cells...)
}

// rest says how many are not shown; nothing of none.
func (m *markdown) rest(n int, noun string) {
	if n > 0 {
		m.line("")
		m.line("And %s, which result.json has.", several(int64(n), "more "+noun))
	}
}

func (m *markdown) checks(r *results.Result) {
	var rows [][]string
	for _, i := range worstFirst(checklist(r), m.most(maxSummaryRows), func(i item) results.Verdict { return i.verdict }) {
		word := strings.ToUpper(i.verdict.String())
		if i.skipped {
			word = "ADVISORY"
		}
		rows = append(rows, []string{word, i.name, i.detail})
	}
	m.table([]string{"verdict", "check", "found"}, rows)
}

func (m *markdown) effects(c *results.Comparison) {
	var rows [][]string
	for i := range c.Effects {
		e := &c.Effects[i]
		if e.Method == "" {
			rows = append(rows, []string{e.Metric, none, none, none, none, e.Note})
			continue
		}
		rows = append(rows, []string{e.Metric, middle(e.A, e.Unit), middle(e.B, e.Unit), changeText(e), pText(e.AdjustedP), effectWord(e)})
	}
	m.table([]string{"measure", "A", "B", "change", "p", ""}, rows)
	m.list("note", c.Notes)
	m.list("differs", c.Differences)
	m.list("warning", c.Warnings)
}

// loads are what the trials of a search came to, a row a load.
func (m *markdown) loads(c *results.Ceiling) {
	if c == nil {
		return
	}
	var rows [][]string
	for _, p := range loadPoints(c.Valid()) {
		rows = append(rows, []string{results.FormatCount(p.votes.Load), votes(&p.votes), p.latency(), percent(p.failed)})
	}
	m.table([]string{"load", "good", "handshake p99", "failed"}, rows)
}

func (m *markdown) outcomes(r *results.Result) {
	var rows [][]string
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		rows = append(rows, []string{o.Outcome().Name(), results.FormatCount(o.Count), percent(ratio(o.Count, r.Arrivals))})
	}
	m.table([]string{"outcome", "count", "share"}, rows)
}

func (m *markdown) quantiles(r *results.Result) {
	var rows [][]string
	for _, metric := range results.Metrics() {
		f := r.Metrics.Of(metric)
		if f.Count == 0 {
			continue
		}
		row := []string{metric.String()}
		for _, q := range quantilesOf(f) {
			row = append(row, cell(r, f, q))
		}
		rows = append(rows, append(row, results.FormatCount(f.Count)))
	}
	m.table([]string{"", "p50", "p90", "p99", "p99.9", "max", "n"}, rows)
}

func (m *markdown) remarks(r *results.Result) {
	if r.Gate != nil {
		m.list("note", r.Gate.Notes)
		m.list("warning", r.Gate.Warnings)
	}
	shown := r.Findings[:min(len(r.Findings), m.most(maxPageFindings))]
	for _, f := range shown {
		m.list(percent(f.Share), []string{f.Text})
	}
	m.rest(len(r.Findings)-len(shown), "finding")
}

// list writes remarks as a list's items.
func (m *markdown) list(name string, remarks []string) {
	if len(remarks) > 0 {
		m.line("")
	}
	shown := remarks[:min(len(remarks), m.most(maxPageRemarks))]
	for _, r := range shown {
		m.line("- %s: %s", name, short(r, maxPageReason))
	}
	m.rest(len(remarks)-len(shown), name)
}
