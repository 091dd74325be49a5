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
	"github.com/go-git/go-git/v5/storage/filesystem"
)

var errMoved = errors.New("the ledger moved meanwhile")

// point moves the ref from old to hash, or fails with errMoved.
//
// On a disk it does so as git does: a lock file that only one can create, and a
// rename. go-git (v5.19) writes refs in place instead, and whoever reads at that
// moment finds none: an empty ledger, which would then be written.
func (l *Ledger) point(hash plumbing.Hash, old *plumbing.Reference) error {
	disk, ok := l.store.(*filesystem.Storage)
	if !ok {
		return l.store.CheckAndSetReference(plumbing.NewHashReference(Ref, hash), old)
	}
	at := disk.Filesystem()
	if err := lock(at); err != nil {
		return err
	}
	err := l.replace(at, hash, old)
	if err != nil {
		_ = at.Remove(lockFile) // it is ours still: only success makes it the ref
	}
	return err
}

// replace makes the lock file the ref, if the ref is still old.
func (l *Ledger) replace(at billy.Filesystem, hash plumbing.Hash, old *plumbing.Reference) error {
	now, err := l.ref()
	if err != nil {
		return err
	}
	if (now == nil) != (old == nil) || now != nil && now.Hash() != old.Hash() {
		return errMoved
	}
	err = write(at, lockFile, hash.String()+"\n")
	if err == nil {
		err = at.Rename(lockFile, Ref.String())
	}
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// lockFile is where git itself would lock the ref.
const lockFile = string(Ref) + ".lock"

// How long a lock is waited for, and from when on whoever made it must be dead:
// it is held for a few milliseconds.
const (
	lockWait  = 20 * time.Second
	lockStale = 10 * time.Second
	lockPause = 5 * time.Millisecond
)

// lock creates the lock file.
func lock(at billy.Filesystem) error {
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
			return fmt.Errorf("ledger: %s stays locked: if no qdeploy or git is running, remove the file .git/%s", Ref, lockFile)
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
