package scenario

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schema []byte

//go:embed starter.yaml
var starter []byte

// Schema is a JSON Schema (draft 2020-12) of a scenario file, for editors. It
// accepts every file that Parse accepts and rejects the mistakes that can be
// seen in one value.
func Schema() []byte { return slices.Clone(schema) }

// Starter is a commented scenario to begin from; it runs as it is, against
// the practice server.
func Starter() []byte { return slices.Clone(starter) }
