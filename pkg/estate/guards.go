package estate

import (
	"testing/fstest"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// DefaultGuards returns the guards of an estate that says nothing of guards.
func DefaultGuards() plan.Guards {
	text := "package estate\n\nimport \"github.com/qdeploy/qdeploy/schema\"\n\nschema.#Estate\n"
	e, err := Load("", Options{Files: fstest.MapFS{"estate.cue": {Data: []byte(text)}}})
	if err != nil {
		panic(err) // the schema's own tests hold it
	}
	return e.Guards()
}
