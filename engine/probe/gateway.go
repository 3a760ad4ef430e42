package probe

import (
	"fmt"
	"time"
)

// deadlines are the round ages at which gateways give up, and whose default
// each is. A deadline anybody may set stands without a name.
var deadlines = []struct {
	age  time.Duration
	whom string
}{
	{time.Second, ""}, {2 * time.Second, ""}, {3 * time.Second, ""}, {4 * time.Second, ""}, {5 * time.Second, ""},
	{10 * time.Second, ""},
	{15 * time.Second, "Envoy's route timeout"},
	{20 * time.Second, ""}, {25 * time.Second, ""},
	{29 * time.Second, "Amazon API Gateway's limit"},
	{30 * time.Second, "the limit of Heroku's router and of Google's load balancers"},
	{45 * time.Second, ""}, {50 * time.Second, ""},
	{60 * time.Second, "nginx's proxy_read_timeout, Apache's Timeout and Amazon ELB's idle timeout"},
	{75 * time.Second, ""}, {90 * time.Second, ""},
	{100 * time.Second, "Cloudflare's limit"},
	{120 * time.Second, ""}, {180 * time.Second, ""},
	{230 * time.Second, "Azure App Service's limit"},
	{240 * time.Second, "Azure Load Balancer's idle timeout"},
	{300 * time.Second, ""}, {600 * time.Second, ""},
}

// roundAge finds the deadline that a wait of d probably hit: the wait is that
// long, and longer by no more than 1 % and 150 ms. ok is false if none fits.
func roundAge(d time.Duration) (age time.Duration, whom string, ok bool) {
	for _, l := range deadlines {
		if over := d - l.age; over >= -5*time.Millisecond && over <= l.age/100+150*time.Millisecond {
			return l.age, l.whom, true
		}
	}
	return 0, "", false
}

// age tells how long the reply, or the end, was waited for, and what that
// says: "after 60.0 s, a round age: …". It is "" if the wait is unknown.
func age(p *Probe) string {
	wait, ok := p.took(StepWait)
	if !ok {
		return ""
	}
	round, whom, ok := roundAge(wait)
	text := "after " + span(wait)
	if !ok {
		return text
	}
	text += fmt.Sprintf(", a round age: a deadline of %s passed somewhere", span(round))
	if whom != "" {
		text += " (" + whom + " is that by default)"
	}
	return text
}

// atOnce reports whether the reply came too fast for anybody to have waited.
func atOnce(p *Probe) bool {
	wait, ok := p.took(StepWait)
	return ok && wait < 200*time.Millisecond
}

// atRoundAge reports whether the reply, or the end, came when a deadline passes.
func atRoundAge(p *Probe) bool {
	wait, ok := p.took(StepWait)
	_, _, round := roundAge(wait)
	return ok && round
}
