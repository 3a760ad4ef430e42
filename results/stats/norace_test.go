//go:build !race

package stats

const simulationShare = 1
