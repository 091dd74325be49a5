package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// hand changes an emulated tenant as a person would who does not know of
// qdeploy: through the API, as a user of the tenant.
type hand struct {
	endpoint  string // where the emulator listens
	host, key string
}

const person = "jo"

// handOf makes an administrator with an API key.
func handOf(cloud *qliktest.Cloud, endpoint, host string) *hand {
	return &hand{endpoint: endpoint, host: host, key: adminKey(cloud.Tenant(host), person)}
}

// call makes a request and decodes its answer into out, unless that is nil.
func (h *hand) call(method, path, body string, out any) error {
	r, err := http.NewRequest(method, h.endpoint+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Host = h.host
	r.Header.Set("Authorization", "Bearer "+h.key)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer w.Body.Close()
	answer, err := io.ReadAll(w.Body)
	if err != nil || w.StatusCode >= http.StatusBadRequest {
		return errors.Join(err, fmt.Errorf("%s %s: %d %s", method, path, w.StatusCode, answer))
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

type handSpace struct{ ID, Name, Type, Description string }

// spaces lists the spaces of the tenant.
func (h *hand) spaces() ([]handSpace, error) {
	var list struct{ Data []handSpace }
	err := h.call(http.MethodGet, "/api/v1/spaces?limit=100&sort=%2Bname", "", &list)
	return list.Data, err
}

// describe gives a space another description.
func (h *hand) describe(id, description string) error {
	patch, err := json.Marshal([]map[string]string{{"op": "replace", "path": "/description", "value": description}})
	if err != nil {
		return err
	}
	return h.call(http.MethodPatch, "/api/v1/spaces/"+id, string(patch), nil)
}
