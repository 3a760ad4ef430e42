package monitor

import (
	"os"
	"testing"

	"github.com/prometheus/procfs"

	"stampede/results"
)

// find returns the reading of a name, nil if there is none.
func find(list []reading, name string) *reading {
	for i := range list {
		if list[i].name == name {
			return &list[i]
		}
	}
	return nil
}

func TestProcessesSeeThisOne(t *testing.T) {
	self, err := procfs.Self()
	if err != nil {
		t.Fatal(err)
	}
	name, err := self.Comm()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*processes{newProcesses(os.Getpid(), ""), newProcesses(0, name)} {
		first, err := p.look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if find(first, "CPU") != nil {
			t.Error("the first look tells a share of CPU")
		}
		files := make([]*os.File, 100)
		for i := range files {
			if files[i], err = os.Open(os.DevNull); err != nil {
				t.Fatal(err)
			}
		}
		second, err := p.look(t.Context())
		for _, f := range files {
			_ = f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		before, after := find(first, "descriptors"), find(second, "descriptors")
		if before == nil || after == nil || after.value-before.value < float64(len(files)) || after.limit < after.value {
			t.Errorf("descriptors %+v, then %+v with 100 more", before, after)
		}
		if cpu := find(second, "CPU"); cpu == nil || cpu.value < 0 || cpu.limit < 1 {
			t.Errorf("CPU is %+v", cpu)
		}
		if r := find(second, "processes"); (r != nil) != (p.pid == 0) {
			t.Errorf("the number of processes is %+v, and is to be told of a name only", r)
		}
		for _, gauge := range []string{"memory", "threads"} {
			if r := find(second, gauge); r == nil || r.value < 1 {
				t.Errorf("%s is %+v", gauge, r)
			}
		}
	}
}

func TestProcessesThatAreNotThere(t *testing.T) {
	for _, p := range []*processes{newProcesses(1<<22+1, ""), newProcesses(0, "no such name")} {
		if list, err := p.look(t.Context()); err == nil || len(list) > 0 {
			t.Errorf("found %v, error %v", described(list), err)
		}
	}
}

func TestKernelCountersAreRead(t *testing.T) {
	list, err := kernel{}.look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ListenOverflows", "ListenDrops", "SyncookiesSent"} {
		if r := find(list, name); r == nil || r.kind != results.Counter {
			t.Errorf("%s is %+v", name, r)
		}
	}
}
