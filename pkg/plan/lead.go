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

// Trail puts a change after all others: it begins when all of them are done.
func (p *Plan) Trail(c Change) {
	for _, before := range p.Changes {
		c.After = append(c.After, before.Key)
	}
	p.Changes = append(p.Changes, c)
	p.stall()
	p.Digest = p.Sum()
}
