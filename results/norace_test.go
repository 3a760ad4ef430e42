//go:build !race

package results

const simulationShare = 1
