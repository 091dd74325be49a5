package githubtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// lfsObject is a file in Git LFS, as it is asked for and answered.
type lfsObject struct {
	OID     string               `json:"oid"`
	Size    int64                `json:"size"`
	Actions map[string]lfsAction `json:"actions,omitempty"`
	Error   *lfsError            `json:"error,omitempty"`
}

type lfsAction struct {
	Href   string            `json:"href"`
	Header map[string]string `json:"header,omitempty"`
}

type lfsError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// serveLFS serves /owner/name.git/info/lfs/...: the batch API with the basic transfer,
// and no locks.
// https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md
func (h *Hub) serveLFS(w http.ResponseWriter, r *http.Request, repo *Repo, what string) {
	w.Header().Set("Content-Type", "application/vnd.git-lfs+json")
	switch {
	case what == "objects/batch" && r.Method == http.MethodPost:
		h.serveLFSBatch(w, r, repo)
	case what == "locks/verify" && r.Method == http.MethodPost:
		_, _ = io.WriteString(w, `{"ours":[],"theirs":[]}`)
	case strings.HasPrefix(what, "data/"):
		h.serveLFSData(w, r, repo, strings.TrimPrefix(what, "data/"))
	default:
		http.Error(w, `{"message":"Not Found"}`, http.StatusNotFound)
	}
}

// serveLFSBatch says where objects are to be put, or are.
func (h *Hub) serveLFSBatch(w http.ResponseWriter, r *http.Request, repo *Repo) {
	var ask struct {
		Operation string      `json:"operation"`
		Objects   []lfsObject `json:"objects"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, maxPack)).Decode(&ask); err != nil {
		http.Error(w, `{"message":"no batch"}`, http.StatusUnprocessableEntity)
		return
	}
	answer := struct {
		Transfer string      `json:"transfer"`
		Objects  []lfsObject `json:"objects"`
	}{Transfer: "basic", Objects: []lfsObject{}}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, o := range ask.Objects {
		_, there := repo.large[o.OID]
		at := lfsAction{
			Href:   "http://" + r.Host + "/" + repo.FullName() + ".git/info/lfs/data/" + o.OID,
			Header: map[string]string{"Authorization": r.Header.Get("Authorization")},
		}
		switch {
		case ask.Operation == "download" && !there:
			o.Error = &lfsError{Code: http.StatusNotFound, Message: "Object does not exist on the server"}
		case ask.Operation == "download" || !there:
			o.Actions = map[string]lfsAction{ask.Operation: at}
		}
		answer.Objects = append(answer.Objects, o)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// serveLFSData takes an object, or gives it.
func (h *Hub) serveLFSData(w http.ResponseWriter, r *http.Request, repo *Repo, oid string) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPack))
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.Method == http.MethodGet {
		if text, ok := repo.large[oid]; ok {
			_, _ = io.Copy(w, bytes.NewReader(text))
			return
		}
		http.Error(w, `{"message":"Not Found"}`, http.StatusNotFound)
		return
	}
	if sum := sha256.Sum256(body); err != nil || r.Method != http.MethodPut || hex.EncodeToString(sum[:]) != oid {
		http.Error(w, `{"message":"the object is not what its name says"}`, http.StatusUnprocessableEntity)
		return
	}
	if repo.large == nil {
		repo.large = map[string][]byte{}
	}
	repo.large[oid] = body
}
