package qlik

import (
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// withoutCircles leaves out what terms have to do with others where that leads back to
// them: in a tenant where there are none yet, they would wait for one another. It says of
// which terms, and changes rs.
func withoutCircles(rs []plan.Resource) (notes []string, err error) {
	leads := map[Ref][]Ref{}
	var reaches func(from, to Ref, seen map[Ref]bool) bool
	reaches = func(from, to Ref, seen map[Ref]bool) bool {
		if from == to {
			return true
		}
		seen[from] = true
		for _, next := range leads[from] {
			if !seen[next] && reaches(next, to, seen) {
				return true
			}
		}
		return false
	}
	for i, r := range rs {
		if r.Key.Kind != "glossary-term" {
			continue
		}
		d, err := strict[GlossaryTerm](r.Spec)
		if err != nil {
			return nil, err
		}
		if d.RelatesTo == nil {
			continue
		}
		self, circle := Ref(r.Key.String()), false
		for _, rel := range *d.RelatesTo {
			circle = circle || reaches(rel.Term, self, map[Ref]bool{})
		}
		if !circle {
			for _, rel := range *d.RelatesTo {
				leads[self] = append(leads[self], rel.Term)
			}
			continue
		}
		d.RelatesTo = nil
		if rs[i].Spec, err = encoded(d); err != nil {
			return nil, err
		}
		notes = append(notes, r.Key.String()+": what it has to do with others, which leads back to it")
	}
	return notes, nil
}
