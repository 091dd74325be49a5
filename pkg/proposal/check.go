package proposal

import (
	"fmt"
	"io/fs"
	"strings"
	"unicode"
)

// checkPath refuses a path that leaves the repository or that some system would
// take for git's own folder. https://git-scm.com/docs/git-fsck (hasDotgit)
func checkPath(path string) error {
	bad := func(why string) error { return fmt.Errorf("proposal: %q is no path of a file: %s", path, why) }
	switch {
	case path == "." || !fs.ValidPath(path):
		return bad("it begins at the repository's top, has slashes, and no empty part, . or ..")
	case strings.ContainsFunc(path, func(r rune) bool { return r == '\\' || unicode.IsControl(r) }):
		return bad("it has a backslash or a control character")
	}
	for part := range strings.SplitSeq(path, "/") {
		seen := strings.ToLower(strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Cf, r) {
				return -1 // macOS does not see them
			}
			return r
		}, part))
		seen, _, _ = strings.Cut(seen, ":") // an NTFS stream
		seen = strings.TrimRight(seen, ". ")
		if seen == ".git" || seen == "git~1" {
			return bad("that is git's own folder")
		}
	}
	return nil
}

// sign returns a commit's message with who signs it off in its last paragraph.
func sign(message string, who Identity) string {
	message = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(message, "?"))
	message = strings.TrimSpace(message)
	trailer := fmt.Sprintf("Signed-off-by: %s <%s>", who.Name, who.Email)
	last := message[strings.LastIndex(message, "\n\n")+1:]
	switch {
	case strings.HasSuffix("\n"+message, "\n"+trailer):
		return message + "\n"
	case last != message && trailers(last):
		return message + "\n" + trailer + "\n"
	}
	return message + "\n\n" + trailer + "\n"
}

// trailers reports whether a paragraph is "Token: value" lines only.
func trailers(paragraph string) bool {
	for line := range strings.SplitSeq(strings.TrimSpace(paragraph), "\n") {
		token, _, ok := strings.Cut(line, ": ")
		if !ok || token == "" || strings.ContainsFunc(token, func(r rune) bool { return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			return false
		}
	}
	return true
}
