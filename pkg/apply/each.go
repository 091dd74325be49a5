package apply

import "context"

// Budget is how many may fail before nothing more begins.
type Budget struct {
	Failures int  // that are allowed; negative: any number
	Strict   bool // begin no more at a time than may still fail, but always one

	// Spent says, besides, whether nothing more begins: several may share a budget. It
	// is asked before each begins; nil is never.
	Spent func() bool
}

// Each calls f for 0 to n-1, at most limit at a time, and returns what it
// returned, by index. It starts nothing more when ctx ends or stop drains, and
// returns when all that started has ended; started tells which did.
func Each[T any](ctx context.Context, stop Stop, n, limit int, f func(context.Context, int) T) (out []T, started []bool) {
	return Within(ctx, stop, n, limit, Budget{Failures: -1}, func(ctx context.Context, i int) (T, bool) { return f(ctx, i), false })
}

// Within is [Each] within a budget: f also says whether what it did has failed. It
// starts nothing more once more have failed than may.
func Within[T any](ctx context.Context, stop Stop, n, limit int, b Budget, f func(context.Context, int) (T, bool)) (out []T, started []bool) {
	out, started = make([]T, n), make([]bool, n)
	results := make(chan bool)
	running, failed := 0, 0
	for i := 0; ; {
		for ctx.Err() == nil && !stop.draining() && i < n && running < b.atOnce(limit, failed) && !b.over(failed) {
			started[i] = true
			running++
			go func(i int) {
				var bad bool
				out[i], bad = f(ctx, i)
				results <- bad
			}(i)
			i++
		}
		if running == 0 {
			return out, started
		}
		if <-results {
			failed++
		}
		running--
	}
}

// over reports whether nothing more begins when some have failed.
func (b Budget) over(failed int) bool {
	return b.Failures >= 0 && failed > b.Failures || b.Spent != nil && b.Spent()
}

// atOnce is how many may run at a time when some have failed.
func (b Budget) atOnce(limit, failed int) int {
	limit = max(limit, 1)
	if b.Failures < 0 || !b.Strict {
		return limit
	}
	return min(limit, max(1, b.Failures-failed))
}
