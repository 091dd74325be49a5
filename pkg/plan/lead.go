package plan

// Lead puts a change before all others: none of them begins before it is done.
func (p *Plan) Lead(c Change) {
	for i := range p.Changes {
		p.Changes[i].After = append([]Key{c.Key}, p.Changes[i].After...)
	}
	p.Changes = append([]Change{c}, p.Changes...)
	p.stall()
	p.Digest = p.Sum()
}
