package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"runtime/metrics"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// heapPeak returns the largest heap until stop.
func heapPeak(stop <-chan struct{}) (peak uint64) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		metrics.Read(sample)
		peak = max(peak, sample[0].Value.Uint64())
		select {
		case <-stop:
			return peak
		case <-tick.C:
		}
	}
}

// megabytes writes a number of bytes.
func megabytes(n float64) string { return fmt.Sprintf("%.1f MB", n/1e6) }

func (r *rehearsal) print(out io.Writer) error {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	var tiers []string
	for _, name := range slices.Sorted(maps.Keys(r.Tiers)) {
		what := name
		if len(name) == 1 {
			what = "tier " + name
		}
		tiers = append(tiers, fmt.Sprintf("%s: %d", what, r.Tiers[name]))
	}
	fmt.Fprintf(w, "tenants\t%d, %d of them done\n", r.Tenants, r.Done)
	fmt.Fprintf(w, "virtual time\t%s in %s\n", r.Virtual.Round(time.Second), many(r.Runs, "run"))
	fmt.Fprintf(w, "calls\t%d (%s), %.1f a tenant\n", r.Calls, strings.Join(tiers, ", "), float64(r.Calls)/float64(r.Tenants))
	fmt.Fprintf(w, "writes\t%d\n", r.Writes)
	fmt.Fprintf(w, "trouble\t%s, %d sent again, %d refused by rate limits\n", many(int(r.Faults), "fault"), r.Retries, r.Limited)
	fmt.Fprintf(w, "uploaded\t%s\n", megabytes(float64(r.Uploaded)))
	if r.Broken != "" {
		fmt.Fprintf(w, "broken\t%s\n", r.Broken)
	}
	for _, g := range r.Rings {
		have := fmt.Sprintf("%d of %d have it", g.Have, g.Tenants)
		if r.Broken != "" {
			have += fmt.Sprintf(", %s, %d spared", struck(g.Hit), g.Spared)
		}
		fmt.Fprintf(w, "ring %s/%s\t%s, applying %s, soak %s: %s\n", g.Environment, g.Ring, have, g.Applying.Round(time.Second), g.Soak, g.State)
	}
	if len(r.Outside) > 0 {
		fmt.Fprintf(w, "outside rings\t%s\n", struck(r.Outside))
	}
	if r.Stopped != nil {
		fmt.Fprintf(w, "breaker\t%s\n", r.Stopped)
	}
	fmt.Fprintf(w, "end\t%s\n", r.Ends)
	fmt.Fprintf(w, "measured\t%s, %s of processors, peak heap %s with the emulator\n", r.Wall.Round(time.Millisecond), r.CPU.Round(time.Millisecond), megabytes(float64(r.Heap)))
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// printSizes prints a line for each size.
func printSizes(out io.Writer, all []*rehearsal) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TENANTS\tDONE\tRUNS\tVIRTUAL\tCALLS\tPER TENANT\tWRITES\tMEASURED\tCPU\tPEAK HEAP")
	for _, r := range all {
		fmt.Fprintf(w, "%d\t%d\t%d\t%s\t%d\t%.1f\t%d\t%s\t%s\t%s\n", r.Tenants, r.Done, r.Runs, r.Virtual.Round(time.Second), r.Calls,
			float64(r.Calls)/float64(r.Tenants), r.Writes, r.Wall.Round(100*time.Millisecond), r.CPU.Round(100*time.Millisecond), megabytes(float64(r.Heap)))
	}
	return w.Flush()
}

// curves draws what rehearsals took against their tenants: each curve in a box of its
// own, from nothing to the largest value.
func curves(all []*rehearsal) []byte {
	const wide, high, gap = 240, 160, 50
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="11">`+"\n", 5*(wide+gap)+gap, high+2*gap)
	most := 0
	for _, r := range all {
		most = max(most, r.Tenants)
	}
	for i, c := range []struct {
		title string
		of    func(*rehearsal) float64
		text  func(float64) string
	}{
		{"virtual time", func(r *rehearsal) float64 { return r.Virtual.Seconds() }, func(x float64) string { return fmt.Sprintf("%.0f s", x) }},
		{"measured time", func(r *rehearsal) float64 { return r.Wall.Seconds() }, func(x float64) string { return fmt.Sprintf("%.1f s", x) }},
		{"processor time", func(r *rehearsal) float64 { return r.CPU.Seconds() }, func(x float64) string { return fmt.Sprintf("%.1f s", x) }},
		{"calls", func(r *rehearsal) float64 { return float64(r.Calls) }, func(x float64) string { return fmt.Sprintf("%.0f", x) }},
		{"peak heap, with the emulator", func(r *rehearsal) float64 { return float64(r.Heap) }, megabytes},
	} {
		left, top := gap+i*(wide+gap), 0.0
		for _, r := range all {
			top = max(top, c.of(r))
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d">%s, up to %s</text><path d="M%d %dv%dh%d" fill="none" stroke="#888"/>`+"\n", left, gap-12, c.title, c.text(top), left, gap, high, wide)
		var points []string
		for _, r := range all {
			x, y := float64(left)+wide*float64(r.Tenants)/float64(most), gap+high-high*c.of(r)/max(top, 1e-9)
			points = append(points, fmt.Sprintf("%.1f,%.1f", x, y))
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3" fill="#06c"><title>%d tenants: %s</title></circle>`+"\n", x, y, r.Tenants, c.text(c.of(r)))
		}
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="#06c"/><text x="%d" y="%d" text-anchor="end">%d tenants</text>`+"\n", strings.Join(points, " "), left+wide, gap+high+16, most)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}
