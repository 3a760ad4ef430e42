package stats

import (
	"math"
	"slices"
)

// Shots are the trials made at one load, by how they ended.
type Shots struct {
	Load      float64 // above 0
	Good, Bad int64
}

// HalfPoint is what trials at several loads say of the load C at which half
// of them fail, C being the ceiling of a majority vote.
type HalfPoint struct {
	Median    float64 // of C
	Low, High float64 // its central 95 % interval
	Scale     float64 // mean of s
	Spoilt    float64 // mean of g
}

// NewHalfPoint returns the posterior of
//
//	P(bad | L) = g + (1 − g)·(1 − luck) / (1 + e^−((ln L − ln C)/s))
//
// where C is the half point, s how soft the edge is, g the share of trials
// that something else spoils at any load, and luck the small one that passes
// at any, without which one such trial far above would say that there is no
// edge. Priors are flat on a grid: ln C over
// a window of 0.4 around the middle of the bracket from low to high (both
// above 0), s from 0.4 to 20 %, g from 0 to 15 %. Which loads were tried may
// depend on how earlier trials ended; that does not bias a posterior, since
// the choice says nothing more about C.
//
// The window is a prior too. A bracket wider than it widens it, and so do data
// that pile up at one of its ends, which happens when votes near the ceiling
// misled the bracket.
func NewHalfPoint(shots []Shots, low, high float64) HalfPoint {
	p := settledPosterior(shots, low, high)
	return p.summary()
}

// settledPosterior is the posterior over a window that is wide enough.
func settledPosterior(shots []Shots, low, high float64) (p posterior) {
	middle := (math.Log(low) + math.Log(high)) / 2
	half := max(windowHalf, (math.Log(high)-math.Log(low))/2+windowHalf/2)
	from, to := middle-half, middle+half
	for range maxWidenings {
		p = newPosterior(shots, from, to)
		down, up := p.piles()
		if !down && !up {
			break
		}
		if down {
			from -= windowHalf
		}
		if up {
			to += windowHalf
		}
	}
	return p
}

const (
	windowHalf   = 0.4
	gridStep     = 2 * windowHalf / 160
	maxSteps     = 640 // bounds the work for brackets of several decades
	maxWidenings = 4
)

var (
	scales       = [...]float64{0.004, 0.008, 0.015, 0.03, 0.05, 0.08, 0.13, 0.20}
	spoiltShares = [...]float64{0, 0.02, 0.05, 0.10, 0.15}
)

// posterior has the probabilities of each grid value, each list summing to 1.
type posterior struct {
	from, step float64 // of ln C: cell i has its middle at from + i·step
	halfPoints []float64
	scales     [len(scales)]float64
	spoilt     [len(spoiltShares)]float64
}

func newPosterior(shots []Shots, from, to float64) posterior {
	n := min(int(math.Round((to-from)/gridStep)), maxSteps)
	p := posterior{from: from, step: (to - from) / float64(n), halfPoints: make([]float64, n+1)}
	logs := make([]float64, 0, (n+1)*len(scales)*len(spoiltShares))
	for i := range p.halfPoints {
		for _, s := range scales {
			l := likelihoods(shots, from+float64(i)*p.step, s)
			logs = append(logs, l[:]...)
		}
	}
	p.weigh(logs)
	return p
}

// likelihoods are the log likelihoods of the shots for ln C and s, one for
// each spoilt share. Factors are multiplied, and logarithms taken only where
// the product would underflow, which is several times as fast as adding a
// logarithm a factor.
func likelihoods(shots []Shots, halfPoint, scale float64) (l [len(spoiltShares)]float64) {
	var goods int64
	passed, failed := 1.0, ones
	for _, shot := range shots {
		x := (math.Log(shot.Load) - halfPoint) / scale
		goods += shot.Good
		if x < -certain && shot.Bad == 0 {
			continue // a factor of 1
		}
		bad := (1 - luck) / (1 + math.Exp(-x))
		good := 1 - bad
		for range shot.Good {
			if passed *= good; passed < tiny {
				l, passed = plus(l, math.Log(passed)), 1
			}
		}
		for range shot.Bad {
			for k, g := range spoiltShares {
				failed[k] *= g + (1-g)*bad
			}
			if failed[0] < tiny { // the smallest of them
				l, failed = plusLogs(l, failed), ones
			}
		}
	}
	l = plusLogs(plus(l, math.Log(passed)), failed)
	for k, g := range spoiltShares {
		l[k] += float64(goods) * math.Log1p(-g)
	}
	return l
}

const (
	luck = 0.005

	// certain is an x whose e^−x makes no difference to 1.
	certain = 37

	// tiny leaves room above the smallest float64 for factors of luck and of
	// spoilt shares. A bad trial far below the half point may make a product
	// zero all the same; that rules out that nothing was spoilt, rightly.
	tiny = 1e-250
)

var ones = [len(spoiltShares)]float64{1, 1, 1, 1, 1}

func plus(l [len(spoiltShares)]float64, log float64) [len(spoiltShares)]float64 {
	for k := range l {
		l[k] += log
	}
	return l
}

func plusLogs(l, factors [len(spoiltShares)]float64) [len(spoiltShares)]float64 {
	for k := range l {
		l[k] += math.Log(factors[k])
	}
	return l
}

// weigh turns log likelihoods, half points outermost, into probabilities. The
// largest is taken off first, so that what is summed is never all zero.
func (p *posterior) weigh(logs []float64) {
	top, total := slices.Max(logs), 0.0
	for i, l := range logs {
		w := math.Exp(l - top)
		k := i % len(spoiltShares)
		s := i / len(spoiltShares) % len(scales)
		p.halfPoints[i/(len(spoiltShares)*len(scales))] += w
		p.scales[s] += w
		p.spoilt[k] += w
		total += w
	}
	for _, list := range [][]float64{p.halfPoints, p.scales[:], p.spoilt[:]} {
		for i := range list {
			list[i] /= total
		}
	}
}

// piles reports whether more than 1 % lies in the outer twentieth of the
// window, below and above.
func (p *posterior) piles() (down, up bool) {
	n := len(p.halfPoints)
	outer := n / 20
	return mass(p.halfPoints[:outer]) > 0.01, mass(p.halfPoints[n-outer:]) > 0.01
}

func mass(list []float64) (total float64) {
	for _, v := range list {
		total += v
	}
	return total
}

// quantile of C, linear within a cell.
func (p *posterior) quantile(q float64) float64 {
	for i, w := range p.halfPoints {
		if q <= w {
			return math.Exp(p.from + (float64(i)-0.5+q/w)*p.step)
		}
		q -= w
	}
	return math.Exp(p.from + (float64(len(p.halfPoints))-0.5)*p.step)
}

func (p *posterior) summary() HalfPoint {
	h := HalfPoint{Median: p.quantile(0.5), Low: p.quantile(0.025), High: p.quantile(0.975)}
	for i, w := range p.scales {
		h.Scale += w * scales[i]
	}
	for i, w := range p.spoilt {
		h.Spoilt += w * spoiltShares[i]
	}
	return h
}

// Passing returns the load at which the given share of trials that nothing
// spoils is good: C·e^(−s·ln(share/(1 − share))).
func (h HalfPoint) Passing(share float64) float64 {
	return h.Median * math.Exp(-h.Scale*math.Log(share/(1-share)))
}
