package results

// nearest returns the word closest to what was written, or "" when none is
// close enough to be a slip of the pen: more than a third of the letters
// would have to change.
func nearest(written string, words []string) string {
	best, least := "", len(written)/3+1
	for _, w := range words {
		if d := editDistance(written, w); d <= least && (best == "" || d < least) {
			best, least = w, d
		}
	}
	return best
}

// editDistance is Levenshtein's: the insertions, deletions and replacements
// of bytes that turn a into b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
