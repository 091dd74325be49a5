package qlik

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// lexicon is what one reading finds out of glossaries. Three kinds are read from the same
// lists, each of which is asked for once, until something is written.
type lexicon struct {
	mu         sync.Mutex
	written    bool
	glossaries asked[glossaryBody]
	categories map[string]*asked[categoryBody] // by glossary ID
	in         map[string]string               // glossary ID by that of what is in it
	stewards   map[string][][]string           // by name: as declared, the last time last
}

func newLexicon() *lexicon {
	return &lexicon{categories: map[string]*asked[categoryBody]{}, in: map[string]string{}, stewards: map[string][][]string{}}
}

// writes says that from now on lists are asked for again.
func (l *lexicon) writes() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.written = true
}

func (l *lexicon) again() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.written
}

// put remembers what is in a glossary.
func (l *lexicon) put(id, glossary string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.in[id] = glossary
}

func (l *lexicon) glossaryOf(id string) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if in := l.in[id]; in != "" {
		return in, nil
	}
	return "", fmt.Errorf("the glossary of %s is not known", id)
}

// inGlossary returns the path of a category or a term, by that of all of a glossary.
func (t *Tenant) inGlossary(all func(glossary string) string, id string) (string, error) {
	glossary, err := t.words().glossaryOf(id)
	return all(glossary) + "/" + url.PathEscape(id), err
}

// declare remembers who is declared to look after what has one of the names.
func (l *lexicon) declare(stewards []string, names ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range names {
		if stewards != nil {
			l.stewards[name] = append(l.stewards[name], stewards)
		}
	}
}

// stewardsOf returns who looks after what has a name, as declared; nil if nobody declares
// that: it takes looking people up.
func (t *Tenant) stewardsOf(name string, ids []string) *[]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.lexicon
	l.mu.Lock()
	declared := l.stewards[name]
	l.mu.Unlock()
	if declared == nil {
		return nil
	}
	who := t.asDeclared(ids, declared)
	return &who
}

// words is what is known of glossaries.
func (t *Tenant) words() *lexicon {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lexicon
}

// glossariesIn returns the glossaries in a space. There is one list of all of them.
func (t *Tenant) glossariesIn(ctx context.Context, space string) ([]glossaryBody, error) {
	spaceID, err := t.id(ctx, Ref("space/"+space))
	if err != nil {
		return nil, err
	}
	l := t.words()
	all, err := l.glossaries.get(l.again(), list[glossaryBody](ctx, t.Client, glossariesPath, everything()))
	if err != nil {
		return nil, err
	}
	var in []glossaryBody
	for _, g := range all {
		if g.SpaceID == spaceID && !strings.Contains(g.Name, "/") {
			in = append(in, g)
		}
	}
	return in, nil
}

// lacksGlossary says why nobody can tell which glossary is meant, "" if there is one at most.
func (t *Tenant) lacksGlossary(glossary Ref) string {
	key := plan.Key{Kind: "glossary", Name: glossary.Name()}
	spaceID, _ := t.known(plan.Key{Kind: "space", Name: spaceOf(key)})
	l, n := t.words(), 0
	l.glossaries.mu.Lock()
	defer l.glossaries.mu.Unlock()
	for _, g := range l.glossaries.rows {
		if g.SpaceID == spaceID && spaceOf(key)+"/"+g.Name == key.Name {
			n++
		}
	}
	if n < 2 {
		return ""
	}
	return fmt.Sprintf("the tenant has %d of %s: rename or delete all but one", n, key)
}

// categoriesOf returns the categories of a glossary.
func (t *Tenant) categoriesOf(ctx context.Context, glossary string) ([]categoryBody, error) {
	l := t.words()
	l.mu.Lock()
	if l.categories[glossary] == nil {
		l.categories[glossary] = &asked[categoryBody]{}
	}
	a := l.categories[glossary]
	l.mu.Unlock()
	rows, err := a.get(l.again(), list[categoryBody](ctx, t.Client, categoriesPath(glossary), everything()))
	for _, c := range rows {
		l.put(c.ID, glossary)
	}
	return rows, err
}
