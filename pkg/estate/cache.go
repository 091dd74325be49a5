package estate

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// cacheFrom is how many tenants an estate has for its evaluation to be worth keeping:
// fewer are evaluated before anybody notices.
var cacheFrom = 200 // lower in tests

// keeper keeps the resources of tenants between runs and revisions, on disk: a file for
// each tenant, with the digest of all that its resources follow from. What does not fit
// is evaluated, and takes its place. It may be deleted at any time, and nothing depends
// on whether it can be written.
type keeper struct {
	dir    string
	scope  string // the folder of the estate
	common []byte // the digest of what all tenants have in common
	inCUE  []byte // and of what those have that are written in CUE
}

// kept is a file of the cache, after its digests.
type kept struct {
	Resources []keptResource `json:"resources"`
	Files     []keptFile     `json:"files,omitempty"`
}

// keptResource is what evaluation says of a resource.
type keptResource struct {
	Key    plan.Key        `json:"key"`
	Spec   json.RawMessage `json:"spec"`
	Pos    string          `json:"pos"`
	Was    []string        `json:"was,omitempty"`
	Adopt  plan.Adopt      `json:"adopt,omitempty"`
	Ignore []string        `json:"ignore,omitempty"`
}

// keptFile is a file of the estate that was looked into, and what was found.
type keptFile struct {
	As   string `json:"as"` // "sum", "definition" or "shape"
	File string `json:"file"`
	Name string `json:"name,omitempty"` // of the archive, for a sum; of the kind, for a shape
	Sort string `json:"sort,omitempty"` // of file, for a sum
	Sum  string `json:"sum"`
}

// cached returns the resources of a tenant if they were evaluated before from the same.
func (e *Estate) cached(t *tenant, key []byte) ([]plan.Resource, bool) {
	b, err := os.ReadFile(e.keeper.file(t))
	if err != nil || len(b) < 2*sha256.Size || !bytes.Equal(b[:sha256.Size], key) {
		return nil, false
	}
	sum, packed := b[sha256.Size:2*sha256.Size], b[2*sha256.Size:]
	if h := sha256.Sum256(packed); !bytes.Equal(sum, h[:]) {
		return nil, false
	}
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	if err != nil {
		return nil, false
	}
	var k kept
	if json.Unmarshal(text, &k) != nil {
		return nil, false
	}
	for _, f := range k.Files {
		if s := e.look(f); s.problem.Message != "" || s.sum != f.Sum {
			return nil, false
		}
	}
	out := make([]plan.Resource, len(k.Resources))
	for i, r := range k.Resources {
		out[i] = plan.Resource{Key: r.Key, Spec: r.Spec, Pos: r.Pos, Was: r.Was, Adopt: r.Adopt, Ignore: r.Ignore}
	}
	return out, true
}

// keep writes the resources of a tenant in which nothing is wrong or suspicious.
func (e *Estate) keep(t *tenant, key []byte, rs []plan.Resource, files []keptFile) {
	k := kept{Resources: make([]keptResource, len(rs)), Files: files}
	for i, r := range rs {
		k.Resources[i] = keptResource{r.Key, r.Spec, r.Pos, r.Was, r.Adopt, r.Ignore}
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is one
	}
	_, _ = w.Write(encode(k)) // to memory
	_ = w.Close()
	sum := sha256.Sum256(packed.Bytes())
	name := e.keeper.file(t)
	if os.MkdirAll(filepath.Dir(name), 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(name), "new-*")
	if err != nil {
		return
	}
	for _, part := range [][]byte{key, sum[:], packed.Bytes()} {
		if _, err = f.Write(part); err != nil {
			break
		}
	}
	if f.Close() != nil || err != nil || os.Rename(f.Name(), name) != nil {
		_ = os.Remove(f.Name())
	}
}

// file is where a tenant of this estate is kept.
func (c *keeper) file(t *tenant) string {
	h := sha256.Sum256([]byte(c.scope + "\x00" + t.Name))
	name := hex.EncodeToString(h[:16])
	return filepath.Join(c.dir, name[:2], name[2:])
}

// look looks into a file as evaluation did.
func (e *Estate) look(f keptFile) sum {
	switch f.As {
	case "definition":
		return e.definition(f.File)
	case "shape":
		return e.shapeOf(f.File, schema.Of(plan.Kind(f.Name)).Shaped)
	}
	return e.sum(f.File, f.Name, f.Sort)
}
