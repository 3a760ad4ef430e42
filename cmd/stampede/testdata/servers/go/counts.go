package main

import (
	"net/http"
	"sync"
	"time"
)

// lastConnections is how long they may take to end once we are to stop.
const lastConnections = 5 * time.Second

// closedWithout is the code of a connection that ended without a close frame
// (RFC 6455 §7.1.5).
const closedWithout = 1006

// counts is what the server saw. Its methods may be called by many goroutines.
type counts struct {
	mu   sync.Mutex
	seen seen
	open sync.WaitGroup // the connections
}

// seen is what is printed in the end.
type seen struct {
	Upgrades    int64         `json:"upgrades"`    // requests to upgrade
	Established int64         `json:"established"` // answered with 101
	Closed      map[int]int64 `json:"closed"`      // ended, by close code
	Open        int64         `json:"open"`        // not ended when we stopped waiting
}

func newCounts() *counts { return &counts{seen: seen{Closed: map[int]int64{}}} }

// upgrades counts requests to upgrade and passes them on; others are
// answered 426.
func (c *counts) upgrades(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			http.Error(w, "upgrade required", http.StatusUpgradeRequired)
			return
		}
		c.mu.Lock()
		c.seen.Upgrades++
		c.mu.Unlock()
		next(w, r)
	}
}

// opened counts a 101.
func (c *counts) opened() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen.Established++
	c.open.Add(1)
}

// closed counts the end of a connection; code 0 stands for no close frame.
func (c *counts) closed(code int) {
	if code <= 0 {
		code = closedWithout
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen.Closed[code]++
	c.open.Done()
}

// final waits for the connections to end, and returns what was counted.
func (c *counts) final() seen {
	ended := make(chan struct{})
	go func() { c.open.Wait(); close(ended) }() // ends with the process at the latest
	select {
	case <-ended:
	case <-time.After(lastConnections):
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.seen
	s.Open = s.Established
	for _, n := range s.Closed {
		s.Open -= n
	}
	return s
}
