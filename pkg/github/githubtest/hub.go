package githubtest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options say how a hub behaves. The zero value is github.com as documented,
// on the real clock.
type Options struct {
	// Now is the clock of rate windows, tokens and times; nil is time.Now.
	Now func() time.Time
	// NoLimits turns rate limits off, as on a new GitHub Enterprise Server.
	NoLimits bool
	// Hourly is the primary limit of a token; 0 is 1,000 for a GITHUB_TOKEN and
	// 5,000 for the others.
	Hourly int
	// Calls is told of every API request when its answer is ready, before the
	// caller has it.
	Calls func(Call)
}

// A Call is one request as the hub saw it.
type Call struct {
	Method string
	Path   string // without the prefix /api/v3
	Query  string
	Login  string // of the token, "" when there was none
	Status int    // 0 when the connection was cut
}

// A Hub is an http.Handler: the API at / and at /api/v3/, git at
// /owner/name.git.
type Hub struct {
	opts Options
	dir  string // of the bare repositories

	mu         sync.Mutex
	last       int64 // id given out
	repos      map[string]*Repo
	users      map[string]int64
	tokens     map[string]*Token
	apps       []*App
	meters     map[string]*meter // by token
	mood       Mood
	struck     []int // by fault of the mood
	complaints []string
}

// New returns a hub that keeps its repositories below dir, which must exist.
func New(dir string, o Options) *Hub {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Hub{
		opts: o, dir: dir, last: 1000,
		repos: map[string]*Repo{}, users: map[string]int64{}, tokens: map[string]*Token{}, meters: map[string]*meter{},
	}
}

func (h *Hub) now() time.Time { return h.opts.Now().UTC().Truncate(time.Second) }

// next gives out an id. It needs h.mu.
func (h *Hub) next() int64 {
	h.last++
	return h.last
}

// userID is the id of a login, known from the first time it is used.
func (h *Hub) userID(login string) int64 {
	if h.users[login] == 0 {
		h.users[login] = h.next()
	}
	return h.users[login]
}

// AddRepo adds a private repository with one commit of files on its default
// branch, main, and panics if the name is taken.
func (h *Hub) AddRepo(fullName string, files map[string]string) *Repo {
	h.mu.Lock()
	r := h.newRepo(fullName)
	r.git.must("init", "--quiet", "--bare", "--initial-branch=main", ".")
	h.mu.Unlock()
	r.Commit("main", "First commit", files)
	return r
}

// newRepo makes the repository's record and directory. It needs h.mu.
func (h *Hub) newRepo(fullName string) *Repo {
	owner, name, ok := strings.Cut(fullName, "/")
	if !ok || h.repos[fullName] != nil {
		panic(fmt.Sprintf("githubtest: repository %q is taken or has no owner", fullName))
	}
	dir := filepath.Join(h.dir, owner, name+".git")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		panic("githubtest: " + err.Error())
	}
	r := &Repo{
		hub: h, Owner: owner, Name: name, id: h.next(), created: h.now(), git: gitDir{dir, h.now},
		roles: map[string]string{owner: "admin"}, protected: map[string][]string{}, environments: map[string]int64{},
	}
	h.repos[fullName] = r
	return r
}

// Repo returns a repository by "owner/name", nil if there is none.
func (h *Hub) Repo(fullName string) *Repo {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.repos[fullName]
}

// repoNames are the names of all repositories, sorted. It needs h.mu.
func (h *Hub) repoNames() []string {
	names := make([]string, 0, len(h.repos))
	for name := range h.repos {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Complaints lists what callers asked for that GitHub does not have, or that
// the hub does not know: routes, query parameters, members of bodies.
func (h *Hub) Complaints() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.complaints)
}

func (h *Hub) complain(format string, args ...any) {
	h.complaints = append(h.complaints, fmt.Sprintf(format, args...))
}
