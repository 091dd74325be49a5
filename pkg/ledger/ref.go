package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/storage"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

var errMoved = errors.New("the ledger moved meanwhile")

// move moves a ref from old to hash, or fails with errMoved.
//
// On a disk it does so as git does: a lock file that only one can create, and a
// rename. go-git (v5.19) writes refs in place instead, and whoever reads at that
// moment finds none: an empty ledger, which would then be written.
func (l *Ledger) move(name plumbing.ReferenceName, hash plumbing.Hash, old *plumbing.Reference) error {
	disk, ok := l.store.(*filesystem.Storage)
	if !ok {
		err := l.store.CheckAndSetReference(plumbing.NewHashReference(name, hash), old)
		if errors.Is(err, storage.ErrReferenceHasChanged) {
			return errMoved
		}
		return err
	}
	at := disk.Filesystem()
	if err := lock(at, name); err != nil {
		return err
	}
	err := l.replace(at, name, hash, old)
	if err != nil {
		_ = at.Remove(lockOf(name)) // it is ours still: only success makes it the ref
	}
	return err
}

// replace makes the lock file the ref, if the ref is still old.
func (l *Ledger) replace(at billy.Filesystem, name plumbing.ReferenceName, hash plumbing.Hash, old *plumbing.Reference) error {
	now, err := l.ref(name)
	if err != nil {
		return err
	}
	if (now == nil) != (old == nil) || now != nil && now.Hash() != old.Hash() {
		return errMoved
	}
	err = write(at, lockOf(name), hash.String()+"\n")
	if err == nil {
		err = at.Rename(lockOf(name), name.String())
	}
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// lockOf returns where git itself would lock a ref.
func lockOf(name plumbing.ReferenceName) string { return name.String() + ".lock" }

// How long a lock is waited for, and from when on whoever made it must be dead:
// it is held for a few milliseconds.
const (
	lockWait  = 20 * time.Second
	lockStale = 10 * time.Second
	lockPause = 5 * time.Millisecond
)

// lock creates the lock file.
func lock(at billy.Filesystem, name plumbing.ReferenceName) error {
	lockFile := lockOf(name)
	if err := at.MkdirAll(path.Dir(lockFile), 0o755); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	for start := time.Now(); ; time.Sleep(lockPause) {
		f, err := at.OpenFile(lockFile, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err == nil {
			return f.Close()
		}
		if !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("ledger: %w", err)
		}
		if info, err := at.Stat(lockFile); err == nil && time.Since(info.ModTime()) > lockStale {
			_ = at.Remove(lockFile) // its maker was killed
		}
		if time.Since(start) > lockWait {
			return fmt.Errorf("ledger: %s stays locked: if no qdeploy or git is running, remove the file .git/%s", name, lockFile)
		}
	}
}

func write(at billy.Filesystem, name, text string) error {
	f, err := at.OpenFile(name, os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write([]byte(text))
	return errors.Join(err, f.Close())
}
