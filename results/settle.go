package results

// settle is the run's verdict from its judged thresholds, by the first that
// applies; a search for a ceiling has the verdict of its ending:
//
//  1. interrupted or unfinished: inconclusive, it is not the run that was planned
//  2. nothing established and the server failed at least one attempt: fail,
//     thresholds or not
//  3. generator-limited: inconclusive, the server was not what was measured
//  4. a threshold failed: fail
//  5. a threshold is inconclusive, or nothing was established: inconclusive
//  6. pass
func (r *Result) settle() Verdict {
	switch {
	case r.Ceiling != nil:
		return r.Ceiling.verdict()
	case r.unfinished():
		return Inconclusive
	case r.NoneEstablished():
		return Fail
	case r.GeneratorLimited():
		return Inconclusive
	case r.has(Fail):
		return Fail
	case r.has(Inconclusive) || r.Metrics.Handshake.Count == r.Metrics.Handshake.Infinite:
		return Inconclusive
	}
	return Pass
}

func (r *Result) has(v Verdict) bool {
	for i := range r.Thresholds {
		if r.Thresholds[i].Verdict == v {
			return true
		}
	}
	return false
}

// NoneEstablished reports whether the server was asked and nothing at all
// was established.
func (r *Result) NoneEstablished() bool {
	return r.Count(Selector{Kind: Established}) == 0 && r.Count(Selector{}) > 0
}

// GeneratorLimited reports whether the run measured stampede's own host: its
// self-watch says so, or every arrival that was not canceled ended in a
// limit of this host.
func (r *Result) GeneratorLimited() bool {
	local := r.Count(Selector{Kind: Local})
	return r.Generator.Limited || (local > 0 && local == r.Arrivals-r.Count(Selector{Kind: Canceled}))
}

// ExitCode returns the process's exit code for a judged result: 0 pass, 1 a
// threshold failed or nothing was established, 3 inconclusive (interrupted,
// unfinished, too few samples, no data), 4 generator-limited. Where several
// apply the order is settle's: interrupted 3, nothing established 1,
// generator-limited 4, failed 1, inconclusive 3. A search for a ceiling exits
// by its ending: confirmed and at_least 0, below 1, inconclusive 3, and 4 if
// this host was the limit; a comparison by its answer, the worst of several.
func (r *Result) ExitCode() int {
	switch compared := r.Compared(); {
	case len(compared) > 0:
		return worstExit(compared)
	case r.Ceiling != nil:
		return r.Ceiling.exitCode()
	case r.unfinished():
		return 3
	case r.Verdict == Fail:
		return 1
	case r.GeneratorLimited():
		return 4
	case r.Verdict == Pass:
		return 0
	}
	return 3
}
