package monitor

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"

	"stampede/results"
	"stampede/scenario"
)

// haproxyFigures are the columns of HAProxy's statistics (its management
// guide, section 9.1) that are read of frontends and backends; limit is the
// column of the most a figure can be.
var haproxyFigures = []struct {
	column, limit string
	reading       reading
}{
	{"scur", "slim", reading{name: "sessions", unit: "sessions", kind: results.Gauge}},
	{"qcur", "", reading{name: "queue", unit: "requests", kind: results.Gauge}},
	{"stot", "", reading{name: "sessions in all", unit: "sessions", kind: results.Counter}},
	{"econ", "", reading{name: "failed connects", unit: "errors", kind: results.Counter}},
	{"eresp", "", reading{name: "failed replies", unit: "errors", kind: results.Counter}},
	{"hrsp_5xx", "", reading{name: "replies 5xx", unit: "replies", kind: results.Counter}},
}

// haproxyMetrics are the same of its /metrics.
var haproxyMetrics = []scenario.SeriesSelector{
	{Name: "haproxy_frontend_current_sessions"}, {Name: "haproxy_backend_current_sessions"},
	{Name: "haproxy_frontend_sessions_total"}, {Name: "haproxy_backend_sessions_total"},
	{Name: "haproxy_backend_current_queue"}, {Name: "haproxy_backend_connection_errors_total"},
	{Name: "haproxy_backend_response_errors_total"},
	{Name: "haproxy_frontend_http_responses_total", Labels: map[string]string{"code": "5xx"}},
}

// parseHAProxy reads either page by how it begins.
func parseHAProxy(body []byte) ([]reading, error) {
	if !bytes.HasPrefix(body, []byte("# pxname,")) {
		return parseExposition(body, haproxyMetrics)
	}
	rows := csv.NewReader(bytes.NewReader(body[len("# "):]))
	rows.FieldsPerRecord = -1
	head, err := rows.Read()
	columns := map[string]int{}
	for i, name := range head {
		columns[name] = i
	}
	var list []reading
	for len(list) < results.MaxSeries {
		var row []string
		if row, err = rows.Read(); err != nil {
			break
		}
		cell := func(column string) (float64, bool) {
			i, ok := columns[column]
			if !ok || i >= len(row) {
				return 0, false
			}
			v, err := strconv.ParseFloat(row[i], 64)
			return v, err == nil
		}
		if len(row) > 1 && (row[1] == "FRONTEND" || row[1] == "BACKEND") {
			list = append(list, haproxyReadings(row[0]+"/"+row[1], cell)...)
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return list, errors.New("answered broken CSV")
	}
	return list, nil
}

func haproxyReadings(of string, cell func(column string) (float64, bool)) (list []reading) {
	for _, f := range haproxyFigures {
		v, ok := cell(f.column)
		if !ok {
			continue // a frontend has no queue
		}
		r := f.reading
		r.name, r.value = of+" "+r.name, v
		r.limit, _ = cell(f.limit)
		list = append(list, r)
	}
	return list
}
