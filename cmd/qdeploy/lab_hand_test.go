package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func init() {
	commands["apps"] = cmdApps
	commands["get"] = cmdGet
	commands["picture"] = cmdPicture
}

// picture FILE TEXT writes what passes for a PNG or an ICO, by the name of the file, and
// is another one for another text.
func cmdPicture(ts *testscript.TestScript, neg bool, args []string) {
	begins := "\x89PNG\r\n\x1a\n"
	if filepath.Ext(args[0]) == ".ico" {
		begins = "\x00\x00\x01\x00"
	}
	ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(args[0])), 0o755))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(begins+args[1]), 0o644))
}

// get HOST PATH prints what an administrator is answered.
func cmdGet(ts *testscript.TestScript, neg bool, args []string) {
	h, t := handIn(ts, args[0])
	var body any
	if err := h.call(http.MethodGet, withIDs(t, args[1]), "", &body); (err != nil) != neg {
		ts.Fatalf("get: %v", err)
	}
	text, err := json.MarshalIndent(body, "", "  ")
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n", text)
}

// call HOST METHOD PATH [BODY] makes a request as a person who is an
// administrator. In path and body, {space:NAME}, {group:NAME}, {role:NAME}, {user:SUBJECT},
// {member:SPACE/ASSIGNEE}, {connection:SPACE/NAME}, {collection:NAME}, {tag:NAME}, {item:SPACE/NAME}, {webhook:NAME}, {task:SPACE/APP/NAME}, {sharing-task:SPACE/APP/NAME}, {data-alert:SPACE/APP/NAME}, {condition:SPACE/APP/NAME} for that of an alert, {glossary:SPACE/NAME}, {category:SPACE/GLOSSARY/NAME}, {term:SPACE/GLOSSARY/NAME}, {automation:SPACE/NAME}, {client:NAME}, {idp:DESCRIPTION}, {csp-origins:ORIGIN}, {web-integrations:NAME}, {ip-policies:NAME}, {brand:NAME}, {app:SPACE/NAME} and {tenant} stand for IDs.
func cmdCall(ts *testscript.TestScript, neg bool, args []string) {
	h, t := handIn(ts, args[0])
	body := ""
	if len(args) > 3 {
		body = withIDs(t, args[3])
	}
	err := h.call(args[1], withIDs(t, args[2]), body, nil)
	if (err != nil) != neg {
		ts.Fatalf("call: %v", err)
	}
}

func handIn(ts *testscript.TestScript, host string) (*hand, *qliktest.Tenant) {
	l := labOf(ts)
	t := l.tenant(ts, host)
	if l.hands[t.Host] == nil {
		l.hands[t.Host] = handOf(l.cloud, l.server.URL, t.Host)
	}
	return l.hands[t.Host], t
}

// withIDs puts IDs in place of names.
func withIDs(t *qliktest.Tenant, s string) string {
	var d struct {
		Spaces []struct {
			dumped
			Assignments []struct{ Assignee, ID string }
		}
		Groups, Roles, Brands, Webhooks, OAuthClients []dumped

		Apps, Connections, Automations, Tasks, SharingTasks, DataAlerts []struct {
			dumped
			Space, App, ConditionID string
		}
		Glossaries        []dumpedGlossary
		Users             []struct{ Subject, ID string }
		Collections       []struct{ Name, Type, ID string }
		IdentityProviders []struct{ Description, ID string }
		Plain             map[string][]dumped
	}
	if err := json.Unmarshal(t.Dump(), &d); err != nil {
		panic(err)
	}
	s = strings.ReplaceAll(s, "{tenant}", t.ID)
	put := func(kind, name, id string) { s = strings.ReplaceAll(s, "{"+kind+":"+name+"}", id) }
	all := func(kind string, list []dumped) {
		for _, o := range list {
			put(kind, o.Name, o.ID)
		}
	}
	for _, o := range d.Spaces {
		put("space", o.Name, o.ID)
		for _, m := range o.Assignments {
			put("member", o.Name+"/"+m.Assignee, m.ID)
		}
	}
	all("group", d.Groups)
	all("role", d.Roles)
	all("brand", d.Brands)
	all("client", d.OAuthClients)
	all("webhook", d.Webhooks)
	for service, list := range d.Plain {
		all(service, list)
	}
	for _, o := range d.Users {
		put("user", o.Subject, o.ID)
	}
	for _, o := range d.Connections {
		put("connection", o.Space+"/"+o.Name, o.ID)
	}
	for _, o := range d.Collections {
		put(map[bool]string{true: "tag", false: "collection"}[o.Type == "public"], o.Name, o.ID)
	}
	for _, o := range d.IdentityProviders {
		put("idp", o.Description, o.ID)
	}
	for _, o := range d.Tasks {
		put("task", o.Space+"/"+o.App+"/"+o.Name, o.ID)
	}
	for _, o := range d.SharingTasks {
		put("sharing-task", o.Space+"/"+o.App+"/"+o.Name, o.ID)
	}
	for _, o := range d.DataAlerts {
		put("data-alert", o.Space+"/"+o.App+"/"+o.Name, o.ID)
		put("condition", o.Space+"/"+o.App+"/"+o.Name, o.ConditionID)
	}
	for _, o := range d.Automations {
		put("automation", o.Space+"/"+o.Name, o.ID)
	}
	for _, o := range d.Glossaries {
		o.put(put)
	}
	for _, o := range d.Apps {
		put("app", o.Space+"/"+o.Name, o.ID)
		put("item", o.Space+"/"+o.Name, t.ItemID(o.ID))
	}
	return s
}

// dumped is what a dump says of most things.
type dumped struct{ Name, ID string }

type dumpedGlossary struct {
	dumped
	Space             string
	Categories, Terms []dumped
}

func (g dumpedGlossary) put(put func(kind, name, id string)) {
	name := g.Space + "/" + g.Name
	put("glossary", name, g.ID)
	for _, x := range g.Categories {
		put("category", name+"/"+x.Name, x.ID)
	}
	for _, x := range g.Terms {
		put("term", name+"/"+x.Name, x.ID)
	}
}

// upload HOST METHOD PATH FILE sends a file, or a folder as a zip archive, as a person
// who changes a brand, or adds or changes a theme or an extension.
func cmdUpload(ts *testscript.TestScript, neg bool, args []string) {
	h, t := handIn(ts, args[0])
	content, err := estate.Content(ts.MkAbs("."), args[3])
	ts.Check(err)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "upload.zip")
	ts.Check(err)
	_, err = part.Write(content)
	ts.Check(err)
	ts.Check(form.Close())
	r, err := http.NewRequest(args[1], h.endpoint+withIDs(t, args[2]), &body)
	ts.Check(err)
	r.Host = t.Host
	r.Header.Set("Authorization", "Bearer "+h.key)
	r.Header.Set("Content-Type", form.FormDataContentType())
	w, err := http.DefaultClient.Do(r)
	ts.Check(err)
	w.Body.Close()
	if refused := w.StatusCode >= http.StatusBadRequest; refused != neg {
		ts.Fatalf("upload: %s", w.Status)
	}
}

// zip FILE DIR packs a folder as another program might: in another form than
// qdeploy's, but the same on every machine.
func cmdZip(ts *testscript.TestScript, neg bool, args []string) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	files := os.DirFS(ts.MkAbs(args[1]))
	ts.Check(fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name})
		if err != nil {
			return err
		}
		_, err = w.Write(content)
		return err
	}))
	ts.Check(z.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out.Bytes(), 0o644))
}

// live HOST [SECTION] prints what a tenant holds, or one section of it such as
// apps, to compare stdout with.
func cmdLive(ts *testscript.TestScript, neg bool, args []string) {
	dump := labOf(ts).tenant(ts, args[0]).Dump()
	if len(args) > 1 {
		var d map[string]json.RawMessage
		ts.Check(json.Unmarshal(dump, &d))
		dump = fmt.Appendf(nil, "%s\n", d[args[1]])
	}
	_, err := ts.Stdout().Write(dump)
	ts.Check(err)
}

// apps HOST prints the apps of a tenant, a line each: space and name,
// description, whether it has data, and IDs.
func cmdApps(ts *testscript.TestScript, neg bool, args []string) {
	var d struct {
		Apps []struct {
			Space, Name, Description, ID, OriginAppID string
			HasData                                   bool
		}
	}
	ts.Check(json.Unmarshal(labOf(ts).tenant(ts, args[0]).Dump(), &d))
	var out strings.Builder
	for _, a := range d.Apps {
		data, from := "no data", ""
		if a.HasData {
			data = "data"
		}
		if a.OriginAppID != "" {
			from = " from " + a.OriginAppID
		}
		fmt.Fprintf(&out, "%s/%s  %q  %s  %s%s\n", a.Space, a.Name, a.Description, data, a.ID, from)
	}
	_, err := ts.Stdout().Write([]byte(out.String()))
	ts.Check(err)
}
