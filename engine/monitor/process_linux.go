package monitor

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"runtime"
	"time"

	"github.com/prometheus/procfs"

	"stampede/results"
)

// processes are those of one id or of one name.
type processes struct {
	pid  int    // zero: by name
	name string // as the kernel has it, of 15 bytes at most

	at   time.Time // of the last look; zero before it
	used map[int]float64
}

// newProcesses looks at the process of an id, or at all of a name.
func newProcesses(pid int, name string) *processes {
	const longest = 15 // TASK_COMM_LEN, less its NUL
	return &processes{pid: pid, name: name[:min(len(name), longest)]}
}

// usage is what the processes use together, but for what each has a limit of:
// that is of the one nearest to its limit.
type usage struct {
	found           int
	cores, busiest  float64
	memory, threads float64
	files, limit    float64 // descriptors
	unreadable      bool    // descriptors of another user's process
}

func (p *processes) look(context.Context) ([]reading, error) {
	list, err := p.find()
	if err != nil {
		return nil, err
	}
	now, used := time.Now(), map[int]float64{}
	var u usage
	for _, proc := range list {
		u.add(proc, used, p.used, now.Sub(p.at).Seconds())
	}
	timed := !p.at.IsZero()
	p.at, p.used = now, used
	if u.found == 0 {
		return nil, errors.New("no such process")
	}
	readings := u.readings(timed)
	if p.pid == 0 {
		readings = append(readings, reading{name: "processes", unit: "processes", kind: results.Gauge, value: float64(u.found)})
	}
	return readings, u.fault()
}

func (p *processes) find() (procfs.Procs, error) {
	if p.pid != 0 {
		proc, err := procfs.NewProc(p.pid)
		if err != nil {
			return nil, errors.New("no such process")
		}
		return procfs.Procs{proc}, nil
	}
	all, err := procfs.AllProcs()
	if err != nil {
		return nil, errors.New("/proc can't be read")
	}
	var list procfs.Procs
	for _, proc := range all {
		if name, err := proc.Comm(); err == nil && name == p.name {
			list = append(list, proc)
		}
	}
	return list, nil
}

// add adds one process; before is the CPU time each had used at the last look,
// that many seconds ago, and now is filled in for the next. A process that
// ended meanwhile is left out.
func (u *usage) add(proc procfs.Proc, now, before map[int]float64, seconds float64) {
	stat, err := proc.Stat()
	if err != nil {
		return
	}
	u.found++
	u.memory += float64(stat.ResidentMemory())
	u.threads += float64(stat.NumThreads)
	now[proc.PID] = stat.CPUTime()
	if then, ok := before[proc.PID]; ok && seconds > 0 {
		cores := max(0, stat.CPUTime()-then) / seconds
		u.cores += cores
		u.busiest = max(u.busiest, cores)
	}
	u.addFiles(proc)
}

func (u *usage) addFiles(proc procfs.Proc) {
	n, err := proc.FileDescriptorsLen()
	if err != nil {
		u.unreadable = u.unreadable || errors.Is(err, fs.ErrPermission)
		return
	}
	var limit float64
	if l, err := proc.Limits(); err == nil && l.OpenFiles < math.MaxInt64 {
		limit = float64(l.OpenFiles)
	}
	if u.limit == 0 || float64(n)*u.limit >= u.files*limit {
		u.files, u.limit = float64(n), limit
	}
}

func (u *usage) readings(timed bool) []reading {
	list := []reading{
		{name: "memory", unit: "bytes", kind: results.Gauge, value: u.memory},
		{name: "descriptors", unit: "descriptors", kind: results.Gauge, value: u.files, limit: u.limit},
		{name: "threads", unit: "threads", kind: results.Gauge, value: u.threads},
	}
	if timed {
		list = append(list, coresUsed("CPU", u.cores))
	}
	if timed && u.found > 1 {
		list = append(list, coresUsed("CPU of the busiest process", u.busiest))
	}
	return list
}

// coresUsed rounds to what the kernel's ticks of 10 ms can tell.
func coresUsed(name string, cores float64) reading {
	return reading{name: name, unit: "cores", kind: results.Gauge, value: math.Round(cores*1000) / 1000, limit: float64(runtime.NumCPU())}
}

func (u *usage) fault() error {
	if u.unreadable {
		return errors.New("its descriptors are for its own user and root to see")
	}
	return nil
}
