package main

import (
	"context"
	"io"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	sample "github.com/qdeploy/qdeploy/estate"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// sample DIR copies the sample estate and starts a cloud with its tenants.
func cmdSample(ts *testscript.TestScript, neg bool, args []string) {
	l := labOf(ts)
	dir := ts.MkAbs(args[0])
	ts.Check(os.CopyFS(dir, sample.Files))
	p := &program{out: io.Discard, err: io.Discard, dir: dir}
	est, err := p.load(context.Background(), "")
	ts.Check(err)
	cloud, env, err := cloudOf(est, qliktest.Options{NoLimits: true, Calls: l.record}, nil)
	ts.Check(err)
	l.cloud = cloud
	for k, v := range env {
		ts.Setenv(k, v)
	}
	l.server = httptest.NewServer(checkedTo(cloud, ts.Getenv("QDEPLOY_BREACHES")))
	ts.Setenv(endpointVar, l.server.URL)
}

// edit FILE OLD NEW puts text in place of other text, which must be there.
func cmdEdit(ts *testscript.TestScript, neg bool, args []string) {
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s has no %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(text, args[1], args[2])), 0o644))
}

// addtenant HOST... adds empty tenants to the cloud.
func cmdAddTenant(ts *testscript.TestScript, neg bool, args []string) {
	for _, h := range args {
		labOf(ts).cloud.AddTenant(qliktest.TenantSpec{Host: h})
	}
}
