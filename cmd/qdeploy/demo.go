package main

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	sample "github.com/qdeploy/qdeploy/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func (p *program) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "See the whole job in a few seconds: no account, no network, nothing left behind",
		Long: `Start an emulated Qlik Cloud in this process, with a non-production tenant and a
dozen customers over three regions; validate the sample estate, plan it, apply it,
plan again, change something behind qdeploy's back, and show the drift. With
--dir it does so with your own estate.`,
		Example: "  qdeploy demo\n  qdeploy demo -C my-estate",
		Args:    words(0),
		RunE:    func(c *cobra.Command, _ []string) error { return p.demo(c.Context()) },
	}
}

// demo runs on a copy of the sample estate, with a ledger in memory.
func (p *program) demo(ctx context.Context) error {
	if p.dir == "" {
		dir, err := unpack(sample.Files)
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		p.dir = dir
	}
	est, err := p.load(ctx, "")
	if err != nil {
		return err
	}
	p.act("validate: %d tenants in %d regions, %d environments: the estate is right",
		len(est.Tenants()), len(est.Regions()), len(est.Environments()))
	cloud, env, err := cloudOf(est, qliktest.Options{NoLimits: true}, nil)
	if err != nil {
		return err
	}
	stop, err := host(cloud, env)
	if err != nil {
		return err
	}
	defer stop()
	m, err := remember(ledger.InMemory())
	if err != nil {
		return err
	}
	d := &demo{p: p, est: est, memory: m, cloud: cloud}
	return d.play(ctx)
}

type demo struct {
	p      *program
	est    *declared
	memory *memory
	cloud  *qliktest.Cloud
}

func (d *demo) play(ctx context.Context) error {
	d.p.act("plan and apply: what %d empty tenants lack", len(d.est.Tenants()))
	if err := d.apply(ctx); err != nil {
		return err
	}
	d.p.act("plan again")
	if err := d.plan(ctx); err != nil {
		return err
	}
	what, err := d.meddle()
	if err != nil {
		return err
	}
	d.p.act("meanwhile, %s; plan once more", what)
	if err := d.plan(ctx); err != nil {
		return err
	}
	d.p.act("that was a demo: the tenants were in this process and are gone")
	fmt.Fprint(d.p.out, next)
	return nil
}

const next = `
Next:
  qdeploy sandbox --env-file sandbox.env    the same Qlik Cloud on a port, to try with
  docs/getting-started.md                   an estate of your own, in ten minutes
`

// meddle does in one tenant what people do who do not know of qdeploy.
func (d *demo) meddle() (what string, err error) {
	t := d.est.Tenants()[0]
	jo := handOf(d.cloud, os.Getenv(endpointVar), t.Host)
	spaces, err := jo.spaces()
	if err != nil || len(spaces) == 0 {
		return "nobody changes anything", err
	}
	s := spaces[len(spaces)-1]
	return fmt.Sprintf("somebody describes space/%s of %s in other words, by hand", s.Name, t.Name), jo.describe(s.ID, "Please ask Jo")
}

// planned makes the plan of the moment, and the engine that made it.
func (d *demo) planned(ctx context.Context) (*engine, *plan.Fleet, error) {
	e, err := d.p.newEngine(d.est, d.memory, planFlags{parallelism: 16, refresh: "all"})
	if err != nil {
		return nil, nil, err
	}
	fleet, err := e.planAll(ctx)
	return e, fleet, err
}

func (d *demo) plan(ctx context.Context) error {
	e, fleet, err := d.planned(ctx)
	if err != nil {
		return err
	}
	defer e.conn.close()
	return fleet.WriteText(d.p.out, e.text(e.flags, e.appChanges(fleet)))
}

func (d *demo) apply(ctx context.Context) error {
	e, fleet, err := d.planned(ctx)
	if err != nil {
		return err
	}
	defer e.conn.close()
	return e.applyFleet(ctx, applyFlags{planFlags: e.flags, yes: true, within: 4}, fleet)
}

// act prints what the demo does next.
func (p *program) act(format string, args ...any) {
	line := "# " + fmt.Sprintf(format, args...)
	if p.colors() {
		line = "\x1b[1;36m" + line + "\x1b[0m"
	}
	fmt.Fprintf(p.out, "\n%s\n", line)
}

// host serves a cloud on a loopback port of this process and sets the
// environment in which it is reached.
func host(cloud http.Handler, env map[string]string) (stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	env[endpointVar] = "http://" + l.Addr().String()
	for k, v := range env {
		if err := os.Setenv(k, v); err != nil {
			return nil, err
		}
	}
	server := &http.Server{Handler: wrapCloud(cloud), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(l) }() // it ends when stop closes it
	return func() { _ = server.Close() }, nil
}

// unpack copies an embedded estate to a temporary folder.
func unpack(files fs.FS) (dir string, err error) {
	if dir, err = os.MkdirTemp("", "qdeploy-demo-*"); err != nil {
		return "", err
	}
	if err := os.CopyFS(dir, files); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}
