package main

import (
	"net/http"

	"github.com/coder/websocket"
)

func serveCoder(c *counts) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return // it has answered
		}
		defer conn.CloseNow()
		c.opened()
		for err == nil {
			_, _, err = conn.Read(r.Context())
		}
		c.closed(int(websocket.CloseStatus(err)))
	}
}
