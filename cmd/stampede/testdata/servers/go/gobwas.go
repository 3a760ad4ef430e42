package main

import (
	"errors"
	"net/http"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

func serveGobwas(c *counts) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			return // it has answered
		}
		defer conn.Close()
		c.opened()
		for err == nil {
			_, _, err = wsutil.ReadClientData(conn)
		}
		var closed wsutil.ClosedError
		code := 0
		if errors.As(err, &closed) {
			code = int(closed.Code)
		}
		c.closed(code)
	}
}
