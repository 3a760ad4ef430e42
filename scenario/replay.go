package scenario

import (
	"bufio"
	"bytes"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// ParseOffsets reads a replay file: an offset a line, as a duration (1m2.5s)
// or as seconds (62.5), in order. Blank lines and what follows a # are
// skipped. The error is *SyntaxError.
func ParseOffsets(data []byte, file string) ([]time.Duration, error) {
	var offsets []time.Duration
	lines := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	number := 0
	for lines.Scan() {
		number++
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		d, err := parseOffset(text)
		if err == nil && len(offsets) > 0 && d < offsets[len(offsets)-1] {
			err = badValue("sort the file", "%s comes before the offset above it", text)
		}
		if err != nil {
			return nil, &SyntaxError{File: file, Line: number, Column: 1, Msg: err.Error()}
		}
		offsets = append(offsets, d)
	}
	if err := lines.Err(); err != nil {
		return nil, &SyntaxError{File: file, Line: number + 1, Column: 1, Msg: "the line is too long for an offset"}
	}
	return offsets, nil
}

func parseOffset(text string) (time.Duration, error) {
	if plainNumber.MatchString(text) {
		text += "s"
	}
	return ParseDuration(text)
}

func (d *decoder) replay(path string, n ast.Node, s *Shape) {
	name, data, ok := d.file(path, n)
	s.File = name
	if !ok {
		return
	}
	offsets, err := ParseOffsets(data, name)
	if err != nil {
		d.fail(path, n, "", "%v", err)
		return
	}
	s.Offsets = offsets
}
