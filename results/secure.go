package results

import (
	"cmp"
	"crypto/tls"
	"slices"
)

// Session is what a TLS handshake agreed on. The zero value is no TLS.
type Session struct {
	Version uint16      // as tls.VersionTLS13
	Cipher  uint16      // cipher suite
	Curve   tls.CurveID // key exchange; zero where RSA did it, or in a resumed TLS 1.2 session
	Resumed bool        // an earlier session was resumed: no certificate, no full key exchange
}

// TLSFacts are the TLS handshakes of a run that completed.
type TLSFacts struct {
	Full       int64        `json:"full"`
	Resumed    int64        `json:"resumed"`
	Unverified bool         `json:"unverified"` // nobody looked at the certificates, as the scenario asked
	Sessions   []SessionRow `json:"sessions"`   // most frequent first
}

// SessionRow counts the handshakes that agreed on the same.
type SessionRow struct {
	Version     string `json:"version"`
	Cipher      string `json:"cipher"`
	KeyExchange string `json:"key_exchange,omitempty"`
	Resumed     bool   `json:"resumed,omitempty"`
	Count       int64  `json:"count"`
}

// sessions counts what TLS handshakes agreed on; there are few kinds.
type sessions []struct {
	Session
	count int64
}

func (s *sessions) add(x Session, n int64) {
	if x == (Session{}) {
		return
	}
	for i := range *s {
		if (*s)[i].Session == x {
			(*s)[i].count += n
			return
		}
	}
	*s = append(*s, struct {
		Session
		count int64
	}{x, n})
}

func (s *sessions) merge(o sessions) {
	for _, x := range o {
		s.add(x.Session, x.count)
	}
}

// facts returns nil if there was no TLS.
func (s sessions) facts(unverified bool) *TLSFacts {
	if len(s) == 0 {
		return nil
	}
	f := &TLSFacts{Unverified: unverified}
	for _, x := range s {
		row := SessionRow{Version: tls.VersionName(x.Version), Cipher: tls.CipherSuiteName(x.Cipher), Resumed: x.Resumed, Count: x.count}
		if x.Curve != 0 {
			row.KeyExchange = x.Curve.String()
		}
		f.Sessions = append(f.Sessions, row)
		if x.Resumed {
			f.Resumed += x.count
		} else {
			f.Full += x.count
		}
	}
	f.sort()
	return f
}

func (f *TLSFacts) sort() {
	slices.SortFunc(f.Sessions, func(a, b SessionRow) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Cipher, b.Cipher), cmp.Compare(a.KeyExchange, b.KeyExchange))
	})
}

// mergeTLS adds o to f; either may be nil.
func mergeTLS(f, o *TLSFacts) *TLSFacts {
	if f == nil || o == nil {
		return cmp.Or(f, o)
	}
	sum := &TLSFacts{Full: f.Full + o.Full, Resumed: f.Resumed + o.Resumed, Unverified: f.Unverified || o.Unverified, Sessions: slices.Clone(f.Sessions)}
	for _, row := range o.Sessions {
		same := slices.IndexFunc(sum.Sessions, func(r SessionRow) bool {
			r.Count = row.Count
			return r == row
		})
		if same >= 0 {
			sum.Sessions[same].Count += row.Count
		} else {
			sum.Sessions = append(sum.Sessions, row)
		}
	}
	sum.sort()
	return sum
}
