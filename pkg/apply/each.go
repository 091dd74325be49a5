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

// Limits say how many are worked on at a time, and when nothing more begins.
type Limits struct {
	AtOnce int // at most, but always one
	Budget Budget
	Room   *Room // that is shared with others; nil: none is
}

// Each calls f for 0 to n-1, at most limit at a time, and returns what it
// returned, by index. It starts nothing more when ctx ends or stop drains, and
// returns when all that started has ended; started tells which did.
func Each[T any](ctx context.Context, stop Stop, n, limit int, f func(context.Context, int) T) (out []T, started []bool) {
	l := Limits{AtOnce: limit, Budget: Budget{Failures: -1}}
	return Within(ctx, stop, n, l, func(ctx context.Context, i int) (T, End) { return f(ctx, i), EndWell })
}

// Within is [Each] within limits: f also says how that ended. It starts nothing more once
// more have failed than may. What the platform's trouble kept from being touched is
// started again, after all others, if it was everybody's trouble: so what was not started
// is as it was, although f was called.
func Within[T any](ctx context.Context, stop Stop, n int, l Limits, f func(context.Context, int) (T, End)) (out []T, started []bool) {
	out = make([]T, n)
	w := &within{Limits: l, stop: stop, started: make([]bool, n)}
	for i := range n {
		w.todo = append(w.todo, i)
	}
	ends := make(chan ended)
	for {
		woken := w.begin(ctx, func(i int) {
			go func() {
				var end End
				out[i], end = f(ctx, i)
				ends <- ended{i, end}
			}()
		})
		if w.running == 0 && woken == nil {
			return out, w.started
		}
		var drained, done <-chan struct{}
		if woken != nil {
			drained, done = stop.Drain, ctx.Done()
		}
		select {
		case e := <-ends:
			w.end(ctx, e)
		case <-woken:
		case <-drained:
		case <-done:
		}
	}
}

// ended is one that has.
type ended struct {
	i   int
	end End
}

// within is the state of one Within, and belongs to its goroutine.
type within struct {
	Limits
	stop            Stop
	todo            []int
	doubtful        []int // ended untouched: by the platform's trouble, or by their own
	started         []bool
	running, failed int
}

// begin starts what may be started. It returns what to wait for if there was no room.
func (w *within) begin(ctx context.Context, start func(int)) (woken <-chan struct{}) {
	for ctx.Err() == nil && !w.stop.draining() && len(w.todo) > 0 && w.running < w.Budget.atOnce(w.AtOnce, w.failed) && !w.Budget.over(w.failed) {
		ok, woken := w.Room.take()
		if !ok {
			return woken
		}
		i := w.todo[0]
		w.todo = w.todo[1:]
		w.started[i] = true
		w.running++
		start(i)
	}
	return nil
}

// end takes in how one ended. If the platform refuses everything, those that it kept from
// being touched are as if they had not been started; else that was their own trouble.
func (w *within) end(ctx context.Context, e ended) {
	w.running--
	w.Room.leave(e.end, ctx.Err() != nil)
	switch e.end {
	case EndFell:
		w.failed++
		w.doubtful = nil
	case EndWell:
		w.doubtful = nil
	case EndUntouched:
		w.doubtful = append(w.doubtful, e.i)
	}
	if !w.Room.refuses() {
		return
	}
	for _, i := range w.doubtful {
		w.started[i] = false
	}
	w.todo = append(w.todo, w.doubtful...)
	w.doubtful = nil
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
