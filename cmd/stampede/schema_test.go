//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"testing"

	"stampede/internal/practice"
	"stampede/scenario"
)

// TestSchemaHasPracticeSettings holds the schema's words on the practice
// server to the server's own: the same settings with the same defaults. A
// scenario may also write faults as a mapping.
func TestSchemaHasPracticeSettings(t *testing.T) {
	type property struct {
		Properties  map[string]property
		Default     any
		Description string
	}
	var schema property
	if err := json.Unmarshal(scenario.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	settings := schema.Properties["target"].Properties["practice"].Properties
	for _, k := range practice.Keys() {
		p, ok := settings[k.Name]
		if !ok || p.Description == "" || fmt.Sprint(p.Default) != k.Default {
			t.Errorf("the schema has %s as %+v, want a description and the default %s", k.Name, p, k.Default)
		}
		delete(settings, k.Name)
	}
	delete(settings, "faults")
	for name := range settings {
		t.Errorf("the schema has %s, which the practice server does not", name)
	}
}
