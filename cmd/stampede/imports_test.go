package main

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImportsRunOneWay holds the walls of the house: what each package may
// import of the project. A package that is not listed has no place yet.
func TestImportsRunOneWay(t *testing.T) {
	allowed := map[string][]string{
		"stampede/results/stats":              {},
		"stampede/results":                    {"stampede/results/stats"},
		"stampede/internal/secret":            {},
		"stampede/scenario":                   {"stampede/results", "stampede/internal/secret"},
		"stampede/engine/handshake":           {"stampede/results"},
		"stampede/engine/probe":               {"stampede/results", "stampede/engine/handshake", "stampede/internal/secret"},
		"stampede/engine/monitor":             {"stampede/results", "stampede/scenario"},
		"stampede/engine":                     {"stampede/results", "stampede/scenario", "stampede/engine/handshake"},
		"stampede/engine/ceiling":             {"stampede/results", "stampede/results/stats", "stampede/scenario", "stampede/engine/handshake", "stampede/engine"},
		"stampede/results/report":             {"stampede/results", "stampede/results/stats", "stampede/results/report/plot", "stampede/scenario"},
		"stampede/results/report/plot":        {},
		"stampede/results/report/openmetrics": {"stampede/results"},
		"stampede/results/report/livepage":    {"stampede/results", "stampede/results/report"},
		"stampede/internal/practice":          {},
		"stampede/internal/browsertest":       {"stampede/internal/missing"},
		"stampede/internal/missing":           {},
		"stampede/cmd/stampede": {"stampede/results", "stampede/results/stats", "stampede/results/report", "stampede/results/report/openmetrics",
			"stampede/results/report/livepage", "stampede/scenario",
			"stampede/engine", "stampede/engine/handshake", "stampede/engine/probe", "stampede/engine/monitor", "stampede/engine/ceiling", "stampede/internal/practice"},
	}
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "stampede/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); packages++ {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); err != nil {
			t.Fatalf("reading go list: %v", err)
		}
		may, known := allowed[p.ImportPath]
		if !known {
			t.Errorf("package %s has no place in the order of imports", p.ImportPath)
		}
		for _, i := range p.Imports {
			if strings.HasPrefix(i, "stampede/") && !slices.Contains(may, i) {
				t.Errorf("%s must not import %s", p.ImportPath, i)
			}
		}
	}
	if packages < 7 {
		t.Errorf("go list found %d packages, too few to have looked", packages)
	}
}
