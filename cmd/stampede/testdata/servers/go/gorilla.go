package main

import (
	"errors"
	"net/http"

	"github.com/gorilla/websocket"
)

func serveGorilla(c *counts) http.HandlerFunc {
	var upgrader websocket.Upgrader
	return func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // it has answered
		}
		defer conn.Close()
		c.opened()
		for err == nil {
			_, _, err = conn.NextReader()
		}
		var closed *websocket.CloseError
		code := 0
		if errors.As(err, &closed) {
			code = closed.Code
		}
		c.closed(code)
	}
}
