package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
)

// MostShards is how many parts a fleet may be cut into: a matrix of GitHub Actions has no
// more jobs.
//
// https://docs.github.com/en/actions/reference/limits
const MostShards = 256

// Shard is one of the parts that a fleet is cut into, for one of several machines: the
// I-th of N, from 1. The zero value is the whole.
type Shard struct{ I, N int }

// ParseShard reads "2/4".
func ParseShard(text string) (Shard, error) {
	first, second, ok := strings.Cut(text, "/")
	i, err1 := strconv.Atoi(first)
	n, err2 := strconv.Atoi(second)
	if !ok || err1 != nil || err2 != nil || i < 1 || i > n || n > MostShards {
		return Shard{}, fmt.Errorf("%q is no shard: it is I/N, the I-th of N, and N is at most %d", text, MostShards)
	}
	return Shard{i, n}, nil
}

// String is "2/4", "" for the whole.
func (s Shard) String() string {
	if s.N == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.I, s.N)
}

// Has reports whether a tenant is in the shard. Each tenant is in one of them, whichever
// others there are; of N+1 shards each takes its part from all of N, and nothing else
// moves.
//
// It is rendezvous hashing: https://en.wikipedia.org/wiki/Rendezvous_hashing
func (s Shard) Has(tenant string) bool { return s.HasOf(tenant, s.N) }

// HasOf reports whether a tenant is in the shard where only the first most of them take
// part.
func (s Shard) HasOf(tenant string, most int) bool {
	if s.N == 0 {
		return true
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(tenant)) // it never fails
	key := h.Sum64()
	best, at := uint64(0), 0
	for i := 1; i <= min(s.N, max(most, 1)); i++ {
		if w := mix(key ^ mix(uint64(i))); w >= best {
			best, at = w, i
		}
	}
	return at == s.I
}

// mix spreads the bits of a number: the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Share is this shard's part of a number that all of N have together, for those that take
// part: the parts add up to the number.
func (s Shard) Share(number, most int) int {
	n := min(s.N, max(most, 1))
	if s.N == 0 || number < 0 {
		return number
	}
	if s.I > n {
		return 0
	}
	share := number / n
	if s.I <= number%n {
		share++
	}
	return share
}

// Merge makes one plan of those of all shards: the same as if it had been made at once.
// What the guards have against the whole is for [Guards.Check] to say again.
func Merge(parts []*Fleet) (*Fleet, error) {
	if len(parts) == 0 {
		return nil, errors.New("there is nothing to merge")
	}
	first := parts[0]
	var plans []*Plan
	var homes []json.RawMessage
	seen := map[int]bool{}
	n := 0
	for _, p := range parts {
		s, err := ParseShard(p.Shard)
		switch {
		case p.Shard == "":
			return nil, errors.New("one of them is no shard: it was planned without --shard")
		case err != nil:
			return nil, err
		case n != 0 && s.N != n:
			return nil, fmt.Errorf("they are of %d and of %d shards", n, s.N)
		case seen[s.I]:
			return nil, fmt.Errorf("shard %s is there twice", s)
		case p.Revision != first.Revision:
			return nil, fmt.Errorf("shard %s is of revision %.12s, and shard %s of %.12s", first.Shard, first.Revision, s, p.Revision)
		case p.Refresh != first.Refresh:
			return nil, fmt.Errorf("shard %s was made with --refresh %s, and shard %s with %s", first.Shard, first.Refresh, s, p.Refresh)
		}
		n, seen[s.I] = s.N, true
		for _, t := range p.Plans {
			if !s.Has(t.Tenant.Name) {
				return nil, fmt.Errorf("shard %s has tenant %s, which is in another", s, t.Tenant.Name)
			}
		}
		plans, homes = append(plans, p.Plans...), append(homes, p.Homes...)
	}
	var missing []string
	for i := 1; i <= n; i++ {
		if !seen[i] {
			missing = append(missing, Shard{i, n}.String())
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("shards are missing: %s", strings.Join(missing, ", "))
	}
	fleet := NewFleet(first.Revision, first.Refresh, slices.Clip(plans))
	fleet.Homes = homes
	return fleet, nil
}
