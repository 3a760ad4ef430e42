package scenario

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// weighted is a valid target with a URL for each weight.
func weighted(t testing.TB, weights ...int) *Target {
	t.Helper()
	s := Scenario{Load: []Shape{{Kind: KindBurst, Count: 1}}}
	for i, w := range weights {
		s.Target.URLs = append(s.Target.URLs, WeightedURL{fmt.Sprintf("ws://h%d.example.test/", i), w})
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	return &s.Target
}

func TestPickOrder(t *testing.T) {
	tests := []struct {
		name    string
		weights []int
		want    []int
	}{
		{"one", []int{7}, []int{0, 0, 0, 0}},
		{"equal", []int{4, 4}, []int{0, 1, 0, 1}},
		{"three equal", []int{1, 1, 1}, []int{0, 1, 2, 0, 1, 2}},
		{"weights left out", []int{0, 0}, []int{0, 1, 0, 1}},
		{"common divisor", []int{30, 10}, []int{0, 0, 0, 1, 0, 0, 0, 1}},
		{"five, one, one", []int{5, 1, 1}, []int{0, 0, 0, 1, 0, 0, 2, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			target := weighted(t, tt.weights...)
			got := make([]int, len(tt.want))
			for n := range got {
				got[n] = target.Pick(int64(n))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("picks (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPickKeepsShares checks what Pick promises: after any n arrivals a URL
// has had n·w/W of them, rounded down or up.
func TestPickKeepsShares(t *testing.T) {
	many := make([]int, maxURLs)
	for i := range many {
		many[i] = 1 + i*i%37
	}
	for _, weights := range [][]int{{1, 1}, {5, 1, 1}, {3, 2, 1}, {1000, 1}, {999, 500, 3, 1}, {7, 7, 7, 6}, {1, 2, 3, 4, 5, 6, 7}, many} {
		t.Run(fmt.Sprint(len(weights), weights[0]), func(t *testing.T) {
			target, sum := weighted(t, weights...), 0
			for _, w := range weights {
				sum += w
			}
			had := make([]int, len(weights))
			for n := 1; n <= 2*sum+1; n++ {
				had[target.Pick(int64(n-1))]++
				for i, w := range weights {
					if share := n * w; had[i] < share/sum || had[i] > (share+sum-1)/sum {
						t.Fatalf("after %d arrivals URL %d has had %d; its share is %d/%d", n, i, had[i], share, sum)
					}
				}
			}
		})
	}
}

func TestPickBeforeValidate(t *testing.T) {
	if got := new(Target).Pick(5); got != 0 {
		t.Errorf("it picks %d", got)
	}
}

func TestPickDoesNotAllocate(t *testing.T) {
	target, n, sum := weighted(t, 5, 3, 1), int64(0), 0
	if allocs := testing.AllocsPerRun(1000, func() { sum += target.Pick(n); n++ }); allocs != 0 {
		t.Errorf("%v allocations a pick", allocs)
	}
}
