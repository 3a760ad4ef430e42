package results

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Columns of attempts.csv, by their place in CSVHeader.
const (
	columnN = iota
	columnIntended
	columnDialed
	columnStarted
	columnConnected
	columnSecured
	columnRequested
	columnEnded
	_ // handshake_ns follows from others
	columnOutcome
	columnStatus
	columnPhase
	columnReason
	columnBurst
	_ // the address, of which an Attempt has the number in its run
	columnSYN
	columnData
	columnConnectLag
	columnReadLag
	columnReady
	columnTLSLag
)

// ReadCSV reads attempts as CSV.Append writes them, below CSVHeader, and calls
// each with one after the other until it returns an error; each keeps nothing
// of a. Columns of a later version are skipped, those that an earlier one had
// not are zero, and so is Address.
func ReadCSV(r io.Reader, each func(a *Attempt) error) error {
	rows := csv.NewReader(r)
	rows.ReuseRecord = true
	head, err := rows.Read()
	if err != nil {
		return fmt.Errorf("reading attempts: %w", err)
	}
	known := strings.Split(strings.TrimSpace(CSVHeader), ",")
	if n := min(len(head), len(known)); n <= columnOutcome || !slices.Equal(head[:n], known[:n]) {
		return errors.New("reading attempts: the first line is not that of attempts.csv")
	}
	for line := 2; ; line++ {
		cells, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading attempts: %w", err)
		}
		a, err := attemptOf(cells)
		if err != nil {
			return fmt.Errorf("reading attempts: row %d: %w", line, err)
		}
		if err := each(&a); err != nil {
			return err
		}
	}
}

func attemptOf(cells []string) (Attempt, error) {
	c := csvCells{cells: cells}
	a := Attempt{
		N: c.number(columnN, 0, math.MaxInt64), Intended: c.instant(columnIntended), Dialed: c.instant(columnDialed), Started: c.instant(columnStarted),
		Connected: c.instant(columnConnected), Secured: c.instant(columnSecured), Requested: c.instant(columnRequested), Ended: c.instant(columnEnded),
		Ready: c.instant(columnReady), ConnectLag: c.instant(columnConnectLag), TLSLag: c.instant(columnTLSLag), ReadLag: c.instant(columnReadLag),
		Burst: -1, SYNRetransmits: uint8(c.number(columnSYN, 0, math.MaxUint8)), DataRetransmits: uint8(c.number(columnData, 0, math.MaxUint8)),
		Outcome: Outcome{Status: uint16(c.number(columnStatus, 0, 999)), Reason: Reason(c.text(columnReason))},
	}
	if c.text(columnBurst) != "" {
		a.Burst = int32(c.number(columnBurst, 0, math.MaxInt32))
	}
	var known bool
	if a.Outcome.Kind, known = ParseKind(c.text(columnOutcome)); !known {
		return Attempt{}, fmt.Errorf("unknown outcome %q", cut(c.text(columnOutcome), 32))
	}
	if a.Outcome.Phase, known = ParsePhase(c.text(columnPhase)); !known {
		return Attempt{}, fmt.Errorf("unknown phase %q", cut(c.text(columnPhase), 32))
	}
	return a, c.err
}

// csvCells are the cells of a row, and the first thing wrong with them.
type csvCells struct {
	cells []string
	err   error
}

// text is the i-th cell; empty where there are fewer.
func (c *csvCells) text(i int) string {
	if i >= len(c.cells) {
		return ""
	}
	return c.cells[i]
}

// number reads a whole number from least to most; 0 from an empty cell.
func (c *csvCells) number(i int, least, most int64) int64 {
	text := c.text(i)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if (err != nil || n < least || n > most) && c.err == nil {
		c.err = fmt.Errorf("column %d: %q is no number that can stand there", i+1, cut(text, 32))
	}
	return n
}

func (c *csvCells) instant(i int) time.Duration {
	return time.Duration(c.number(i, math.MinInt64, math.MaxInt64))
}
