package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/qdeploy/qdeploy/pkg/apply"
)

// interruptible turns signals into the two steps of stopping: the first drains
// (nothing new starts, running calls end), the second breaks off. release gives
// signals back to the system.
func (p *program) interruptible(ctx context.Context) (_ context.Context, stop apply.Stop, release func()) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	drain := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer cancel()
		select {
		case <-signals:
		case <-ctx.Done():
			return
		}
		fmt.Fprintln(p.err, "qdeploy: stopping: running calls end, nothing new starts; interrupt again to break them off")
		close(drain)
		select {
		case <-signals:
			fmt.Fprintln(p.err, "qdeploy: breaking off")
		case <-ctx.Done():
		}
	}()
	return ctx, apply.Stop{Drain: drain}, func() {
		signal.Stop(signals)
		cancel()
		<-ended
	}
}
