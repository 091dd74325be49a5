package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
)

// records returns what each file of a folder beside the entries holds, by what it is about.
func records[T any](l *Ledger, folder string, about func(T) string) (map[string]T, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]T{}
	err := l.each(folder, func(file string, text []byte) error {
		var r T
		if err := json.Unmarshal(text, &r); err != nil {
			return fmt.Errorf("ledger: %s: %w", file, err)
		}
		out[about(r)] = r
		return nil
	})
	return out, err
}

// putFile puts a file beside the entries, in a commit of its own; keep has it stay in the
// local ref when the remote cannot be reached.
func (l *Ledger) putFile(ctx context.Context, message, file string, v any, keep bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	files, err := textOf(file, v)
	if err != nil {
		return err
	}
	return l.commit(ctx, &change{message: message, keep: keep, files: func(root plumbing.Hash) (map[string][]byte, string, error) {
		return files, "", l.fenced(root)
	}})
}
