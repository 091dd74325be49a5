package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"syscall"
	"time"

	"github.com/qdeploy/qdeploy/pkg/ledger"
)

const (
	leaseTime = 5 * time.Minute  // it is renewed long before
	leaseTry  = 10 * time.Second // how often to look whether another run has ended
)

// lock takes the ledger's lease, so that one run at a time applies, whoever
// started it. It waits for another run for as long as patient. The function that
// it returns gives the lease back.
func (m *memory) lock(ctx context.Context, p *program, run string, patient time.Duration) (release func(), err error) {
	if m.ledger == nil {
		return func() {}, nil
	}
	holder := m.holder(run)
	told := false
	for end := time.Now().Add(patient); ; {
		lease, err := m.ledger.Acquire(ctx, holder, leaseTime, gone)
		if err == nil {
			release := m.keepLease(ctx, lease)
			if err := m.again(); err != nil { // another run may have written meanwhile
				release()
				return nil, err
			}
			return release, nil
		}
		var held *ledger.HeldError
		if !errors.As(err, &held) {
			return nil, err
		}
		if time.Now().After(end) && (told || patient == 0) {
			return nil, &failure{status: exitLocked, err: err, hint: "wait until that run ends; what was killed is taken over " + (leaseTime + ledger.Skew).String() + " after its last sign of life"}
		}
		if !told {
			told = true
			fmt.Fprintf(p.err, "qdeploy: waiting: %v\n", err)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(min(leaseTry, time.Until(end)+time.Millisecond)):
		}
	}
}

// again reads once more what is remembered.
func (m *memory) again() error {
	now, err := remember(m.ledger)
	if err == nil {
		m.entries, m.slots, m.spaces = now.entries, now.slots, now.spaces
	}
	return err
}

func remember(l *ledger.Ledger) (*memory, error) {
	entries, err := l.Entries()
	if err != nil {
		return nil, fail("the ledger is the git ref "+string(ledger.Ref)+"; delete the ref to begin anew: nothing is then pruned until the next apply", "%w", err)
	}
	slots, err := l.Slots()
	if err != nil {
		return nil, err
	}
	spaces, err := l.Previews()
	if err != nil {
		return nil, err
	}
	lives, err := l.Lives()
	if err != nil {
		return nil, err
	}
	return &memory{ledger: l, entries: entries, slots: slots, spaces: spaces, lives: lives}, nil
}

// keepLease renews a lease until it is given back.
func (m *memory) keepLease(ctx context.Context, lease *ledger.Lease) func() {
	stop := lease.Keep(ctx)
	return func() {
		stop()
		_ = lease.Release(context.WithoutCancel(ctx)) // it ends by itself
	}
}

// as says who applies.
func (m *memory) as(who ledger.Identity) {
	m.identity = who
	if m.ledger != nil {
		m.ledger.As(who)
	}
}

// holder says who applies: the job, or the person at this machine.
func (m *memory) holder(run string) ledger.Holder {
	h := ledger.Holder{Run: run, Who: m.identity.Name, URL: m.identity.Run, Part: m.part}
	if m.part != "" {
		h.Of = m.of
	}
	if u, err := user.Current(); err == nil && h.Who == "" {
		h.Who = u.Username
	}
	if name, err := os.Hostname(); err == nil {
		h.Host, h.PID = name, os.Getpid()
		if h.URL == "" {
			h.Who += " at " + name
		}
	}
	return h
}

// gone reports whether a run was started on this machine and its process is no
// more: killed, for it would have given the lease back.
func gone(h ledger.Holder) bool {
	host, err := os.Hostname()
	if err != nil || h.PID == 0 || h.Host != host {
		return false
	}
	p, err := os.FindProcess(h.PID)
	return err == nil && errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
