package qlik

import (
	"archive/zip"
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// archived puts a zip file into the sandbox and returns its declared resource.
func (s *sandbox) archived(kind, name, version string) plan.Resource {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name + ".qext")
	require.NoError(s.t, err)
	qext := `{"name":"` + name + `","type":"visualization","version":"` + version + `"}`
	if kind == "theme" {
		qext = `{"name":"` + name + `","type":"theme","version":"` + version + `"}`
	}
	_, err = w.Write([]byte(qext))
	require.NoError(s.t, err)
	require.NoError(s.t, z.Close())
	path := kind + "s/" + name + version
	s.files[path] = b.Bytes()
	sum := md5.Sum(b.Bytes())
	return resource(kind+"/"+name, `{"name":"`+name+`","md5":"`+hex.EncodeToString(sum[:])+`","file":"`+path+`"}`)
}

func TestArchivesConverge(t *testing.T) {
	for _, kind := range []string{"theme", "extension"} {
		t.Run(kind, func(t *testing.T) {
			s := newSandbox(t, qliktest.Options{})
			first, second := s.archived(kind, "ledger", "1"), s.archived(kind, "ledger", "2")
			require.Equal(t, []string{"create " + kind + "/ledger"}, s.converge(first))
			require.Empty(t, s.converge(first))
			id := one(t, s.read(first), kind+"/ledger").ID
			require.Equal(t, []string{"update " + kind + "/ledger"}, s.converge(second))
			require.Empty(t, s.converge(second))
			require.Equal(t, id, one(t, s.read(first), kind+"/ledger").ID)
			require.Equal(t, []string{"delete " + kind + "/ledger"}, s.prune(second))
			require.Equal(t, []string{"create " + kind + "/ledger"}, s.converge(second))
		})
	}
}

func TestArchiveThatLostItsReplyIsNotUploadedTwice(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	want := s.archived("theme", "ledger", "1")
	s.mood("cut-after=POST:/api/v1/themes:1")
	calls := s.since(func() { require.NoError(t, s.open().Do(t.Context(), creation(want))) })
	require.Equal(t, 1, count(calls, "POST /api/v1/themes"))
	require.Zero(t, count(calls, "PATCH /api/v1/themes/{id}"))
}

func TestArchiveThatChangedIsNotUploaded(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	want := s.archived("theme", "ledger", "1")
	for path := range s.files {
		s.files[path] = append(s.files[path], 0)
	}
	calls := s.since(func() {
		err := s.open().Do(t.Context(), creation(want))
		require.EqualError(t, err, "theme/ledger: themes/ledger1: the file changed since it was planned")
		require.Equal(t, "change", Class(err))
	})
	require.Empty(t, calls)
}

func TestArchiveThatCallsItselfOtherwise(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	want := s.archived("theme", "ledger", "1")
	want.Key.Name, want.Spec = "other", bytes.Replace(want.Spec, []byte(`"ledger"`), []byte(`"other"`), 1)
	err := s.open().Do(t.Context(), creation(want))
	require.EqualError(t, err, `theme/other: themes/ledger1: the archive calls itself "ledger"`)
}
