//go:build race

package ceiling

// The race detector makes arithmetic some ten times slower and has nothing to
// find in it; the simulations run in full in the tests without it.
const searchesEach = 20
