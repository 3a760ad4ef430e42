package monitor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
)

// Bounds on what a server may answer.
const (
	maxPage   = 4 << 20 // bytes
	maxFields = 64 << 10
)

// page is a source that is scraped with a GET.
type page struct {
	url    string
	client *http.Client
	parse  func(body []byte) ([]reading, error)
}

// newPage returns a page that keeps one connection open. It uses no proxy of
// the environment and follows redirects within the same host alone, so that
// nothing is asked that the scenario does not name.
func newPage(address string, parse func([]byte) ([]reading, error)) *page {
	return &page{url: address, parse: parse, client: &http.Client{
		Transport:     &http.Transport{MaxConnsPerHost: 1, MaxResponseHeaderBytes: maxFields},
		CheckRedirect: stayThere,
	}}
}

var errElsewhere = errors.New("redirected to another host, which the scenario does not name")

func stayThere(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	if next.URL.Host != first.Host || next.URL.Scheme != first.Scheme {
		return errElsewhere
	}
	if len(via) > 3 {
		return errors.New("redirected more than 3 times")
	}
	return nil
}

// close closes the connection that is kept open.
func (p *page) close() { p.client.CloseIdleConnections() }

func (p *page) look(ctx context.Context) ([]reading, error) {
	body, err := p.fetch(ctx)
	if err != nil {
		return nil, err
	}
	return p.parse(body)
}

func (p *page) fetch(ctx context.Context) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url, nil)
	if err != nil {
		return nil, plain(err)
	}
	request.Header.Set("Accept", "text/plain;version=0.0.4, text/plain;q=0.9, */*;q=0.1")
	request.Header.Set("User-Agent", "stampede")
	reply, err := p.client.Do(request)
	if err != nil {
		return nil, plain(err)
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answered %d", reply.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(reply.Body, maxPage+1))
	switch {
	case err != nil:
		return nil, plain(err)
	case len(body) > maxPage:
		return nil, fmt.Errorf("answered more than %d MiB", maxPage>>20)
	}
	return body, nil
}

// plain leaves out of an error the URL, which may hold a secret, and says a
// timeout in the same words wherever it struck.
func plain(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("no answer within %v", patience)
	}
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
