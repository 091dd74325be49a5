package estate

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/qdeploy/qdeploy/pkg/qvf/lint"
)

// App is an app that environments may run.
type App struct {
	Name        string     `json:"name"`
	File        string     `json:"file"` // may hold "{version}"
	Description string     `json:"description"`
	Data        string     `json:"data"` // "target" or "source"
	Previously  []string   `json:"previously"`
	Adopt       plan.Adopt `json:"adopt"`

	Hydrated bool                        `json:"hydrated"` // data inside the file is meant to be there
	Lints    map[lint.Code]lint.Severity `json:"lints"`
}

// Apps returns the apps, sorted by name.
func (e *Estate) Apps() []App {
	out := make([]App, 0, len(e.apps))
	for _, name := range sorted(e.apps) {
		out = append(out, e.apps[name])
	}
	return out
}

// App returns an app by name, and whether it is declared.
func (e *Estate) App(name string) (App, bool) {
	a, ok := e.apps[name]
	return a, ok
}

// versionMark stands for the pinned version in the file of an app.
const versionMark = "{version}"

// FileOf returns the QVF file of a version of the app.
func (a App) FileOf(version string) string { return strings.ReplaceAll(a.File, versionMark, version) }

// readApps reads every app in every version that is pinned, and makes the
// resources of the targets, which are the same for all tenants of a target.
func (l *load) readApps() {
	files := map[string]reading{} // those that cannot be read too, without a digest
	words := l.e.Words()
	read := func(a App, pin Pin, at string) {
		file := a.pinned(pin)
		if _, done := files[file]; done {
			return
		}
		app, p := l.e.decodeApp(file)
		if app == nil {
			p.Pos = at
			l.report(p)
			files[file] = reading{}
			return
		}
		files[file] = l.lint(a, pin.Version, app, words)
	}
	for _, name := range sorted(l.e.apps) {
		a := l.e.apps[name]
		if !strings.Contains(a.File, versionMark) {
			if version, pinned := l.onePin(a); version != "" || !pinned {
				read(a, Pin{Version: version}, l.at("apps", name, "file"))
			}
		}
	}
	environments := map[string]Environment{}
	for _, env := range l.e.environments {
		environments[env.Name] = env
		for _, name := range sorted(env.Apps) {
			if a, ok := l.e.apps[name]; ok {
				read(a, env.Apps[name], l.at("environments", env.Name, "apps", name))
				l.settle(env, name, files[a.pinned(env.Apps[name])].digest)
			}
		}
	}
	for _, t := range l.targets {
		for _, name := range t.apps {
			a, ok := l.e.apps[name]
			pin := environments[t.environment].Apps[name]
			if c := files[a.pinned(pin)]; ok && pin.Version != "" && c.digest != "" {
				t.resources = append(t.resources, l.e.published(a, pin, c.digest, t))
				t.needs = append(t.needs, c.needs...)
			}
		}
	}
}

// onePin returns the version of an app that has but one file, as those
// environments have it that pin no commit; empty if there are none, and whether
// any environment pins the app. It reports environments that pin different ones:
// one of them would not run what it says.
func (l *load) onePin(a App) (first string, pinned bool) {
	for _, env := range l.e.environments {
		pin, ok := env.Apps[a.Name]
		pinned = pinned || ok
		if !ok || pin.Commit != "" {
			continue
		}
		version := pin.Version
		if first == "" {
			first = version
		}
		if version != first {
			l.report(Problem{
				Pos:     l.at("environments", env.Name, "apps", a.Name),
				Message: fmt.Sprintf("%s pins %s %s, but another environment pins %s and there is one file for both", env.Name, a.Name, version, first),
				Hint:    fmt.Sprintf("pin a commit, as qdeploy promote does; or keep a file per version, and write apps: %q: file: %q", a.Name, strings.TrimSuffix(a.File, ".qvf")+" {version}.qvf"),
			})
		}
	}
	return first, pinned
}

// published returns the app as a target publishes it.
func (e *Estate) published(a App, pin Pin, digest string, t *target) plan.Resource {
	r := plan.Resource{
		Key:   plan.Key{Kind: "app", Name: t.space.Name + "/" + a.Name},
		Pos:   cmp.Or(e.pinPos(t.environment, a.Name), t.pos),
		Adopt: cmp.Or(a.Adopt, e.adopt),
		Spec: encode(map[string]any{
			"name":        a.Name,
			"space":       t.space.String(),
			"staging":     t.staging.String(),
			"release":     Pin{Version: pin.Version, Digest: digest}.Release(),
			"description": a.Description,
			"data":        a.Data,
			"file":        a.pinned(pin),
			"digest":      digest,
		}),
	}
	for _, was := range a.Previously {
		r.Was = append(r.Was, t.space.Name+"/"+was)
	}
	return r
}

// decodeApp reads a QVF file, or says why it cannot.
func (e *Estate) decodeApp(file string) (*qvf.App, Problem) {
	f, err := e.Open(file)
	if err == nil && f.folder {
		err = errors.Join(errFolder, f.Close())
	}
	if err != nil && InCommit(file) {
		return nil, notThere(file, err)
	}
	if err != nil {
		return nil, fileProblem(file, err)
	}
	defer f.Close()
	app, err := qvf.Decode(f, f.size)
	switch {
	case errors.Is(err, qvf.ErrLFSPointer):
		return nil, Problem{Code: string(lint.L9), Message: file + " is a Git LFS pointer, not the app", Hint: "fetch the app: git lfs pull"}
	case errors.Is(err, qvf.ErrNotQVF):
		return nil, Problem{Message: file + " is not a QVF file", Hint: "export the app from Qlik Cloud, without data"}
	case err != nil:
		return nil, Problem{Message: fmt.Sprintf("%s cannot be read: %v", file, err), Hint: "export the app again, without data"}
	}
	return app, Problem{}
}

// pinPos returns where an environment pins an app.
func (e *Estate) pinPos(environment, app string) string {
	at, _ := e.text.find("environments", environment, "apps", app)
	return at
}
