package qlik

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Brand is what a tenant looks like. What is nil or empty is not managed.
type Brand struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Active      *bool  `json:"active,omitempty"` // in force; one at most

	Logo       string `json:"logo,omitempty"` // how to apply: what to upload
	LogoMD5    string `json:"logoMD5,omitempty"`
	FavIcon    string `json:"favIcon,omitempty"`
	FavIconMD5 string `json:"favIconMD5,omitempty"`
	Styles     string `json:"styles,omitempty"`
	StylesMD5  string `json:"stylesMD5,omitempty"`
}

type brandBody struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Active      bool   `json:"active"`
	Files       []struct {
		ID string `json:"id"`
	} `json:"files"`
}

const brandsPath = "/api/v1/brands"

// Of its files Qlik tells an eTag, and not how that is made. So the files that are
// declared are downloaded to be compared: they are small.
//
// https://qlik.dev/apis/rest/brands
var _ = register(Kind[Brand]{
	Name: "brand",
	Calls: calls("GET "+brandsPath, "POST "+brandsPath, "PATCH "+brandsPath+"/{id}", "DELETE "+brandsPath+"/{id}",
		"POST "+brandsPath+"/{id}/actions/activate", "POST "+brandsPath+"/{id}/actions/deactivate",
		"GET "+brandsPath+"/{id}/files/{id}", "POST "+brandsPath+"/{id}/files/{id}", "PUT "+brandsPath+"/{id}/files/{id}"),
	Declare: declareBrand,
	List:    listBrands,
	Create:  createBrand,
	Update:  updateBrand,
	Delete: func(ctx context.Context, t *Tenant, id string) error {
		return t.call(ctx, http.MethodDelete, brandPath(id), nil, nil, nil)
	},
})

func brandPath(id string) string { return brandsPath + "/" + url.PathEscape(id) }

// brandFile is one of the files that a brand may have.
type brandFile struct {
	id       string // Qlik's word for it
	file     string // what to upload; "" if it is not managed
	sum      *string
	declared bool
}

func (b *Brand) files() []brandFile {
	return []brandFile{
		{"logo", b.Logo, &b.LogoMD5, b.LogoMD5 != ""},
		{"favIcon", b.FavIcon, &b.FavIconMD5, b.FavIconMD5 != ""},
		{"styles", b.Styles, &b.StylesMD5, b.StylesMD5 != ""},
	}
}

// declareBrand remembers which files of a brand, by any of its names, are to be compared.
func declareBrand(t *Tenant, r plan.Resource) {
	var b Brand
	if json.Unmarshal(r.Spec, &b) != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range append([]string{r.Key.Name}, r.Was...) {
		if t.brands[name] == nil {
			t.brands[name] = map[string]bool{}
		}
		for _, f := range b.files() {
			t.brands[name][f.id] = t.brands[name][f.id] || f.declared
		}
	}
}

func listBrands(ctx context.Context, t *Tenant, _ string) iter.Seq2[Item[Brand], error] {
	return func(yield func(Item[Brand], error) bool) {
		for b, err := range list[brandBody](ctx, t.Client, brandsPath, everything()) {
			spec := Brand{Name: b.Name, Description: b.Description, Active: &b.Active}
			if err == nil {
				err = t.brandSums(ctx, b, &spec)
			}
			if !yield(Item[Brand]{b.ID, b.Name, spec}, err) || err != nil {
				return
			}
		}
	}
}

// brandSums fills in the sums of the files that are declared and there.
func (t *Tenant) brandSums(ctx context.Context, b brandBody, spec *Brand) error {
	t.mu.Lock()
	declared := t.brands[b.Name]
	t.mu.Unlock()
	for _, there := range b.Files {
		for _, f := range spec.files() {
			if f.id != there.ID || !declared[f.id] {
				continue
			}
			content, err := t.download(ctx, brandPath(b.ID)+"/files/"+f.id)
			if err != nil {
				return err
			}
			*f.sum = md5Of(content)
		}
	}
	return nil
}

func createBrand(ctx context.Context, t *Tenant, desired Brand) (string, error) {
	f := newForm()
	f.field("name", desired.Name)
	f.field("description", desired.Description)
	for _, x := range desired.files() {
		if x.declared {
			f.file(t, x.id, x.file, x.file, *x.sum)
		}
	}
	var made brandBody
	if err := f.send(ctx, t, http.MethodPost, brandsPath, &made); err != nil {
		return "", err
	}
	if made.ID == "" {
		return "", fmt.Errorf("POST %s: %w: no id", brandsPath, errReply)
	}
	t.learn(plan.Key{Kind: "brand", Name: desired.Name}, made.ID) // though putting it in force may fail
	return made.ID, t.activate(ctx, made.ID, &made.Active, desired.Active)
}

// updateBrand makes a brand complete before it is in force.
func updateBrand(ctx context.Context, t *Tenant, id string, live, desired Brand) error {
	steps := replaceChanged(nil, "/name", &live.Name, &desired.Name)
	steps = replaceChanged(steps, "/description", &live.Description, &desired.Description)
	if len(steps) > 0 {
		if err := t.call(ctx, http.MethodPatch, brandPath(id), nil, steps, nil); err != nil {
			return err
		}
	}
	have := live.files()
	for i, want := range desired.files() {
		if !want.declared || *want.sum == *have[i].sum {
			continue
		}
		method := http.MethodPut
		if *have[i].sum == "" { // it has none yet
			method = http.MethodPost
		}
		f := newForm()
		f.file(t, "file", want.file, want.file, *want.sum)
		if err := f.send(ctx, t, method, brandPath(id)+"/files/"+want.id, nil); err != nil {
			return err
		}
	}
	return t.activate(ctx, id, live.Active, desired.Active)
}

// activate puts a brand in force, which puts the one that was out of force, or puts it
// out of force.
func (t *Tenant) activate(ctx context.Context, id string, live, desired *bool) error {
	if desired == nil || live != nil && *live == *desired {
		return nil
	}
	action := "/actions/deactivate"
	if *desired {
		action = "/actions/activate"
	}
	return t.call(ctx, http.MethodPost, brandPath(id)+action, nil, struct{}{}, nil)
}
