package ledger

import (
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/qdeploy/qdeploy/pkg/gitwire"
)

// Identity is who writes: author and committer of the ledger's commits, and who
// signs them off. The zero value is qdeploy itself, which signs nothing.
type Identity struct {
	Name, Email string
	Run         string // URL or id of the run
}

// As sets who writes from now on.
func (l *Ledger) As(who Identity) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.who = Identity{Name: oneLine(who.Name), Email: oneLine(who.Email), Run: oneLine(who.Run)}
}

// oneLine makes text safe for a line of a commit, and not too long for one.
func oneLine(text string) string {
	text = gitwire.SignatureLine(text)
	const longest = 500
	if len(text) > longest {
		text = strings.TrimSpace(strings.ToValidUTF8(text[:longest], ""))
	}
	return text
}

// record writes a commit of the tree at root. message is its subject, details
// its body; trailers say which run it was and who signs it off.
func (l *Ledger) record(root plumbing.Hash, parents []plumbing.Hash, message, details string) (plumbing.Hash, error) {
	who := object.Signature{Name: "qdeploy", Email: "qdeploy@localhost", When: l.now().UTC()}
	var trailers string
	if l.who.Run != "" {
		trailers = "Run: " + l.who.Run + "\n"
	}
	if l.who.Name != "" && l.who.Email != "" {
		who.Name, who.Email = l.who.Name, l.who.Email
		trailers += "Signed-off-by: " + who.Name + " <" + who.Email + ">\n"
	}
	text := oneLine(message) + "\n"
	for _, part := range []string{details, trailers} {
		if part != "" {
			text += "\n" + part
		}
	}
	if root.IsZero() { // a commit needs a tree
		var err error
		if root, err = l.put(&object.Tree{}); err != nil {
			return root, err
		}
	}
	return l.put(&object.Commit{Author: who, Committer: who, Message: text, TreeHash: root, ParentHashes: parents})
}
