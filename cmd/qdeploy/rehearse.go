package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

type rehearseFlags struct {
	tenants     int
	sizes       []int
	latency     time.Duration
	faults      string
	broken      string
	seed        int64
	parallelism int
	maxRPS      int
	asJSON      bool
	svg         string
}

func (p *program) rehearseCommand() *cobra.Command {
	var f rehearseFlags
	c := &cobra.Command{
		Use:   "rehearse",
		Short: "Roll the estate out over thousands of emulated tenants, without waiting",
		Long: `Multiply the estate's tenants, those of its tenant files, and roll the estate out
over all of them: its templates, environments and rings, against an emulated Qlik
Cloud in this process. Latency, rate limits and soak pass on a clock that nobody
waits for, so that days take minutes. Nothing is called and no secret is needed.

--faults answers that share of all requests with 503. --break is a change that is
wrong, in all tenants or in a share of them: the publishing of APP@VERSION fails, or
every write to a service of Qlik's API. It shows which tenants would have been hit
when the rings stop, and how many would not. The same --seed gives the same
rehearsal; only what is "measured" differs. docs/scale.md has the curves, and what
is not simulated.`,
		Example: "  qdeploy rehearse --tenants 8500 --latency 80ms --faults 2%\n  qdeploy rehearse --tenants 500 --break Shipments@1.1.0=10%",
		Args:    words(0),
		RunE:    func(c *cobra.Command, _ []string) error { return p.rehearse(c.Context(), f) },
	}
	fl := c.Flags()
	fl.IntVar(&f.tenants, "tenants", 500, "how many tenants there are, those of the estate included")
	fl.IntSliceVar(&f.sizes, "sizes", nil, "rehearse once with each of these `numbers` of tenants, and print a table")
	fl.DurationVar(&f.latency, "latency", 80*time.Millisecond, "how late each answer comes")
	fl.StringVar(&f.faults, "faults", "0%", "the `share` of requests that are answered with 503")
	fl.StringVar(&f.broken, "break", "", "what the change breaks: `WHAT=SHARE` of tenants; WHAT is APP@VERSION, or a service such as apps")
	fl.Int64Var(&f.seed, "seed", 1, "what is drawn follows from this number")
	fl.IntVar(&f.parallelism, "parallelism", 32, "tenants at a time")
	addMaxRPS(c, &f.maxRPS)
	fl.BoolVar(&f.asJSON, "json", false, "print the result as JSON")
	fl.StringVar(&f.svg, "svg", "", "with --sizes: draw the curves into this `file`")
	return c
}

func (p *program) rehearse(ctx context.Context, f rehearseFlags) error {
	if f.svg != "" && len(f.sizes) < 2 {
		return fail("for example: --sizes 100,500,2000 --svg scale.svg", "--svg needs --sizes, at least two")
	}
	sizes := f.sizes
	if len(sizes) == 0 {
		sizes = []int{f.tenants}
	}
	var all []*rehearsal
	for _, n := range sizes {
		s := &theatre{latency: f.latency, seed: f.seed}
		if err := f.set(s); err != nil {
			return err
		}
		r, err := p.rehearseOne(ctx, f, s, n)
		if err != nil {
			return err
		}
		all = append(all, r)
	}
	if f.svg != "" {
		if err := os.WriteFile(f.svg, curves(all), 0o644); err != nil {
			return err
		}
	}
	switch {
	case f.asJSON && len(f.sizes) > 0:
		return p.printJSON(all)
	case f.asJSON:
		return p.printJSON(all[0])
	case len(f.sizes) > 0:
		return printSizes(p.out, all)
	}
	return all[0].print(p.out)
}

// set reads what goes wrong in a rehearsal.
func (f *rehearseFlags) set(s *theatre) (err error) {
	switch {
	case f.latency < 0:
		return fail("a duration such as 80ms", "--latency: %s is below 0", f.latency)
	case f.parallelism < 1:
		return fail("32 is the default", "--parallelism: %d is below 1", f.parallelism)
	}
	if err := checkMaxRPS(f.maxRPS); err != nil {
		return err
	}
	if s.faults, err = shareOf("--faults", f.faults); err != nil || f.broken == "" {
		return err
	}
	s.broken, err = breakageOf(f.broken)
	return err
}

// shareOf reads "2%".
func shareOf(flag, text string) (float64, error) {
	number, percent := strings.CutSuffix(text, "%")
	x, err := strconv.ParseFloat(number, 64)
	if err != nil || !percent || !(x >= 0 && x <= 100) {
		return 0, fail("a share is written 2%", "%s: %q is no share", flag, text)
	}
	return x / 100, nil
}

// rehearsal is what came of one.
type rehearsal struct {
	Tenants  int            `json:"tenants"`
	Virtual  time.Duration  `json:"virtual"` // nanoseconds
	Runs     int            `json:"runs"`
	Calls    int            `json:"calls"`
	Tiers    map[string]int `json:"callsByTier"`
	Writes   int64          `json:"writes"`
	Faults   int64          `json:"faults"`
	Retries  int64          `json:"retries"`
	Limited  int64          `json:"refusedByRateLimits"`
	Uploaded int64          `json:"uploadedBytes"`
	Rings    []*playedRing  `json:"rings"`
	Done     int            `json:"tenantsDone"`
	Broken   string         `json:"broken,omitempty"`
	Outside  []string       `json:"hitOutsideRings,omitempty"`
	Stopped  *tripped       `json:"stopped,omitempty"`
	Ends     string         `json:"ends"`
	Wall     time.Duration  `json:"measuredWall"` // nanoseconds
	CPU      time.Duration  `json:"measuredCPU"`  // nanoseconds of all processors; 0 where the system does not say
	Heap     uint64         `json:"measuredPeakHeap"`
}

// playedRing is a ring of a rehearsal.
type playedRing struct {
	Environment string        `json:"environment"`
	Ring        string        `json:"ring"`
	Tenants     int           `json:"tenants"`
	Have        int           `json:"have"`
	Applying    time.Duration `json:"applying"` // nanoseconds
	Soak        time.Duration `json:"soak"`
	State       string        `json:"state"`

	Hit    []string `json:"hit,omitempty"`    // tenants in which the change failed
	Spared int      `json:"spared,omitempty"` // tenants that were not begun, where something is broken
}

// tripped tells who was hit when a ring stopped.
type tripped struct {
	Ring     string   `json:"ring"`
	Hit      []string `json:"hit"`
	InFlight int      `json:"inFlight"` // that may have begun beside them, at most
	Spared   int      `json:"spared"`   // tenants of the environment that were not begun
}

func (t *tripped) String() string {
	return fmt.Sprintf("%s stopped: %s hit (%s), at most %d more in flight, %d spared",
		t.Ring, many(len(t.Hit), "tenant"), firstNames(t.Hit, 5), t.InFlight, t.Spared)
}
