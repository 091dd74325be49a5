package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

var hashed = regexp.MustCompile(`-[0-9a-f]{8}$`)

// slug is a name for branches and files: letters, digits, - and _ of the name and,
// unless that is all of it, the beginning of its hash. Two names have two slugs.
func slug(name string) string {
	if s := slugged(name); s == name && s != "" && !hashed.MatchString(s) {
		return s
	}
	return hashedSlug(name)
}

func slugged(name string) string {
	s := strings.Trim(strings.Map(plainRune, name), "-")
	return s[:min(len(s), 60)]
}

func hashedSlug(name string) string { return cmp.Or(slugged(name), "app") + "-" + shortHash(name) }

func shortHash(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:4])
}

// plainRune is a letter, a digit, - or _ as it is, and - in place of all else.
func plainRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
		return r
	}
	return '-'
}
