package qlik

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Evaluation is what Qlik measured of an app.
type Evaluation struct {
	ID      string
	Status  string    // Qlik's word; "finished" is the one for what did its work
	Started time.Time // or when it was asked for, as long as it waits
	Ended   time.Time // zero while it waits or runs

	SizeMiB        float64       // the app in memory; 0 is not known
	Opening        time.Duration // of the app; 0 is not known
	SingleThreaded int           // objects that use one processor only
	OverMemory     int           // objects that need more memory than they may have
	Errors         int           // events of that severity
	Warnings       int           // events of that severity
}

// Running reports whether it has not ended. That it has an end tells so, for the
// types do not name the words that a status has.
func (e Evaluation) Running() bool { return e.Ended.IsZero() }

// Failed reports whether it ended without having done its work.
func (e Evaluation) Failed() bool { return !e.Running() && e.Status != evaluationFinished }

const evaluationFinished = "finished"

// What is less than that differs from one evaluation to the next by itself: Qlik's
// help warns of it.
const (
	slightSize    = 1.0 // MiB
	slightOpening = time.Second
)

// longestOpening is in milliseconds: what is longer does not fit a duration.
const longestOpening = 1e12

// WorseThan says in what an evaluation that finished is worse than one before: more
// than so many percent, unrounded, and more than 1 MiB or 1 s, in memory or time to
// open; and any more objects on one thread or over their memory, errors or warnings.
// What was not known before is not compared; what is not known any more is worse.
func (e Evaluation) WorseThan(before Evaluation, percent int) (why []string) {
	switch {
	case e.SizeMiB <= 0 && before.SizeMiB > 0:
		why = append(why, fmt.Sprintf("does not say what it takes, %.1f MiB before", before.SizeMiB))
	case e.Opening <= 0 && before.Opening > 0:
		why = append(why, fmt.Sprintf("does not say how long it takes to open, %.1f s before", before.Opening.Seconds()))
	}
	beyond := func(now, was float64) bool { return was > 0 && now*100 > was*float64(100+percent) }
	if beyond(e.SizeMiB, before.SizeMiB) && e.SizeMiB-before.SizeMiB > slightSize {
		why = append(why, fmt.Sprintf("takes %.1f MiB, %.1f before", e.SizeMiB, before.SizeMiB))
	}
	if beyond(e.Opening.Seconds(), before.Opening.Seconds()) && e.Opening-before.Opening > slightOpening {
		why = append(why, fmt.Sprintf("opens in %.1f s, %.1f before", e.Opening.Seconds(), before.Opening.Seconds()))
	}
	for _, n := range []struct {
		what     string
		now, was int
	}{
		{"objects on a single thread", e.SingleThreaded, before.SingleThreaded},
		{"objects over their memory", e.OverMemory, before.OverMemory},
		{"errors", e.Errors, before.Errors},
		{"warnings", e.Warnings, before.Warnings},
	} {
		if n.now > n.was {
			why = append(why, fmt.Sprintf("%s: %d, %d before", n.what, n.now, n.was))
		}
	}
	return why
}

// Span says which evaluations of an app tell of what it is, and of what it was.
type Span struct {
	Since time.Time // the app has been what it is
	Until time.Time // it was what it is held against; not after Since
}

// Evaluations are the two of an app that tell whether it became worse.
type Evaluations struct {
	Now    Evaluation  // the newest that began since
	Before *Evaluation // the newest that finished before; nil if there is none
}

// Evaluations returns the two of each app that is asked about, by app. It starts one
// where none began since, so the tenant must not be read-only. An app that is not in
// the space is an error.
//
// assumed: our clock and Qlik's agree.
func (t *Tenant) Evaluations(ctx context.Context, space string, apps map[string]Span) (map[string]Evaluations, error) {
	return ofApps(ctx, t, space, apps, func(ctx context.Context, id string, s Span) (Evaluations, bool, error) {
		now, before, err := t.evaluations(ctx, id, s)
		if err == nil && now == nil {
			now, err = t.evaluate(ctx, id)
		}
		if err != nil {
			return Evaluations{}, false, err
		}
		return Evaluations{*now, before}, true, nil
	})
}

// evaluation is one as Qlik tells of it, as far as it matters.
type evaluation struct {
	ID      string `json:"id"`
	Status  string `json:"status"`
	Asked   moment `json:"timestamp"`
	Started moment `json:"started"`
	Ended   moment `json:"ended"`
	Events  []struct {
		Severity string `json:"severity"`
	} `json:"events"`
	Result struct {
		SizeMiB        float64    `json:"documentSizeMiB"`
		SingleThreaded []struct{} `json:"objSingleThreaded"`
		OverMemory     []struct{} `json:"objMemoryLimit"`
		Opening        struct {
			Milliseconds float64 `json:"totalDurationMilliseconds"`
		} `json:"openApp"`
	} `json:"result"`
}

// read takes it as ours.
//
// assumed: "error" and "warning" are the severities that matter; the second is in
// Qlik's own example.
func (b evaluation) read() Evaluation {
	e := Evaluation{
		ID: b.ID, Status: b.Status, Started: b.Started.Time, Ended: b.Ended.Time, SizeMiB: b.Result.SizeMiB,
		Opening:        time.Duration(min(b.Result.Opening.Milliseconds, longestOpening) * float64(time.Millisecond)),
		SingleThreaded: len(b.Result.SingleThreaded), OverMemory: len(b.Result.OverMemory),
	}
	if e.Started.IsZero() {
		e.Started = b.Asked.Time
	}
	for _, x := range b.Events {
		switch x.Severity {
		case "error":
			e.Errors++
		case "warning":
			e.Warnings++
		}
	}
	return e
}

// evaluations reads one page: the newest come first, and what is older than a hundred
// is no measure of what an app was.
//
// https://qlik.dev/apis/rest/analytics/apps
func (t *Tenant) evaluations(ctx context.Context, id string, s Span) (now, before *Evaluation, err error) {
	var p page[evaluation]
	if err := t.call(ctx, http.MethodGet, evaluationsPath(id), everything("sort", "-started"), nil, &p); err != nil {
		return nil, nil, err
	}
	for _, body := range p.Data {
		e := body.read()
		switch {
		case !e.Started.Before(s.Since) || e.Started.IsZero():
			if now == nil || e.Started.After(now.Started) {
				now = &e
			}
		case !e.Failed() && e.Ended.Before(s.Until) && (before == nil || e.Ended.After(before.Ended)):
			before = &e
		}
	}
	return now, before, nil
}

// evaluate starts an evaluation of an app.
func (t *Tenant) evaluate(ctx context.Context, id string) (*Evaluation, error) {
	var made evaluation
	if err := t.call(ctx, http.MethodPost, evaluationsPath(id), nil, struct{}{}, &made); err != nil {
		return nil, err
	}
	e := made.read()
	return &e, nil
}

func evaluationsPath(app string) string {
	return "/api/analytics/apps/" + url.PathEscape(app) + "/evaluations"
}
