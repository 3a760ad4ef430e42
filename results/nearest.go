package results

import "strings"

// Nearest is the word closest to what was written, or "" if none is close
// enough to be a slip: more than a third of its letters, and more than two,
// would have to change.
func Nearest(written string, words []string) string {
	if len(written) > 64 {
		return ""
	}
	best, least := "", max(2, len(written)/3)+1
	for _, w := range words {
		if d := distance(strings.ToLower(written), w); d < least && d < len(w) {
			best, least = w, d
		}
	}
	return best
}

// distance is the least number of bytes to insert, delete or replace to turn
// a into b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
