package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

type sandboxFlags struct {
	addr, state, mood, env string
	tls, noLimits          bool
	itemsLag, spaceLag     time.Duration
}

func (p *program) sandboxCommand() *cobra.Command {
	var f sandboxFlags
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve an emulated Qlik Cloud on this machine",
		Long: `Serve a Qlik Cloud on a loopback port, with the tenants of the estate, and
print the environment variables with which every other command uses it instead of
the real one. It answers as Qlik documents: roles, name rules, conflicts, paging,
rate limits; docs/emulator.md lists what is modelled and what is assumed.

Other tools reach a tenant with its name in the Host header, or as the first part
of the path: http://127.0.0.1:8484/acme.eu.qlikcloud.com/api/v1/spaces.

A mood makes it misbehave: --mood "latency=50ms 429=20 cut-after=POST:/api/v1/spaces:1".`,
		Example: "  qdeploy sandbox --env-file sandbox.env &\n  . ./sandbox.env\n  qdeploy plan",
		Args:    words(0),
		RunE:    func(c *cobra.Command, _ []string) error { return p.sandbox(c.Context(), f) },
	}
	fl := c.Flags()
	fl.StringVar(&f.addr, "addr", "127.0.0.1:0", "address to listen on; port 0 takes a free one")
	fl.BoolVar(&f.tls, "tls", false, "serve HTTPS, with a certificate from an authority made for this run")
	fl.StringVar(&f.state, "state", "", "keep the tenants' state in this `folder` from one run to the next")
	fl.StringVar(&f.mood, "mood", "", "how the cloud misbehaves; see docs/emulator.md")
	fl.StringVar(&f.env, "env-file", "", "write the environment variables to this `file` once ready")
	fl.BoolVar(&f.noLimits, "no-limits", false, "no rate limits")
	fl.DurationVar(&f.itemsLag, "items-lag", 0, "how far the index of items is behind")
	fl.DurationVar(&f.spaceLag, "space-lag", 0, "how long publishing into a new space fails")
	return c
}

func (p *program) sandbox(ctx context.Context, f sandboxFlags) error {
	est, err := p.load(ctx, "")
	if err != nil {
		return err
	}
	mood, err := qliktest.ParseMood(f.mood)
	if err != nil {
		return fail("docs/emulator.md lists the words", "--mood: %w", err)
	}
	state := &sandboxState{}
	cloud, env, err := state.cloud(est, f)
	if err != nil {
		return err
	}
	cloud.SetMood(mood)
	listener, err := net.Listen("tcp", f.addr)
	if err != nil {
		return err
	}
	env[endpointVar] = "http://" + listener.Addr().String()
	if f.tls {
		var ca string
		listener, ca, err = secure(listener, est, f.state)
		if err != nil {
			return err
		}
		defer os.Remove(ca)
		env[endpointVar], env[caVar] = "https://"+listener.Addr().String(), ca
	}
	if err := p.announce(f, env); err != nil {
		return err
	}
	err = p.serve(ctx, listener, wrapCloud(cloud))
	return errors.Join(err, state.save(cloud))
}

// wrapCloud lets tests look at every request and answer.
var wrapCloud = func(h http.Handler) http.Handler { return h }

// announce prints the environment, and writes it to a file for scripts.
func (p *program) announce(f sandboxFlags, env map[string]string) error {
	text := exports(env)
	if _, err := fmt.Fprint(p.out, text); err != nil {
		return err
	}
	fmt.Fprintln(p.err, "qdeploy: the sandbox serves until it is interrupted")
	if f.env == "" {
		return nil
	}
	tmp := f.env + ".tmp"
	if err := os.WriteFile(tmp, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, f.env)
}

// serve answers until the process is interrupted, then lets requests end.
func (p *program) serve(ctx context.Context, l net.Listener, h http.Handler) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		ended <- server.Shutdown(grace)
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-ended
}

func secure(l net.Listener, est *declared, dir string) (net.Listener, string, error) {
	cert, authority, err := selfSigned(domains(est))
	if err != nil {
		return nil, "", err
	}
	f, err := os.CreateTemp(dir, "qdeploy-sandbox-ca-*.pem")
	if err != nil {
		return nil, "", err
	}
	if _, err = f.Write(authority); err == nil {
		err = f.Close()
	}
	if err != nil {
		return nil, "", err
	}
	path, err := filepath.Abs(f.Name())
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}), path, err
}

// domains are the patterns that cover the hosts of an estate's tenants.
func domains(est *declared) []string {
	seen := map[string]bool{}
	for _, t := range est.Tenants() {
		if _, domain, ok := strings.Cut(t.Host, "."); ok {
			seen["*."+domain] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
