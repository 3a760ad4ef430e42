//go:build !race

package ceiling

const searchesEach = 200
