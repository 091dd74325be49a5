package qlik

import (
	"iter"
	"sync"
	"sync/atomic"
)

// asked is a list that is asked for once, for all who want to know.
type asked[T any] struct {
	mu   sync.Mutex
	done bool
	rows []T
}

func (a *asked[T]) get(again bool, all iter.Seq2[T, error]) ([]T, error) {
	a.mu.Lock() // whoever else wants to know waits for the answer
	defer a.mu.Unlock()
	if a.done && !again {
		return a.rows, nil
	}
	rows := []T{}
	for row, err := range all {
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	a.rows, a.done = rows, true
	return rows, nil
}

// told is a list of the tenant that is asked for once, until something in it is written.
type told[T any] struct {
	asked[T]
	wrote atomic.Bool
}

func (l *told[T]) all(rows iter.Seq2[T, error]) ([]T, error) { return l.get(l.wrote.Load(), rows) }
