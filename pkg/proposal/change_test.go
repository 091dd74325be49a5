package proposal

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFiles shows what changes of files make of a tree, and which are refused.
func TestFiles(t *testing.T) {
	s := serve(t)
	tests := []struct {
		name  string
		files map[string][]byte
		diff  string // git diff --raw with main, hashes left out
		err   string
	}{
		{name: "a file in new folders", files: map[string][]byte{"a/b/c.txt": []byte("x")}, diff: "000000 100644 A a/b/c.txt"},
		{name: "an empty file", files: map[string][]byte{"empty": {}}, diff: "000000 100644 A empty"},
		{name: "a mode that is kept", files: map[string][]byte{"estate/run.sh": []byte("x")}, diff: "100755 100755 M estate/run.sh"},
		{name: "a folder that empties", files: map[string][]byte{"estate/apps/only/app.qvf": nil}, diff: "100644 000000 D estate/apps/only/app.qvf"},
		{name: "a link deleted", files: map[string][]byte{"link": nil}, diff: "120000 000000 D link"},
		{name: "a file becomes a folder", files: map[string][]byte{"readme.txt": nil, "readme.txt/en": []byte("x")}, diff: "100644 000000 D readme.txt\n000000 100644 A readme.txt/en"},
		{name: "order of folders", files: map[string][]byte{"estate.txt": []byte("x"), "estate-a": []byte("x"), "estate/z": []byte("x")},
			diff: "000000 100644 A estate-a\n000000 100644 A estate.txt\n000000 100644 A estate/z"},
		{name: "nothing to delete", files: map[string][]byte{"nope": nil, "no/such/file": nil}},
		{name: "nothing at all"},
		{name: "the same bytes", files: map[string][]byte{"readme.txt": []byte("hello")}},
		{name: "a folder as a file", files: map[string][]byte{"estate": []byte("x")}, err: "proposal: estate: is a folder and not a file"},
		{name: "a folder deleted", files: map[string][]byte{"estate/apps": nil}, err: "proposal: estate/apps: is a folder and not a file"},
		{name: "a file as a folder", files: map[string][]byte{"estate/run.sh/x": []byte("x")}, err: "proposal: estate/run.sh: is a file and not a folder"},
		{name: "a link as a file", files: map[string][]byte{"link": []byte("/etc")}, err: "proposal: link: is a symbolic link and not a file"},
		{name: "a link as a folder", files: map[string][]byte{"link/x": []byte("x")}, err: "proposal: link: is a symbolic link and not a folder"},
		{name: "both", files: map[string][]byte{"a": []byte("x"), "a/b": []byte("x")}, err: "proposal: a/b: a folder on its path is to be a file as well"},
		{name: "outside", files: map[string][]byte{"../x": []byte("x")}, err: `proposal: "../x" is no path of a file: it begins at the repository's top, has slashes, and no empty part, . or ..`},
	}
	r := s.open(t, s.clone(t))
	main, err := r.Head(t.Context(), "main")
	require.NoError(t, err)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h, changed, err := r.Propose(t.Context(), main, "qdeploy/promote", Change{Files: test.files, Message: "files"}, bot, noon)
			if test.err != "" {
				require.EqualError(t, err, test.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.diff != "", changed)
			if !changed {
				require.Equal(t, main, h)
				return
			}
			var diff []string
			for line := range strings.Lines(gitRun(t, s.dir, "diff-tree", "-r", "--no-renames", main, h)) {
				f := strings.Fields(line) // :mode mode hash hash status path
				diff = append(diff, f[0][1:]+" "+f[1]+" "+f[4]+" "+f[5])
			}
			require.Equal(t, test.diff, strings.Join(diff, "\n"))
		})
	}
	gitRun(t, s.dir, "fsck", "--strict")
}

func TestPaths(t *testing.T) {
	for _, good := range []string{"a", "a/b.c", ".github/workflows/x.yml", ".gitignore", "git", "a/.gitattributes", "ü/ß"} {
		require.NoError(t, checkPath(good), good)
	}
	for _, bad := range []string{
		"", ".", "/a", "a/", "a//b", "a/../b", "..", "./a", `a\b`, "a\x00b", "a\nb", "\xff",
		".git", ".git/config", "a/.GIT/hooks/x", ".git.", ".git /x", "git~1/x", ".g\u200cit/x", ".git::$INDEX_ALLOCATION/x",
	} {
		require.Error(t, checkPath(bad), "%q", bad)
	}
}

func TestSign(t *testing.T) {
	const by = "Signed-off-by: qdeploy <bot@example.com>\n"
	tests := []struct{ message, want string }{
		{"Promote", "Promote\n\n" + by},
		{"Promote\n\nWhy: because\n", "Promote\n\nWhy: because\n" + by},
		{"Promote: HR", "Promote: HR\n\n" + by},
		{"Promote\n\nIt is time.", "Promote\n\nIt is time.\n\n" + by},
		{"Promote\n\n" + by, "Promote\n\n" + by},
		{"Pro\x00mote\r\n\x1b[31m", "Promote\n[31m\n\n" + by},
	}
	for _, test := range tests {
		require.Equal(t, test.want, sign(test.message, bot), test.message)
	}
}

func TestNamesAndIdentities(t *testing.T) {
	s := serve(t)
	r := s.open(t, s.clone(t))
	main := s.at(t, "refs/heads/main")
	for _, bad := range []string{"", "HEAD", "-x", "a..b", "a b", "a/", "/a", "a.lock", "a~1", "a\nb"} {
		_, _, err := r.Propose(t.Context(), main, bad, pin("v2"), bot, noon)
		require.ErrorContains(t, err, "is not a name for a branch", bad)
		_, err = r.Head(t.Context(), bad)
		require.Error(t, err, bad)
		require.Error(t, r.DeleteBranch(t.Context(), bad), bad)
		_, err = r.Tag(t.Context(), bad, main, "m", bot, noon)
		require.ErrorContains(t, err, "is not a name for a tag", bad)
	}
	for _, who := range []Identity{{}, {Name: "x"}, {Email: "x"}, {Name: "<>", Email: "x"}} {
		_, _, err := r.Propose(t.Context(), main, "b", pin("v2"), who, noon)
		require.ErrorContains(t, err, "needs a name and an e-mail address")
	}
	_, _, err := r.Propose(t.Context(), main, "b", Change{Files: pin("v2").Files, Message: " \n"}, bot, noon)
	require.ErrorContains(t, err, "needs a message")
	_, _, err = r.Propose(t.Context(), "main", "b", pin("v2"), bot, noon)
	require.ErrorContains(t, err, "not the full hash of a commit")
	h, _, err := r.Propose(t.Context(), main, "b", pin("v2"), Identity{Name: "A\nB <x>", Email: "a\n@b"}, noon)
	require.NoError(t, err)
	require.Equal(t, "A B x <a @b>", gitRun(t, s.dir, "log", "-1", "--format=%an <%ae>", h))
}
