package monitor

import (
	"context"
	"errors"

	"github.com/prometheus/procfs"

	"stampede/results"
)

// kernel is the kernel of this host: counters of this network namespace, and
// the table of tracked connections where there is one.
type kernel struct{}

func (kernel) look(context.Context) ([]reading, error) {
	self, err := procfs.Self()
	if err != nil {
		return nil, errors.New("/proc can't be read")
	}
	stat, err := self.Netstat()
	if err != nil {
		return nil, errors.New("/proc/net/netstat can't be read")
	}
	var list []reading
	for _, c := range []struct {
		name  string
		value *float64
	}{
		{"ListenOverflows", stat.ListenOverflows}, {"ListenDrops", stat.ListenDrops}, {"SyncookiesSent", stat.SyncookiesSent},
	} {
		if c.value != nil {
			list = append(list, reading{name: c.name, unit: "events", kind: results.Counter, value: *c.value})
		}
	}
	return append(list, tracked()...), nil
}

// tracked is how many connections the firewall keeps track of; nothing where
// it tracks none.
func tracked() []reading {
	proc, err := procfs.NewDefaultFS()
	if err != nil {
		return nil
	}
	used, err := proc.SysctlInts("net.netfilter.nf_conntrack_count")
	if err != nil || len(used) != 1 {
		return nil
	}
	r := reading{name: "tracked connections", unit: "connections", kind: results.Gauge, value: float64(used[0])}
	if most, err := proc.SysctlInts("net.netfilter.nf_conntrack_max"); err == nil && len(most) == 1 {
		r.limit = float64(most[0])
	}
	return []reading{r}
}
