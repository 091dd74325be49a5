package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// apps exports the apps that are published in the tenants and that the estate does not
// declare, without data, and declares them: not pinned by any environment, so that
// nothing is published. An app of several tenants is taken from the first.
func (a *adopting) apps(ctx context.Context, e *engine) error {
	from := map[string]string{} // app → the digest that was taken, by name
	for i, t := range e.chosen {
		one := a.tenants[i]
		live, err := e.conn.tenant(t, false, &e.reads) // an export is asked for with POST
		if err != nil {
			return err
		}
		shut := 0
		for _, space := range a.managed[t.Name] {
			found, err := live.Published(ctx, space)
			if errors.Is(err, qlik.ErrNotManaging) {
				shut++
				continue
			}
			if err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
			for _, app := range found {
				if err := a.app(ctx, e, live, one, app, from); err != nil {
					return fmt.Errorf("%s: %s in %s: %w", t.Name, app.Name, space, err)
				}
			}
		}
		if shut > 0 {
			one.Left = append(one.Left, leftOut{fmt.Sprintf("apps in %s", many(shut, "managed space")), "the bot may not export from there: it takes the role facilitator"})
		}
	}
	return nil
}

// app takes one app, unless the estate declares it or it was taken already.
func (a *adopting) app(ctx context.Context, e *engine, live *qlik.Tenant, one *adopted, app qlik.PublishedApp, from map[string]string) error {
	if _, declared := e.est.App(app.Name); declared {
		return nil
	}
	text, err := live.Export(ctx, app.ID)
	if err != nil {
		return err
	}
	decoded, err := qvf.DecodeBytes(text)
	if err != nil {
		return undecoded("what Qlik exported", text, err)
	}
	digest := qvf.Digest(decoded)
	left := func(why string) error {
		one.Left = append(one.Left, leftOut{"app " + app.Name, why})
		return nil
	}
	switch was, taken := from[app.Name]; {
	case taken && was == digest:
		return nil
	case taken:
		return left("it is another one than the one of that name that was taken")
	}
	name := fileName(app.Name)
	d := estate.App{Name: app.Name, Description: app.Description, File: path.Join("apps", name, name+".qvf")}
	files := map[string][]byte{d.File: text, "app-" + slug(app.Name) + ".cue": estate.DeclareApp(d)}
	for _, f := range sortedKeys(files) {
		if _, err := os.Stat(filepath.Join(a.dir, f)); err == nil {
			return left(f + " is there already")
		}
	}
	for _, f := range sortedKeys(files) {
		to := filepath.Join(a.dir, f)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, files[f], fileMode); err != nil {
			return err
		}
		a.exported = append(a.exported, to)
	}
	from[app.Name] = digest
	one.Apps = append(one.Apps, app.Name)
	return nil
}

// managedSpaces are the names of managed spaces among resources.
func managedSpaces(rs []plan.Resource) (names []string) {
	for _, r := range rs {
		var spec struct{ Type string }
		if r.Key.Kind == "space" && json.Unmarshal(r.Spec, &spec) == nil && spec.Type == "managed" {
			names = append(names, r.Key.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
