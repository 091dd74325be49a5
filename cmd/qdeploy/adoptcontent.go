package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
	"github.com/qdeploy/qdeploy/schema"
)

// uses tells resources that name a file.
func uses(file string) func(plan.Resource) bool {
	return func(r plan.Resource) bool {
		var spec map[string]any
		if json.Unmarshal(r.Spec, &spec) != nil {
			return false
		}
		return slices.ContainsFunc(contentFields(r.Key.Kind), func(field string) bool { return spec[field] == file })
	}
}

// contentFields are the fields of a kind that name the files that a resource consists of.
func contentFields(k plan.Kind) []string {
	known := schema.Of(k)
	return slices.AppendSeq(slices.Collect(maps.Values(known.MD5)), maps.Values(known.Definitions))
}

var errSecretInside = errors.New("a key or a password seems to be written in it: let it use a connection, then adopt it")

// complete downloads what a resource consists of, and has it name the files.
func (a *adopting) complete(ctx context.Context, live *qlik.Tenant, tenant string, r plan.Resource) (plan.Resource, error) {
	files, err := live.Content(ctx, r)
	if err != nil || len(files) == 0 {
		return r, err
	}
	var spec map[string]any
	if err := json.Unmarshal(r.Spec, &spec); err != nil {
		return r, err
	}
	for _, field := range sortedKeys(files) {
		text := files[field]
		if r.Key.Kind == "automation" && hasSecret(text) {
			return r, errSecretInside
		}
		name, err := a.place(contentName(r.Key, field, text), tenant, text)
		if err != nil {
			return r, err
		}
		spec[field] = name
	}
	b, err := json.Marshal(spec)
	if err == nil {
		r.Spec = b
	}
	return r, err
}

// contentName is where a file is put, seen from the estate's folder.
func contentName(k plan.Key, field string, text []byte) string {
	switch k.Kind {
	case "theme", "extension":
		return path.Join(string(k.Kind)+"s", fileName(k.Name)+".zip")
	case "automation":
		space, name, _ := strings.Cut(k.Name, "/")
		return path.Join("automations", fileName(space), fileName(name)+".json")
	}
	ending := map[string]string{"logo": "logo.png", "favIcon": "icon.ico", "styles": "styles.css"}[field]
	if field == "logo" && http.DetectContentType(text) == "image/jpeg" {
		ending = "logo.jpg"
	}
	return path.Join(string(k.Kind)+"s", fileName(k.Name), ending)
}

// place finds a name for a file: that of one with the same content if another tenant has
// it or the estate, else one that is free.
func (a *adopting) place(name, tenant string, text []byte) (string, error) {
	end := path.Ext(name)
	for _, name := range []string{name, strings.TrimSuffix(name, end) + "-" + slug(tenant) + end} {
		if other, taken := a.content[name]; taken {
			if bytes.Equal(other, text) {
				return name, nil
			}
			continue
		}
		there, err := estate.Content(a.p.dir, name)
		switch {
		case err == nil && bytes.Equal(there, text):
			return name, nil
		case err == nil:
			continue
		case !errors.Is(err, fs.ErrNotExist):
			return "", err
		}
		if _, err := os.Lstat(filepath.Join(a.dir, name)); err == nil {
			continue
		}
		a.content[name] = text
		return name, nil
	}
	return "", errors.New(name + " is there already, and is another one")
}

// looksSecret tells texts that programs log in with.
var looksSecret = regexp.MustCompile(`(?i)^(bearer|basic) \S{8}|^eyJ[\w-]{10,}\.|^gh[pousr]_\w{20}|^xox[abprs]-|^AKIA[0-9A-Z]{12}|-----BEGIN [A-Z ]*PRIVATE KEY`)

// secretFields are in the names of fields that hold secrets.
var secretFields = regexp.MustCompile(`(?i)password|passwd|secret|token|api_?-?key|credential|authorization`)

// hasSecret reports whether the definition of an automation seems to have a secret in it:
// people may write one where a connection should be.
func hasSecret(definition []byte) bool {
	var v any
	return json.Unmarshal(definition, &v) != nil || secretIn(v)
}

func secretIn(v any) bool {
	switch v := v.(type) {
	case string:
		return looksSecret.MatchString(v)
	case []any:
		return slices.ContainsFunc(v, secretIn)
	case map[string]any:
		for name, in := range v {
			text, ok := in.(string)
			// What is computed when it runs has braces.
			if ok && text != "" && !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "connection/") && secretFields.MatchString(name) || secretIn(in) {
				return true
			}
		}
	}
	return false
}
