//go:build !linux

package practice

func newAlarm() alarm { return newTimerAlarm() }
