package plan

import "container/heap"

// intHeap gives the smallest index first, which keeps the order by key.
type intHeap []int

func (h intHeap) Len() int           { return len(h) }
func (h intHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h intHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *intHeap) Push(x any)        { *h = append(*h, x.(int)) }
func (h *intHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

type minHeap struct{ h intHeap }

func newHeap(n int) *minHeap  { return &minHeap{make(intHeap, 0, n)} }
func (m *minHeap) len() int   { return len(m.h) }
func (m *minHeap) push(i int) { heap.Push(&m.h, i) }
func (m *minHeap) pop() int   { return heap.Pop(&m.h).(int) }
