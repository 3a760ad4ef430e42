package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"stampede/results"
)

// The elements of JUnit's XML that CI systems agree on.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Skipped   int         `xml:"skipped,attr"`
	Time      string      `xml:"time,attr"`
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
	Out       string      `xml:"system-out"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitMessage `xml:"failure"`
	Error   *junitMessage `xml:"error"`
	Skipped *junitMessage `xml:"skipped"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
}

// JUnit writes a result as JUnit XML: a test case for each threshold, or for
// each check of a gate. What failed is a failure. What is inconclusive is an
// error, as a test is that could not be carried out: a skipped one would show
// green where nothing was proved. A check that only warns is skipped.
func JUnit(w io.Writer, r *results.Result) error {
	took := fmt.Sprintf("%.3f", max(r.EndedAt.Sub(r.StartedAt), 0).Seconds())
	s := junitSuite{Name: xmlText(title(r)), Time: took, Timestamp: r.StartedAt.UTC().Format(time.RFC3339), Out: xmlText(answer(r))}
	for _, i := range checklist(r) {
		s.add(junitCase{Class: s.Name + "." + i.kind, Name: xmlText(i.name), Time: "0"}, i)
	}
	all := junitSuites{Name: "stampede", Tests: s.Tests, Failures: s.Failures, Errors: s.Errors, Skipped: s.Skipped, Time: took, Suites: []junitSuite{s}}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", " ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(c junitCase, i item) {
	s.Tests++
	switch m := (&junitMessage{Message: xmlText(i.detail), Type: i.verdict.String()}); {
	case i.skipped:
		s.Skipped++
		c.Skipped = &junitMessage{Message: m.Message}
	case i.verdict == results.Fail:
		s.Failures++
		c.Failure = m
	case i.verdict != results.Pass:
		s.Errors++
		c.Error = m
	}
	s.Cases = append(s.Cases, c)
}

// xmlText leaves out what no XML 1.0 document may hold (its §2.2), however
// it is written. escape has made most of it visible before.
func xmlText(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r < 0xfffe || r > 0xffff {
			return r
		}
		return utf8.RuneError
	}, text)
}
