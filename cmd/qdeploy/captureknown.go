package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/qlik"
	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// Trailers of the commits that hold captured apps. By them a run knows what an
// earlier one did, however that ended, also after a merge: which app of which
// tenant, in which edition, of which content, and in which file.
const (
	capturedTrailer   = "Captured: "
	capturedAsTrailer = "Captured-as: "
)

// trailer is what a commit says of the app in it.
type trailer struct {
	tenant, id, edition, digest, file string
	commit                            string
}

func (t trailer) String() string {
	return capturedTrailer + t.tenant + " " + t.id + " " + t.edition + " " + t.digest + "\n" + capturedAsTrailer + t.file
}

// readTrailers reads the trailers of a commit's message, of which one that was
// squashed may have several. Its title is none, whatever the app is called.
func readTrailers(message string) (out []trailer) {
	_, body, _ := strings.Cut(strings.TrimSpace(message), "\n")
	var t trailer
	for line := range strings.SplitSeq(body, "\n") {
		line = strings.TrimRight(line, "\r")
		if words, found := strings.CutPrefix(line, capturedTrailer); found {
			t = trailer{}
			if parts := strings.Fields(words); len(parts) == 4 {
				t.tenant, t.id, t.edition, t.digest = parts[0], parts[1], parts[2], parts[3]
			}
		}
		if file, found := strings.CutPrefix(line, capturedAsTrailer); found && t.id != "" {
			t.file = file
			out = append(out, t)
			t = trailer{}
		}
	}
	return out
}

// How many commits are searched for what was captured before.
const (
	mostHistory  = 2000
	mostOnBranch = 100
)

// trailers are what the base's history says, and what a remote has; each is read
// when it is needed first.
type trailers struct {
	merged map[string]trailer // by tenant, ID and edition
	pushed map[plumbing.Hash]bool
}

// key tells editions of apps apart.
func (t trailer) key() string { return t.tenant + " " + t.id + " " + t.edition }

// editionText names an edition: when the app last changed, and a hash of what is said
// of it, should two changes have one time.
func editionText(a qlik.PublishedApp) string {
	return a.Edition.UTC().Format(time.RFC3339Nano) + "~" + shortHash(a.Version+"\x00"+a.Description)
}

// taken returns the commit that holds this edition of an app already, and whether
// the base has it; nil if none does. Of the branch those commits count that the base
// does not have, for somebody may have added others.
func (r *capturing) taken(ctx context.Context, c *captured) (t *trailer, merged bool, err error) {
	if c.live.Edition.IsZero() {
		return nil, false, nil
	}
	key := c.Tenant + " " + c.live.ID + " " + editionText(c.live)
	found, err := r.inBase(key)
	if found != nil || err != nil {
		return found, true, err
	}
	head, err := r.repo.Head(ctx, captureBranch(c.App))
	if err != nil || head == "" {
		return nil, false, err
	}
	repo, err := estate.OpenRepository(r.p.dir) // anew: the branch may just have been fetched
	if err != nil {
		return nil, false, err
	}
	err = history(repo, head, mostOnBranch, func(k *object.Commit) bool {
		said := readTrailers(k.Message)
		for _, t := range said {
			if t.commit = k.Hash.String(); t.key() == key && r.holds(t.commit, t.file, t.digest) == nil {
				found = &t
			}
		}
		return len(said) == 0 && k.Hash.String() != r.head // what is below is older, or of the base
	})
	return found, false, err
}

// inBase returns the commit in the base's history that holds an edition, nil if
// there is none.
func (r *capturing) inBase(key string) (*trailer, error) {
	if r.trailers.merged == nil {
		repo, err := estate.OpenRepository(r.p.dir)
		if err != nil {
			return nil, err
		}
		r.trailers.merged = map[string]trailer{}
		err = history(repo, r.head, mostHistory, func(c *object.Commit) bool {
			for _, t := range readTrailers(c.Message) {
				t.commit = c.Hash.String()
				if _, newer := r.trailers.merged[t.key()]; !newer {
					r.trailers.merged[t.key()] = t
				}
			}
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	if t, ok := r.trailers.merged[key]; ok && r.holds(t.commit, t.file, t.digest) == nil {
		return &t, nil
	}
	return nil, nil
}

// earlier returns a commit of the base's history in which a file had the content, ""
// if there is none. A merge may have lost the trailers.
func (r *capturing) earlier(file, digest string) (commit string, err error) {
	repo, err := estate.OpenRepository(r.p.dir)
	if err != nil {
		return "", err
	}
	seen := map[plumbing.Hash]bool{}
	err = history(repo, r.head, mostHistory, func(c *object.Commit) bool {
		blob, err := blobHash(repo, c.Hash, file)
		if err != nil || seen[blob] {
			return true
		}
		if seen[blob] = true; r.holds(c.Hash.String(), file, digest) == nil {
			commit = c.Hash.String()
		}
		return commit == "" && len(seen) < mostRevisions
	})
	return commit, err
}

// history calls see for a commit and those that it comes from, newest first, until
// that returns false.
func history(repo *git.Repository, head string, most int, see func(*object.Commit) bool) error {
	log, err := repo.Log(&git.LogOptions{From: plumbing.NewHash(head), Order: git.LogOrderCommitterTime})
	if err != nil {
		return fmt.Errorf("git: the history of %.10s: %w", head, err)
	}
	defer log.Close()
	n := 0
	err = log.ForEach(func(c *object.Commit) error {
		if n++; n > most || !see(c) {
			return storer.ErrStop
		}
		return nil
	})
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return nil // a shallow clone ends here
	}
	return err
}

// holds reads a file back from a commit, and fails unless it has the content.
func (r *capturing) holds(commit, file, digest string) error {
	text, err := r.content(commit, file)
	if err != nil {
		return err
	}
	app, err := qvf.DecodeBytes(text)
	if err != nil {
		return fmt.Errorf("%.10s: %s: %w", commit, file, err)
	}
	if got := qvf.Digest(app); got != digest {
		return fmt.Errorf("%.10s: %s: its digest is %s and not %s", commit, file, got, digest)
	}
	return nil
}

// onRemote reports whether a remote has a commit. In a job all that was read is the
// remote's. Elsewhere git knows since it has pushed or fetched last: a branch that is
// here alone may be lost with this disk.
func (r *capturing) onRemote(commit string) (bool, error) {
	if r.job != nil {
		return true, nil
	}
	if r.trailers.pushed == nil {
		repo, err := estate.OpenRepository(r.p.dir)
		if err != nil {
			return false, err
		}
		refs, err := repo.References()
		if err != nil {
			return false, err
		}
		r.trailers.pushed = map[plumbing.Hash]bool{}
		err = refs.ForEach(func(ref *plumbing.Reference) error {
			if !ref.Name().IsRemote() || ref.Type() != plumbing.HashReference {
				return nil
			}
			return history(repo, ref.Hash().String(), mostHistory, func(c *object.Commit) bool {
				r.trailers.pushed[c.Hash] = true
				return true
			})
		})
		if err != nil {
			return false, err
		}
	}
	return r.trailers.pushed[plumbing.NewHash(commit)], nil
}
