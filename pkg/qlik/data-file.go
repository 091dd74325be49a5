package qlik

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// DataFile is a file in a space that apps load data from.
type DataFile struct {
	Name  string `json:"name"`
	Space Ref    `json:"space"`
	MD5   string `json:"md5,omitempty"`  // of the content, in hexadecimal; "" where it is not known
	Size  int64  `json:"size,omitempty"` // bytes
	File  string `json:"file,omitempty"` // how to apply: what to upload
}

type dataFileBody struct {
	ID   string `json:"id"`
	Name string `json:"name"` // with folders
	Size int64  `json:"size"`
}

const dataFilesPath = "/api/v1/data-files"

func dataFilePath(id string) string { return dataFilesPath + "/" + url.PathEscape(id) }

// Qlik tells neither a checksum nor the content of a data file. What was applied is in
// the ledger, and as long as the size is the same the content is taken to be: to change a
// file by hand into another of the same length goes unnoticed.
//
// https://qlik.dev/apis/rest/data-files
var _ = register(Kind[DataFile]{
	Name: "data-file",
	Calls: calls("GET /api/v1/data-files", "GET /api/v1/data-files/connections", "POST /api/v1/data-files",
		"PUT /api/v1/data-files/{id}", "DELETE /api/v1/data-files/{id}",
		"POST /api/v1/temp-contents/files", "PATCH /api/v1/temp-contents/files/{id}", "HEAD /api/v1/temp-contents/files/{id}"),
	Within: true,
	Sees:   seesConnections,
	Needs:  []plan.Kind{"space"},
	// assumed: as with data connections.
	Uses: func(r plan.Resource) []use {
		return []use{{spaceOf(r.Key), [][]string{{"facilitator", "producer"}}}}
	},
	Declare: declareDataFile,
	List:    listDataFiles,
	Create: func(ctx context.Context, t *Tenant, desired DataFile) (string, error) {
		return t.putDataFile(ctx, http.MethodPost, dataFilesPath, desired, true)
	},
	Update: func(ctx context.Context, t *Tenant, id string, live, desired DataFile) error {
		_, err := t.putDataFile(ctx, http.MethodPut, dataFilePath(id), desired, live.MD5 != desired.MD5 || live.Size != desired.Size)
		return err
	},
	Delete: func(ctx context.Context, t *Tenant, id string) error {
		return t.call(ctx, http.MethodDelete, dataFilePath(id), nil, nil, nil)
	},
})

// declareDataFile remembers what was applied: reading is told of that before it is told of
// what is declared. Who is told of once only was never applied, and nothing is known of
// its content.
func declareDataFile(t *Tenant, r plan.Resource) {
	var f DataFile
	if json.Unmarshal(r.Spec, &f) != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range append([]string{r.Key.Name}, r.Was...) {
		t.filed[name] = append(t.filed[name], f)
	}
}

// appliedSum is that of the content of a live file, if it is as long as what was applied.
func (t *Tenant) appliedSum(name string, size int64) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if told := t.filed[name]; len(told) > 1 && told[0].Size == size {
		return told[0].MD5
	}
	return ""
}

// filesIn returns the connection by which the files of a space are reached, asked once. It
// is there by itself.
func (t *Tenant) filesIn(ctx context.Context, space Ref) (string, error) {
	spaceID, err := t.id(ctx, space)
	if err != nil {
		return "", err
	}
	end, err := t.turn(ctx, "files of "+spaceID)
	if err != nil {
		return "", err
	}
	defer end()
	t.mu.Lock()
	drive := t.drives[spaceID]
	t.mu.Unlock()
	if drive != "" {
		return drive, nil
	}
	type connection struct{ ID, SpaceID string }
	for c, err := range list[connection](ctx, t.Client, dataFilesPath+"/connections", everything("spaceId", spaceID)) {
		if err != nil {
			return "", err
		}
		t.mu.Lock()
		t.drives[spaceID] = c.ID
		t.mu.Unlock()
		return c.ID, nil
	}
	return "", fmt.Errorf("the files of %s %w", space, errAbsent)
}

func listDataFiles(ctx context.Context, t *Tenant, space string) iter.Seq2[Item[DataFile], error] {
	return func(yield func(Item[DataFile], error) bool) {
		ref := Ref("space/" + space)
		connection, err := t.filesIn(ctx, ref)
		if err != nil {
			yield(Item[DataFile]{}, err)
			return
		}
		itemsOf(ctx, t, dataFilesPath, everything("connectionId", connection), func(f dataFileBody) (Item[DataFile], bool) {
			name := space + "/" + f.Name
			return Item[DataFile]{f.ID, name, DataFile{Name: f.Name, Space: ref, MD5: t.appliedSum(name, f.Size), Size: f.Size}}, true
		})(yield)
	}
}

// putDataFile makes a file what is declared; its content is sent only if it is to change.
// Without the connection Qlik would move the file to our own space. A large one goes in
// parts, and is named by them.
func (t *Tenant) putDataFile(ctx context.Context, method, path string, d DataFile, content bool) (string, error) {
	connection, err := t.filesIn(ctx, d.Space)
	if err != nil {
		return "", err
	}
	about := map[string]string{"name": d.Name, "connectionId": connection}
	f := newForm()
	if content {
		file, err := t.planned(d.File, d.MD5)
		if err != nil {
			return "", err
		}
		defer file.Close()
		if file.Size() <= t.sizes.body {
			f.content("File", d.Name, file)
		} else if about["tempContentFileId"], err = t.uploadLarge(ctx, d.Name, file); err != nil {
			return "", err
		}
	}
	said, err := encoded(about)
	if err != nil {
		return "", err
	}
	f.field("Json", string(said))
	var made dataFileBody
	if err := f.send(ctx, t, method, path, &made); err != nil {
		return "", err
	}
	if made.ID == "" {
		return "", fmt.Errorf("%s %s: %w: no id", method, path, errReply)
	}
	return made.ID, nil
}
