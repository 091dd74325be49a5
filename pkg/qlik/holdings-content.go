package qlik

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/qdeploy/qdeploy/pkg/automation"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

var (
	errOtherBytes = errors.New("what Qlik gives back is not the archive that it says was uploaded")
	errNoSum      = errors.New("without a checksum from Qlik, no plan could tell whether it is as declared")
)

// Content returns the files that a live resource consists of, as [Tenant.Holdings] has found
// it, by the field of its spec that names each: the archive of a theme or an extension, the
// files of a brand, the definition of an automation with connections by their names. What
// consists of no files has none.
func (t *Tenant) Content(ctx context.Context, r plan.Resource) (map[string][]byte, error) {
	switch r.Key.Kind {
	case "theme", "extension":
		return t.archiveOf(ctx, r)
	case "brand":
		return t.brandOf(ctx, r)
	case "automation":
		return t.automationOf(ctx, r)
	}
	return nil, nil
}

// archiveOf downloads an archive.
//
// https://qlik.dev/apis/rest/themes: GET /themes/{id}/file
//
// assumed: it is the archive that was uploaded, byte for byte; where it is not, it is refused.
func (t *Tenant) archiveOf(ctx context.Context, r plan.Resource) (map[string][]byte, error) {
	var a Archive
	if err := json.Unmarshal(r.Spec, &a); err != nil {
		return nil, err
	}
	if a.MD5 == "" {
		return nil, errNoSum
	}
	zip, err := t.download(ctx, "/api/v1/"+string(r.Key.Kind)+"s/"+r.ID+"/file")
	if err == nil && md5Of(zip) != a.MD5 {
		err = errOtherBytes
	}
	if err != nil {
		return nil, err
	}
	return map[string][]byte{"file": zip}, nil
}

// brandOf downloads the files that a brand has.
func (t *Tenant) brandOf(ctx context.Context, r plan.Resource) (map[string][]byte, error) {
	var b brandBody
	if err := t.call(ctx, http.MethodGet, brandPath(r.ID), nil, nil, &b); err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, there := range b.Files {
		for _, f := range (&Brand{}).files() {
			if f.id != there.ID {
				continue
			}
			text, err := t.download(ctx, brandPath(r.ID)+"/files/"+f.id)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.id, err)
			}
			out[f.id] = text
		}
	}
	return out, nil
}

// automationOf reads what an automation of the engine's own does.
func (t *Tenant) automationOf(ctx context.Context, r plan.Resource) (map[string][]byte, error) {
	var text json.RawMessage
	if err := t.call(ctx, http.MethodGet, automationPath(r.ID), nil, nil, &text); err != nil {
		return nil, err
	}
	d, err := automation.Parse(text)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	t.mu.Lock()
	for link, id := range t.flowsIn(spaceOf(r.Key)).links {
		names[id] = link
	}
	t.mu.Unlock()
	out, err := json.MarshalIndent(d.Named(names), "", "  ")
	return map[string][]byte{"file": append(out, '\n')}, err
}
