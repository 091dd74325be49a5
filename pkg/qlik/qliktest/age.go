package qliktest

import "time"

// AgeApps makes all published apps as old as if they had been made that much earlier, in the
// index too.
func (t *Tenant) AgeApps(by time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range t.Apps.rows {
		if a.Published == 0 {
			continue
		}
		a.Created = a.Created.add(-by)
		for _, i := range t.Items.Rows.rows {
			if i.App == a.ID {
				i.AppCreated = a.Created
			}
		}
	}
}
