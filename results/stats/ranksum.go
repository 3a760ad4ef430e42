package stats

// RankSum returns the two-sided p of Wilcoxon's rank-sum test that x and y
// come from one distribution, exact for the ranks at hand: every choice of as
// many ranks as x has is as likely as any other. Equal values share the mean
// of their ranks. It is 1 if x or y is empty. Meant for tens of values; the
// work grows with the cube of their number.
func RankSum(x, y []float64) float64 {
	both := append(append([]float64{}, x...), y...)
	twice := make([]int, len(both))
	total, seen := 0, 0
	for i, r := range ranks(both) {
		twice[i] = int(2 * r)
		total += twice[i]
		if i < len(x) {
			seen += twice[i]
		}
	}
	below, above, all := 0.0, 0.0, 0.0
	for sum, ways := range choices(twice, len(x), total) {
		all += ways
		if sum <= seen {
			below += ways
		}
		if sum >= seen {
			above += ways
		}
	}
	return min(2*min(below, above)/all, 1)
}

// choices counts in how many ways k of the ranks add up to each sum.
func choices(ranks []int, k, total int) []float64 {
	ways := make([][]float64, k+1)
	for i := range ways {
		ways[i] = make([]float64, total+1)
	}
	ways[0][0] = 1
	for _, r := range ranks {
		for i := k; i > 0; i-- {
			for sum := total; sum >= r; sum-- {
				ways[i][sum] += ways[i-1][sum-r]
			}
		}
	}
	return ways[k]
}
