package estate

import (
	"sync"

	"github.com/qdeploy/qdeploy/pkg/automation"
)

// definition returns the digest of the automation that a file defines, made once.
func (e *Estate) definition(file string) sum {
	f, _ := e.sums.LoadOrStore(file, sync.OnceValue(func() sum {
		text, err := e.Content(file)
		if err != nil {
			return sum{problem: fileProblem(file, err)}
		}
		d, err := automation.Parse(text)
		if err != nil {
			return sum{problem: Problem{
				Message: file + ": " + err.Error(), Hint: "it is a JSON object with workspace and, if need be, schedules",
			}}
		}
		return sum{md5: d.Digest()}
	}))
	return f.(func() sum)()
}
