package main

import (
	"errors"
	"net/http"

	"github.com/lxzan/gws"
)

// gwsEvents is told what happens to a connection.
type gwsEvents struct {
	gws.BuiltinEventHandler
	counts *counts
}

func (e *gwsEvents) OnOpen(*gws.Conn) { e.counts.opened() }

func (e *gwsEvents) OnClose(_ *gws.Conn, err error) {
	var closed *gws.CloseError
	code := 0
	if errors.As(err, &closed) {
		code = int(closed.Code)
	}
	e.counts.closed(code)
}

func serveGWS(c *counts) http.HandlerFunc {
	upgrader := gws.NewUpgrader(&gwsEvents{counts: c}, nil)
	return func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r)
		if err != nil {
			return // it has answered
		}
		conn.ReadLoop()
	}
}
