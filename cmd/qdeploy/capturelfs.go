package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/qdeploy/qdeploy/pkg/estate"
)

// content reads an app as a commit has it. A Git LFS pointer is followed; what cannot be
// fetched is a [qvf.ErrLFSPointer].
func (r *capturing) content(commit, file string) ([]byte, error) {
	text, err := r.repo.Read(commit, file)
	if err != nil {
		return nil, err
	}
	pointer := estate.LFSPointer(text)
	if pointer == nil {
		return text, nil
	}
	text, err = estate.LFSObject(r.git, pointer, r.p.gitEnv)
	if errors.Is(err, fs.ErrNotExist) {
		err = pointer
	}
	if err != nil {
		return nil, fmt.Errorf("%.10s: %s: %w", commit, file, err)
	}
	return text, nil
}

// store adds an app to what is proposed: as a pointer, where the repository keeps such
// files in Git LFS.
func (r *capturing) store(e *captureEdit, file string, text []byte) error {
	large, err := estate.InLFS(file, func(name string) ([]byte, error) { return r.repo.Read(r.head, name) })
	if err == nil && large {
		text, e.object, err = estate.KeepLFS(r.git, text)
	}
	e.files[file] = text
	return err
}

// upload gives the remote what a pointer points to, before it gets the pointer. By hand
// git does so when the branch is pushed.
func (r *capturing) upload(e *captureEdit) error {
	if e.object == "" || r.job == nil {
		return nil
	}
	return estate.PushLFS(r.git, r.job.run.CloneURL(), e.object, r.p.gitEnv)
}
