package estate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
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

// cached returns what a tenant comes to, packed, if it was evaluated before from the same.
func (e *Estate) cached(t *tenant, key []byte) ([]byte, *kept) {
	b, err := os.ReadFile(e.keeper.file(t))
	if err != nil || len(b) < 2*sha256.Size || !bytes.Equal(b[:sha256.Size], key) {
		return nil, nil
	}
	sum, packed := b[sha256.Size:2*sha256.Size], b[2*sha256.Size:]
	if h := sha256.Sum256(packed); !bytes.Equal(sum, h[:]) {
		return nil, nil
	}
	k, err := unpack(packed)
	if err != nil {
		return nil, nil
	}
	for _, f := range k.files {
		if s := e.look(f); s.problem.Message != "" || s.sum != f.sum {
			return nil, nil
		}
	}
	return packed, k
}

// keep writes what a tenant comes to in which nothing is wrong or suspicious.
func (e *Estate) keep(t *tenant, key, packed []byte) {
	sum := sha256.Sum256(packed)
	replace(e.keeper.file(t), key, sum[:], packed)
}

// replace writes a file whole, or not at all.
func replace(name string, parts ...[]byte) {
	if os.MkdirAll(filepath.Dir(name), 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(name), "new-*")
	if err != nil {
		return
	}
	for _, part := range parts {
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
	switch f.as {
	case "definition":
		return e.definition(f.file)
	case "shape":
		return e.shapeOf(f.file, schema.Of(plan.Kind(f.name)).Shaped)
	}
	return e.sum(f.file, f.name, f.sort)
}
