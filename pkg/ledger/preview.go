package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// Preview is the spaces that a pull request has of its own in an environment, to try
// its apps there before it is merged. Several pull requests have them at once.
type Preview struct {
	Environment string    `json:"environment"`
	Request     int       `json:"pullRequest,omitempty"` // 0: it was made by hand
	URL         string    `json:"url,omitempty"`         // of the pull request
	Who         string    `json:"who,omitempty"`
	Commit      string    `json:"commit"` // that holds what is tried
	Since       time.Time `json:"since"`  // when the first of it was made

	// Apps are the releases that are tried, by the app's name. An app that is tried no
	// longer is among them with an empty release, until it is gone.
	Apps   map[string]string `json:"apps"`
	Places []PreviewPlace    `json:"places"`

	Connections []string `json:"connections,omitempty"` // data connections that were made there, by name, sorted
}

// PreviewPlace is a space that was made in a tenant, and the one that it is like.
type PreviewPlace struct {
	Tenant string `json:"tenant"`
	Like   string `json:"like"` // the space of the environment
	Space  string `json:"space"`
}

// Same reports whether two previews have one holder.
func (p Preview) Same(o Preview) bool {
	return p.Request == o.Request && (p.Request != 0 || p.Who == o.Who)
}

// Holder names whose it is: "#12", or whoever made it by hand.
func (p Preview) Holder() string { return Slot{Request: p.Request, Who: p.Who}.Holder() }

// In reports whether a tenant has a space of it.
func (p Preview) In(tenant string) bool {
	return slices.ContainsFunc(p.Places, func(at PreviewPlace) bool { return at.Tenant == tenant })
}

// previewFolder holds the previews that there are, a file each.
const previewFolder = "previews"

func (p Preview) file() string {
	return previewFolder + "/" + url.PathEscape(p.Environment+"/"+p.Holder()) + ".json"
}

// Previews returns the previews that there are, by environment and pull request. One
// that cannot be read is an error: to overlook it would leave its spaces to nobody.
func (l *Ledger) Previews() (out []Preview, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	err = l.each(previewFolder, func(file string, text []byte) error {
		var p Preview
		if err := json.Unmarshal(text, &p); err != nil {
			return fmt.Errorf("ledger: %s: not a preview: %v", file, err)
		}
		if p.file() != file {
			return fmt.Errorf("ledger: %s: is that of %s in %s", file, oneLine(p.Holder()), oneLine(p.Environment))
		}
		out = append(out, p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, Preview.Compare)
	return out, nil
}

// Compare orders previews by environment, number and person.
func (p Preview) Compare(o Preview) int {
	return cmp.Or(strings.Compare(p.Environment, o.Environment), cmp.Compare(p.Request, o.Request), strings.Compare(p.Who, o.Who))
}

// PutPreview remembers a preview in place of what was remembered of it. It fails with
// [ErrFenced] like every write. With a remote it is remembered there, or not at all:
// call it before anything is made.
func (l *Ledger) PutPreview(ctx context.Context, p Preview) error {
	if p.Commit == "" || len(p.Places) == 0 {
		return errors.New("ledger: a preview needs a commit and a place")
	}
	files, err := textOf(p.file(), p)
	if err != nil {
		return err
	}
	return l.preview(ctx, p, "tries", files)
}

// DropPreview forgets a preview: call it when nothing of it is left.
func (l *Ledger) DropPreview(ctx context.Context, p Preview) error {
	return l.preview(ctx, p, "no longer tries", map[string][]byte{p.file(): nil})
}

func (l *Ledger) preview(ctx context.Context, p Preview, what string, files map[string][]byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	message := fmt.Sprintf("%s %s its apps in spaces of its own in %s", oneLine(p.Holder()), what, oneLine(p.Environment))
	return l.commit(ctx, &change{message: message, fresh: true, files: func(root plumbing.Hash) (map[string][]byte, string, error) {
		return files, "", l.fenced(root)
	}})
}
