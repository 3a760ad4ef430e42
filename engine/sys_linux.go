package engine

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// This file holds the system calls of the hot path and all of the package's
// unsafe code. The calls never block (sockets are non-blocking), so they go
// past the scheduler's bookkeeping with RawSyscall: about 0.1 µs less a call,
// six calls a handshake. Only the wait itself tells the scheduler.

// rawAddr is a socket address as the kernel wants it, made once a run.
type rawAddr struct {
	family int
	length uintptr
	bytes  [unix.SizeofSockaddrUnix]byte // the largest
}

// socket makes a non-blocking stream socket of the family.
func socket(family int) (fd int, err syscall.Errno) {
	r, _, err := syscall.RawSyscall(unix.SYS_SOCKET, uintptr(family), unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	return int(r), err
}

func connect(fd int, a *rawAddr) syscall.Errno {
	_, _, err := syscall.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&a.bytes)), a.length)
	return err
}

func bind(fd int, a *rawAddr) syscall.Errno {
	_, _, err := syscall.RawSyscall(unix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&a.bytes)), a.length)
	return err
}

func closeFD(fd int) {
	_, _, _ = syscall.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0)
}

// setInt sets an int socket option.
func setInt(fd, level, name int, value int32) syscall.Errno {
	_, _, err := syscall.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(unsafe.Pointer(&value)), unsafe.Sizeof(value), 0)
	return err
}

// lingerZero makes the next close send RST, and leave no TIME_WAIT behind.
func lingerZero(fd int) {
	l := unix.Linger{Onoff: 1}
	_, _, _ = syscall.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_LINGER,
		uintptr(unsafe.Pointer(&l)), unsafe.Sizeof(l), 0)
}

// pendingError reads and clears SO_ERROR.
func pendingError(fd int) syscall.Errno {
	var value int32
	size := uint32(unsafe.Sizeof(value))
	_, _, err := syscall.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_ERROR,
		uintptr(unsafe.Pointer(&value)), uintptr(unsafe.Pointer(&size)), 0)
	if err != 0 {
		return err
	}
	return syscall.Errno(value)
}

// send writes without raising SIGPIPE.
func send(fd int, p []byte) (n int, err syscall.Errno) {
	r, _, err := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_NOSIGNAL, 0, 0)
	return int(r), err
}

func recv(fd int, p []byte) (n int, err syscall.Errno) { return recvWith(fd, p, 0) }

// peek is recv that leaves what it read in the socket.
func peek(fd int, p []byte) (n int, err syscall.Errno) { return recvWith(fd, p, unix.MSG_PEEK) }

func recvWith(fd int, p []byte, flags uintptr) (n int, err syscall.Errno) {
	r, _, err := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
	return int(r), err
}

// tcpInfo is what TCP_INFO says that a handshake's story needs.
type tcpInfo struct {
	rtt         time.Duration // smoothed round trip; right after a connect the SYN's own
	retransmits uint32        // segments sent again in the connection's life, SYNs included
}

// readTCPInfo asks the kernel for a connection's figures; ok is false if it
// has none to give.
func readTCPInfo(fd int) (info tcpInfo, ok bool) {
	var raw unix.TCPInfo
	size := uint32(unsafe.Offsetof(raw.Total_retrans) + unsafe.Sizeof(raw.Total_retrans)) // the rest is not copied
	_, _, err := syscall.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_TCP, unix.TCP_INFO,
		uintptr(unsafe.Pointer(&raw)), uintptr(unsafe.Pointer(&size)), 0)
	return tcpInfo{rtt: time.Duration(raw.Rtt) * time.Microsecond, retransmits: raw.Total_retrans}, err == 0
}

// stampedReader receives with the kernel's own record of when the bytes
// reached this host. It belongs to one shard; its structures are reused.
type stampedReader struct {
	header  unix.Msghdr
	vector  unix.Iovec
	control [128]byte // aligned: it follows pointers
}

// recv is recv(2) with the software receive stamp of the last segment read
// (SO_TIMESTAMPING, wall clock); zero if the kernel gave none.
func (r *stampedReader) recv(fd int, p []byte) (n int, stamp time.Duration, err syscall.Errno) {
	r.vector.Base = unsafe.SliceData(p)
	r.vector.SetLen(len(p))
	r.header = unix.Msghdr{Iov: &r.vector, Iovlen: 1, Control: &r.control[0]}
	r.header.SetControllen(len(r.control))
	got, _, err := syscall.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&r.header)), 0)
	if err != 0 {
		return 0, 0, err
	}
	return int(got), r.stamp(), 0
}

// stamp finds the receive stamp among the control messages.
func (r *stampedReader) stamp() time.Duration {
	for at, end := uintptr(0), uintptr(r.header.Controllen); at+unix.SizeofCmsghdr <= end; {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&r.control[at]))
		data := at + uintptr(unix.CmsgLen(0))
		if h.Level == unix.SOL_SOCKET && h.Type == unix.SCM_TIMESTAMPING && data+unsafe.Sizeof(unix.Timespec{}) <= end {
			ts := (*unix.Timespec)(unsafe.Pointer(&r.control[data]))
			return time.Duration(ts.Nano())
		}
		if h.Len < unix.SizeofCmsghdr {
			break
		}
		at += uintptr(unix.CmsgSpace(int(h.Len) - unix.CmsgLen(0)))
	}
	return 0
}

func epollAdd(ep, fd int, ev *unix.EpollEvent) syscall.Errno {
	_, _, err := syscall.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(ep), unix.EPOLL_CTL_ADD, uintptr(fd), uintptr(unsafe.Pointer(ev)), 0, 0)
	return err
}

// epollPoll takes what is ready now and never waits.
func epollPoll(ep int, events []unix.EpollEvent) int {
	r, _, err := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(ep), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	if err != 0 {
		return 0
	}
	return int(r)
}

// epollWait waits at most d, to the nanosecond where the kernel has
// epoll_pwait2 (5.11); on older kernels d is rounded up to a millisecond.
func epollWait(ep int, events []unix.EpollEvent, d time.Duration) int {
	ts := unix.NsecToTimespec(int64(d))
	r, _, err := syscall.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(ep), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)),
		uintptr(unsafe.Pointer(&ts)), 0, 0)
	if err == unix.ENOSYS {
		ms := (d + time.Millisecond - 1) / time.Millisecond
		r, _, err = syscall.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(ep), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), uintptr(ms), 0, 0)
	}
	if err != 0 {
		return 0 // EINTR: the caller looks at the clock and waits again
	}
	return int(r)
}

// dropPages forgets the pages of a clean mapping of a file (madvise(2),
// MADV_DONTNEED); whoever looks at them again finds the file's.
func dropPages(s span) {
	_, _, _ = syscall.RawSyscall(unix.SYS_MADVISE, s.from, s.to-s.from, unix.MADV_DONTNEED)
}

// rawAddress is a in the kernel's layout; port zero is for binding.
func rawAddress(a netip.AddrPort) rawAddr {
	var r rawAddr
	if ip := a.Addr(); ip.Is4() {
		r.family, r.length = unix.AF_INET, unix.SizeofSockaddrInet4
		b := ip.As4()
		copy(r.bytes[4:8], b[:])
	} else {
		r.family, r.length = unix.AF_INET6, unix.SizeofSockaddrInet6
		b := ip.As16()
		copy(r.bytes[8:24], b[:])
		binary.NativeEndian.PutUint32(r.bytes[24:28], zoneIndex(ip.Zone()))
	}
	putFamily(&r)
	binary.BigEndian.PutUint16(r.bytes[2:4], a.Port())
	return r
}

func putFamily(r *rawAddr) { binary.NativeEndian.PutUint16(r.bytes[0:2], uint16(r.family)) }

// zoneIndex is the interface a scoped IPv6 address names; 0 for none.
func zoneIndex(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n)
	}
	if i, err := net.InterfaceByName(zone); err == nil {
		return uint32(i.Index)
	}
	return 0
}
