package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("scenario.json", doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("scenario.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// validate checks a YAML text by the schema as an editor does.
func validate(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	j, err := yaml.YAMLToJSON(text)
	if err != nil {
		return err
	}
	if !json.Valid(j) {
		return fmt.Errorf("a value that JSON does not have: %s", j) // no editor gets as far as the schema
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(j))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

func TestSchemaAcceptsExamples(t *testing.T) {
	s := compiledSchema(t)
	for name, text := range examples(t) {
		t.Run(name, func(t *testing.T) {
			if err := validate(t, s, text); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSchemaRejectsMistakes(t *testing.T) {
	s := compiledSchema(t)
	_, table := mistakes(t)
	for _, tt := range table {
		if !tt.schema {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			if err := validate(t, s, []byte(tt.text)); err == nil {
				t.Error("the schema accepts it")
			}
		})
	}
}
